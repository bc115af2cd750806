"""The examples, as far as a shell can run them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.parts import kubectl
from tests.real.shop import KILL_ONE, Shop, validated

EXAMPLES = Path(__file__).parents[2] / "examples"


def _commands() -> dict[str, str]:
    """The one-line commands of the CI example, by the name of their step."""
    text = (EXAMPLES / "ci.yml").read_text()
    return dict(re.findall(r"- name: (\w+).*\n(?: *#.*\n)* *run: (.*)\n", text))


@pytest.mark.parametrize(("within", "code"), [(60, 0), (0, 1)], ids=["green", "red"])
def test_the_ci_example_runs_and_its_gate_separates_pass_from_fail(shop: Shop, within: int, code: int) -> None:
    shop.deploy()
    suite = shop.folder / "tests_chaos"
    suite.mkdir()
    (suite / "test_it.py").write_text("\n".join(line[4:] for line in KILL_ONE.splitlines()))
    (shop.folder / "tox.ini").unlink()
    shutil.copy(EXAMPLES / "pytest.ini", shop.folder)
    names = {"CHAOS_CONTEXT": "devcluster", "CHAOS_TARGET": f"deployment/{shop.name}", "CHAOS_WITHIN": str(within)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **names, "PATH": path}
    run, gate = (
        subprocess.run(["bash", "-ec", _commands()[step]], cwd=shop.folder, env=environment, check=False)
        for step in ("Run", "Gate")
    )
    assert (run.returncode, gate.returncode) == (code, code)
    assert validated(shop.folder / "chaos-report.json")["chaos"]["gate"] == ("pass" if code == 0 else "fail")
    assert len(list(shop.folder.glob("chaos-results/*/*/outage.json"))) == 1


def test_the_role_of_the_example_is_enough(shop: Shop) -> None:
    shop.deploy()
    kubectl("apply", "-f", str(EXAMPLES / "rbac.yaml"))
    config = shop.service_account(role="kubechaos")
    run = shop.finish(shop.start(KILL_ONE, environment={"KUBECONFIG": str(config)}))
    assert (run.code, run.verdict, run.experiment["unobserved"]) == (0, "recovered", [])
