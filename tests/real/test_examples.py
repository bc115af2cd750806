"""The examples, as far as a shell can run them."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.ci_examples import EXAMPLES, Job
from tests.real.parts import kubectl
from tests.real.shop import KILL_ONE, Shop, validated


@pytest.mark.parametrize("system", ["github", "gitlab"])
@pytest.mark.parametrize(("within", "code", "gate"), [(60, 0, "pass"), (0, 1, "fail")], ids=["green", "red"])
def test_a_ci_example_runs_with_the_kubeconfig_of_its_secret(
    shop: Shop, system: str, within: int, code: int, gate: str
) -> None:
    shop.deploy()
    suite = shop.folder / "tests_chaos"
    suite.mkdir()
    (suite / "test_it.py").write_text("\n".join(line[4:] for line in KILL_ONE.splitlines()))
    (shop.folder / "tox.ini").unlink()
    shutil.copy(EXAMPLES / "pytest.ini", shop.folder)
    job = Job(shop.folder, _machine(CHAOS_TARGET=f"deployment/{shop.name}", CHAOS_WITHIN=str(within)), _staging(shop))
    assert (job.github if system == "github" else job.gitlab)(install=False) == code
    assert validated(shop.folder / "chaos-report.json")["chaos"]["gate"] == gate
    assert len(list(shop.folder.glob("chaos-results/*/*/outage.json"))) == 1


def _machine(**names: str) -> dict[str, str]:
    """Return the environment of a machine that knows no cluster, on which everything is installed."""
    known = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    return {**known, **names, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _staging(shop: Shop) -> str:
    """Return the dev cluster's kubeconfig as somebody would store it as a secret: its context is named staging."""
    file = shop.folder / "kubeconfig"
    file.write_text(kubectl("config", "view", "--raw", "--minify", "--flatten"))
    kubectl("config", "--kubeconfig", str(file), "rename-context", "devcluster", "staging")
    content = file.read_text()
    file.unlink()
    return content


def test_the_role_of_the_example_is_enough(shop: Shop) -> None:
    shop.deploy()
    kubectl("apply", "-f", str(EXAMPLES / "rbac.yaml"))
    config = shop.service_account(role="kubechaos")
    run = shop.finish(shop.start(KILL_ONE, environment={"KUBECONFIG": str(config)}))
    assert (run.code, run.verdict, run.experiment["unobserved"]) == (0, "recovered", [])
