"""A kubelet that is restarted mid-run: its pods lose their readiness for a moment, and all of it is in the timeline."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.components import await_healthy, dead_for
from tests.real.shop import Shop

pytestmark = pytest.mark.alone
KILL_AND_WAIT = """
    import time
    from pathlib import Path
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        with chaos.inject(kill(1), healthy_deployment, within=60) as ongoing:
            assert ongoing.recovered_within(30) < 30
            Path("recovered").touch()
            while not Path("go").exists():
                time.sleep(0.05)
"""
Readiness = tuple[str, str, bool]


@contextmanager
def independent(shop: Shop) -> Iterator[Path]:
    """Watch the pods with kubectl, beside the run."""
    path = shop.folder / "independent.ndjson"
    url = f"/api/v1/namespaces/{shop.namespace}/pods?watch=1&labelSelector=app%3D{shop.name}"
    with path.open("w") as lines:
        process = subprocess.Popen(["kubectl", "get", "--raw", url], stdout=lines, stderr=subprocess.DEVNULL)
        try:
            yield path
        finally:
            process.terminate()
            process.wait(timeout=10)


def ready(pod: dict[str, Any]) -> bool:
    """Whether the API says so."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", ()))


def published(path: Path) -> list[Readiness]:
    """What kubectl received: name, version and readiness, in order."""
    events = [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [
        (e["object"]["metadata"]["name"], e["object"]["metadata"]["resourceVersion"], ready(e["object"]))
        for e in events
    ]


def recorded(events: Path) -> list[tuple[float, Readiness]]:
    """What stands in the recording of the pods: when, and what."""
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    listed = [(e["at"], o) for e in lines if e["type"] == "listed" for o in e["objects"]]
    seen = [(e["at"], e["object"]) for e in lines if e["type"] in ("seen", "gone")]
    pods = [(at, each) for at, each in [*listed, *seen] if each["kind"] == "Pod"]
    return [(at, (pod["name"], pod["resource_version"], pod["ready"])) for at, pod in pods]


def dips(observed: list[Readiness]) -> list[str]:
    """The pods that were Ready, were not, and were again."""
    lost: dict[str, list[bool]] = {}
    for name, _, is_ready in observed:
        lost.setdefault(name, []).append(is_ready)
    return [
        name
        for name, states in lost.items()
        if any(states[i : i + 3] == [True, False, True] for i in range(len(states)))
    ]


def test_a_kubelet_that_is_restarted_misses_nothing(shop: Shop) -> None:
    shop.deploy(replicas=4)
    process = shop.start(KILL_AND_WAIT)
    until = time.monotonic() + 60
    while not (shop.folder / "recovered").exists():
        assert time.monotonic() < until, "it never recovered"
        time.sleep(0.05)
    with independent(shop) as watched:
        until = time.monotonic() + 60
        # A restart mostly makes its pods not Ready for a moment, and not always.
        while not dips(published(watched)) and time.monotonic() < until:
            dead_for("kubelet-2", 1)
            time.sleep(6)
        await_healthy()
        (shop.folder / "go").touch()
        run = shop.finish(process)
    (events,) = shop.folder.glob("chaos-results/*/*/events.ndjson")
    ours = [each for _, each in recorded(events)]
    theirs = published(watched)
    last = max(int(version) for _, version, _ in ours)
    assert len(theirs) > 4
    assert [each for each in theirs if int(each[1]) <= last and each not in ours] == []
    assert (run.code, run.verdict, run.experiment["gaps"]) == (0, "recovered", [])
    assert dips(theirs), "the kubelet did not do what this test is about"
    assert run.experiment["recovery_time"] > 2, "the dips did not break the stable window"
