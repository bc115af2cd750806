"""A workload of a test's own on the dev cluster, and pytest runs that hurt it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from kubechaos.judge.replay import replay
from kubechaos.report import recording
from kubechaos.report.json import plain
from tests.real.parts import kubectl

IMAGE = "docker.io/library/busybox:1.35.0"
SERVER = """
trap 'exit 0' TERM
mkdir -p /tmp/www
case "$MODE" in
    flap) (while sleep 2; do rm /tmp/www/index.html; sleep 2; touch /tmp/www/index.html; done) & ;;
    crash) echo "no database"; exit 3 ;;
    hang) sleep 600 ;;
    slow) sleep 6 ;;
    later) (sleep 9; kill 1) & ;;
    hungry) exec tail /dev/zero ;;
esac
touch /tmp/www/index.html
httpd -f -p 8080 -h /tmp/www &
wait
"""
KILL_ONE = """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
"""
INI = """
    [pytest]
    addopts = --strict-markers -p no:hypothesispytest --junitxml=junit.xml
        --json-report --json-report-file=report.json --json-report-omit=log
    filterwarnings = error
    timeout = 120
    timeout_func_only = true
    chaos_context = devcluster
    chaos_stable_for = 2
"""


@dataclass
class Run:
    """What one pytest run came to."""

    code: int
    output: str
    report: dict[str, Any]
    folder: Path

    @property
    def test(self) -> dict[str, Any]:
        """The only test's part of the JSON report."""
        (test,) = self.report["tests"]
        return test

    @property
    def verdict(self) -> str | None:
        """The only test's verdict."""
        return self.test["metadata"]["chaos"]["verdict"]

    @property
    def experiment(self) -> dict[str, Any]:
        """The only test's only experiment."""
        (experiment,) = self.test["metadata"]["chaos"]["experiments"]
        return experiment

    @property
    def gate(self) -> str:
        """The run's gate."""
        return self.report["chaos"]["gate"]

    @property
    def alerts(self) -> list[str]:
        """The names of the only experiment's alerts."""
        return [alert["name"] for alert in self.experiment["alerts"]]

    @property
    def junit(self) -> dict[str, int]:
        """How many tests JUnit says there were, and how many of them were not all right."""
        suite = ElementTree.parse(self.folder / "junit.xml").getroot().find("testsuite")
        assert suite is not None
        return {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors")}

    def failure(self) -> str:
        """The message of the only failure."""
        phases = [self.test[phase] for phase in ("setup", "call", "teardown") if phase in self.test]
        (crash,) = [phase["crash"]["message"] for phase in phases if "crash" in phase]
        return crash


def validated(report: Path) -> dict[str, Any]:
    """Read a report, held to strict JSON and to the published schema."""
    content = json.loads(report.read_text(), parse_constant=_not_json)
    schema = json.loads((resources.files("kubechaos") / "report" / "v1.schema.json").read_text())
    if "chaos" in content:
        jsonschema.Draft202012Validator(schema).validate(content)
    return content


def replayed(events: Path) -> None:
    """Hold a recording to what the run itself made of it."""
    with events.open("rb") as lines:
        again = plain(list(replay(recording.entries(lines))))
    outages = events.with_name("outage.json")
    assert again == (json.loads(outages.read_text())["experiments"] if outages.exists() else [])


def _not_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


class Shop:
    """One workload of the test's own in a namespace of the same name, and how to run chaos tests against it."""

    def __init__(self, pytester: pytest.Pytester, name: str) -> None:
        self.name = name
        self.namespace = name
        self.kind = "Deployment"
        self.folder = pytester.path
        self._pytester = pytester
        pytester.makeini(INI)

    def deploy(
        self,
        *,
        replicas: int = 3,
        ready: bool = True,
        image: str = IMAGE,
        server: str = SERVER,
        grace: int = 2,
        container: dict[str, Any] | None = None,
        kind: str = "Deployment",
        **spec: Any,
    ) -> None:
        """Create the workload or change it, and wait until all of it is Ready unless asked otherwise."""
        self.kind = kind
        manifest = {**deployment(self.name, replicas, image, server, grace, spec), "kind": kind}
        if kind == "DaemonSet":
            del manifest["spec"]["replicas"]
        manifest["spec"]["template"]["spec"]["containers"][0] |= container or {}
        kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
        if ready:
            kubectl("rollout", "status", self.target, "--timeout=60s")

    @property
    def target(self) -> str:
        """The workload, as kubectl and --chaos-target call it."""
        return f"{self.kind.lower()}/{self.name}"

    def break_new_pods(self, mode: str) -> None:
        """Make every pod that starts from now on fail: flap, crash, hang, slow, later or hungry, see SERVER."""
        kubectl("create", "configmap", self.name, f"--from-literal=mode={mode}")

    def service_account(self, role: str) -> Path:
        """Make a service account that has this role, and return a kubeconfig with its token."""
        kubectl("create", "serviceaccount", self.name)
        kubectl("create", "rolebinding", self.name, f"--role={role}", f"--serviceaccount={self.namespace}:{self.name}")
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        config["users"][0]["user"] = {"token": kubectl("create", "token", self.name).strip()}
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def start(
        self, test: str = KILL_ONE, *args: str, environment: dict[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        """Begin a pytest run of one test file."""
        self._pytester.makepyfile(test_shop=test)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            f"--chaos-target={self.target}",
            *args,
        ]
        with (self.folder / "output.txt").open("w") as output:
            surroundings = _alone({**os.environ, **(environment or {})})
            return subprocess.Popen(
                command, cwd=self.folder, env=surroundings, stdout=output, stderr=subprocess.STDOUT, text=True
            )

    def await_line(self, text: str, seconds: float = 40) -> None:
        """Wait until a text stands in a running test's recording."""
        until = time.monotonic() + seconds
        while not any(text in path.read_text() for path in self.folder.glob("chaos-results/*/*/events.ndjson")):
            assert time.monotonic() < until, f"{text} was never recorded"
            time.sleep(0.05)

    def finish(self, process: "subprocess.Popen[str]", seconds: float = 120) -> Run:
        """Wait for a run and read what it left."""
        code = process.wait(timeout=seconds)
        report = self.folder / "report.json"
        output = (self.folder / "output.txt").read_text()
        sys.stdout.write(output)
        for events in self.folder.glob("chaos-results/*/*/events.ndjson"):
            replayed(events)
        return Run(code, output, validated(report) if report.exists() else {}, self.folder)

    def run(self, test: str = KILL_ONE, *args: str) -> Run:
        """Run one test file with pytest in a process of its own."""
        return self.finish(self.start(test, *args))


def _alone(environment: dict[str, str]) -> dict[str, str]:
    """The environment without what says that this test itself runs in an xdist worker."""
    return {name: value for name, value in environment.items() if not name.startswith("PYTEST_XDIST")}


def deployment(name: str, replicas: int, image: str, server: str, grace: int, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of a small HTTP server."""
    labels = {"app": name}
    mode = {"configMapKeyRef": {"name": name, "key": "mode", "optional": True}}
    container = {
        "name": "web",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", server],
        "env": [{"name": "MODE", "valueFrom": mode}],
        "readinessProbe": {
            "exec": {"command": ["test", "-e", "/tmp/www/index.html"]},
            "periodSeconds": 1,
            "failureThreshold": 1,
        },
    }
    template = {"terminationGracePeriodSeconds": grace, "containers": [container]}
    pod = {"metadata": {"labels": labels}, "spec": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod, **spec},
    }
