"""Liveness probes that fail: the container is restarted, twice at once and then after a back-off."""

from typing import Any

import pytest

from kubesim.failures import LivenessFailure
from kubesim.store.objects import is_ready
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment

PROBE = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2}


def probed(grace: int = 2, **probe: Any) -> dict[str, Any]:
    """Return a Deployment of one pod with a liveness probe in its first container of two, a readiness probe in none."""
    containers = [{"name": "web", "image": IMAGE, "livenessProbe": PROBE | probe}, {"name": "other", "image": IMAGE}]
    return deployment(replicas=1, pod={"containers": containers, "terminationGracePeriodSeconds": grace})


def restarts(lab: Lab) -> list[float]:
    """The times since its creation at which the first container was started again."""
    found, began = {}, None
    for at, change in lab.changes:
        if change.after.kind.name == "Pod":
            began = at if began is None else began
            for status in change.after.status.get("containerStatuses", ())[:1]:
                found.setdefault(status["restartCount"], at - began)
    return [at for count, at in found.items() if count]


def test_a_container_that_is_not_alive_is_restarted_and_the_others_run_on(lab: Lab) -> None:
    lab.inject("liveness")
    lab.apply(probed())
    lab.step(4)
    (pod,) = lab.pods
    assert restarts(lab) == [pytest.approx(3.5, abs=0.2)]
    web, other = pod.status["containerStatuses"]
    assert (web["restartCount"], other["restartCount"]) == (1, 0)
    assert web["lastState"]["terminated"]["exitCode"] == 0
    assert lab.events("Unhealthy") == [
        ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503", 2)
    ]
    assert lab.events("Killing") == [("Killing", "Container web failed liveness probe, will be restarted", 1)]


def test_the_third_restart_waits_for_a_back_off(lab: Lab) -> None:
    lab.inject("liveness")
    lab.apply(probed())
    lab.step(40)
    first, second, third, *_ = restarts(lab)
    assert second - first == pytest.approx(3.1, abs=0.3)
    assert third - second == pytest.approx(13.1, abs=0.3)
    assert any("CrashLoopBackOff" in state for state in lab.states(lab.pods[0].name))
    assert lab.events("BackOff")[0][1].startswith("Back-off restarting failed container web in pod ")


def test_a_container_that_ignores_sigterm_is_killed_after_the_grace_of_its_probe(lab: Lab) -> None:
    lab.inject("liveness")
    lab.inject("ignores-sigterm")
    lab.apply(probed(grace=30, terminationGracePeriodSeconds=4))
    lab.step(9)
    (status, _) = lab.pods[0].status["containerStatuses"]
    assert restarts(lab) == [pytest.approx(7.4, abs=0.2)]
    assert status["lastState"]["terminated"]["exitCode"] == 137


@pytest.mark.parametrize(
    ("failure", "probe", "first"),
    [
        (LivenessFailure(), {"failureThreshold": 1}, 2.5),
        (LivenessFailure(), {"initialDelaySeconds": 10}, 13.5),
        (LivenessFailure(), {"periodSeconds": None, "failureThreshold": None}, 31.5),
        (LivenessFailure(seconds=20), {}, 23.5),
    ],
)
def test_a_liveness_probe_fails_in_its_time(
    lab: Lab, failure: LivenessFailure, probe: dict[str, Any], first: float
) -> None:
    lab.inject(failure)
    lab.apply(probed(**probe))
    lab.step(first + 1)
    assert restarts(lab) == [pytest.approx(first, abs=0.3)]


def test_a_container_without_a_liveness_probe_is_left_alone(lab: Lab) -> None:
    lab.inject("liveness")
    lab.apply(deployment())
    lab.step(60)
    assert lab.ready == 3
    assert lab.events("Killing") == []


def test_a_failure_that_is_injected_later_and_removed_again(lab: Lab) -> None:
    lab.apply(probed())
    lab.step(60)
    lab.inject("liveness", "web")
    lab.step(4)
    assert lab.pods[0].status["containerStatuses"][0]["restartCount"] == 1
    lab.remove("liveness")
    lab.step(60)
    assert lab.pods[0].status["containerStatuses"][0]["restartCount"] == 1
    assert is_ready(lab.pods[0])


def test_a_pod_that_is_deleted_is_not_restarted(lab: Lab) -> None:
    lab.inject("liveness")
    lab.inject("ignores-sigterm")
    lab.apply(probed(grace=30))
    lab.step(2)
    lab.delete(lab.pods[0])
    lab.step(20)
    assert [pod.status["containerStatuses"][0]["restartCount"] for pod in lab.pods if pod.deleting] == [0]
