"""What the tests of the plugin share: runs of pytest inside the test, and a tiny cluster to run them on."""

import importlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.loopback.rawserver import RawServer
from tests.plugin.tiny import Tiny

INI = """
[pytest]
addopts = --strict-markers --strict-config -ra -p no:cacheprovider -p no:hypothesispytest
    --json-report --json-report-file=report.json --json-report-omit=log --junitxml=junit.xml
filterwarnings = error
timeout_func_only = true
"""
KILL = """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
"""


@dataclass
class Run:
    """How an inner pytest ended."""

    code: int
    out: str
    folder: Path

    @property
    def json(self) -> dict[str, Any]:
        """The JSON report."""
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return report

    @property
    def gate(self) -> str:
        """The gate, which the last line and the JSON must agree on."""
        gate: str = self.json["chaos"]["gate"]
        assert f"kubechaos: gate {gate}:" in self.out
        return gate

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each test in the JSON, by name."""
        return {test["nodeid"].partition("::")[2]: test["outcome"] for test in self.json["tests"]}

    @property
    def verdicts(self) -> dict[str, str | None]:
        """The verdict of each chaos test in the JSON, by name."""
        metadata = {
            test["nodeid"].partition("::")[2]: test.get("metadata", {}).get("chaos") for test in self.json["tests"]
        }
        return {name: chaos["verdict"] for name, chaos in metadata.items() if chaos}

    @property
    def junit(self) -> dict[str, list[str]]:
        """What JUnit says of each test, by name: failure, error, skipped; nothing for passed."""
        cases = ElementTree.parse(self.folder / "junit.xml").iter("testcase")
        return {case.get("name", ""): [e.tag for e in case if e.tag != "properties"] for case in cases}


class Runner:
    """Runs tests in a pytest of their own, on the tiny cluster unless another is given."""

    def __init__(self, pytester: pytest.Pytester, use: Callable[[Path], None]) -> None:
        self.pytester = pytester
        self.use = use
        pytester.makefile(".ini", pytest=INI)

    def __call__(self, code: str, *args: str, context: str = "tiny", process: bool = False) -> Run:
        """Run the code as test_it.py, in this process or in one of its own."""
        self.pytester.makepyfile(test_it=code)
        named = [f"--chaos-context={context}"] if context else []
        quick = ["--chaos-stable-for=0.02", "--chaos-settle=0.3", "--chaos-within=3", "--chaos-seed=7"]
        call = self.pytester.runpytest_subprocess if process else self.pytester.runpytest_inprocess
        result = call(*named, *(quick if named else []), *args)
        return Run(int(result.ret), "\n".join([*result.outlines, *result.errlines]), self.pytester.path)


@pytest.fixture(autouse=True)
def _no_worker_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no inner pytest take itself for a worker of the pytest that runs these tests."""
    for variable in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(variable)


@pytest.fixture(autouse=True)
def _no_cluster_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CONTEXT", "NAMESPACE", "TARGET", "WITHIN", "SETTLE", "STABLE_FOR", "SEED", "RESULTS"):
        monkeypatch.delenv(f"CHAOS_{variable}", raising=False)
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")


@pytest.fixture(scope="session", autouse=True)
def _loaded() -> None:
    """Load once what pytester would drop and load again after every run in this process."""
    for name in (
        "kubernetes.client",
        "kubernetes.config.kube_config",
        "kubechaos.plugin.session",
        "kubechaos.run.chaos",
        "aiohttp",
    ):
        importlib.import_module(name)


@pytest.fixture
def tiny(server: RawServer, tmp_path: Path) -> Tiny:
    """The tiny cluster."""
    return Tiny(server, tmp_path)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a file the kubeconfig, in this process and in those that it starts."""

    def use(path: Path) -> None:
        monkeypatch.setenv("KUBECONFIG", str(path))
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))

    return use


@pytest.fixture
def run(pytester: pytest.Pytester, use: Callable[[Path], None], tiny: Tiny) -> Runner:
    """Runs tests in a pytest of their own."""
    use(tiny.kubeconfig)
    return Runner(pytester, use)
