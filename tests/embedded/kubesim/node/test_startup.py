"""Startup probes: nothing else is asked before they have passed, and a container that does not start is restarted."""

from typing import Any

import pytest

from kubesim.failures import SlowReady
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment

STARTUP = {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 10}
READINESS = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 5}


def starting(startup: dict[str, Any] | None = None, **probes: dict[str, Any]) -> dict[str, Any]:
    """Return a Deployment of one pod with a startup probe."""
    container = {"name": "web", "image": IMAGE, "startupProbe": STARTUP | (startup or {}), **probes}
    return deployment(replicas=1, pod={"containers": [container]})


def ready_after(lab: Lab) -> float:
    """How many seconds after its creation the only pod was Ready."""
    history = lab.history(lab.pods[0].name)
    return next(at for state, at in history if "Ready" in state) - history[0][1]


@pytest.mark.parametrize("probes", [{}, {"readinessProbe": READINESS}])
def test_a_pod_is_ready_when_its_startup_probe_has_passed(lab: Lab, probes: dict[str, Any]) -> None:
    lab.inject(SlowReady(seconds=4))
    lab.apply(starting(**probes))
    lab.step(10)
    assert ready_after(lab) == pytest.approx(5.3, abs=0.2)
    assert {message for _, message, _ in lab.events("Unhealthy")} == {"Startup probe failed: "}


@pytest.mark.parametrize(
    ("startup", "readiness", "seconds"),
    [
        ({}, {}, 1),
        ({"periodSeconds": 10}, {}, 10),
        ({"periodSeconds": 10, "initialDelaySeconds": 5}, {}, 10),
        ({"periodSeconds": 4}, {"initialDelaySeconds": 6, "periodSeconds": 10}, 14),
    ],
)
def test_a_startup_probe_is_first_made_a_period_after_the_start(
    lab: Lab, startup: dict[str, Any], readiness: dict[str, Any], seconds: float
) -> None:
    # The last three were measured on a real cluster: Ready 10.0, 10.2 and 14.8 s after the container ran.
    lab.apply(starting(startup, readinessProbe=READINESS | readiness))
    lab.step(30)
    assert ready_after(lab) == pytest.approx(seconds + 0.3, abs=0.15)


@pytest.mark.parametrize(
    ("delay", "period", "seconds"), [(0, 10, 0), (5, 10, 10), (5, 2, 6), (3, 4, 4), (8, 4, 8), (12, 10, 20)]
)
def test_a_readiness_probe_is_first_made_at_the_period_after_its_delay(
    lab: Lab, delay: int, period: int, seconds: float
) -> None:
    # As measured on a real cluster: Ready 0.1, 10.1, 6.6, 4.9, 8.0 and 20.5 s after the container ran.
    readiness = READINESS | {"initialDelaySeconds": delay, "periodSeconds": period}
    container = {"name": "web", "image": IMAGE, "readinessProbe": readiness}
    lab.apply(deployment(replicas=1, pod={"containers": [container]}))
    lab.step(30)
    assert ready_after(lab) == pytest.approx(seconds + 0.5, abs=0.1)


def test_readiness_alone_fails_where_the_program_has_started(lab: Lab) -> None:
    lab.inject("never-ready")
    lab.apply(starting(readinessProbe=READINESS))
    lab.step(30)
    assert {message.split(":")[0] for _, message, _ in lab.events("Unhealthy")} == {"Readiness probe failed"}
    assert lab.pods[0].status["containerStatuses"][0]["restartCount"] == 0


def test_a_container_that_does_not_start_in_time_is_restarted(lab: Lab) -> None:
    lab.inject(SlowReady(seconds=60))
    lab.apply(starting({"failureThreshold": 3}))
    lab.step(40)
    assert lab.ready == 0
    assert lab.pods[0].status["containerStatuses"][0]["restartCount"] == 3
    assert lab.events("Killing")[0][1] == "Container web failed startup probe, will be restarted"


def test_a_liveness_probe_waits_for_the_startup_probe(lab: Lab) -> None:
    lab.inject(SlowReady(seconds=5))
    lab.inject("liveness")
    lab.apply(starting(livenessProbe={"tcpSocket": {"port": 1}, "periodSeconds": 1, "failureThreshold": 1}))
    lab.step(6)
    assert lab.events("Killing") == []
    lab.step(3)
    assert lab.events("Killing")[0][1] == "Container web failed liveness probe, will be restarted"


def test_a_program_that_starts_after_all_is_ready_at_its_next_probe(lab: Lab) -> None:
    lab.inject(SlowReady(seconds=60))
    lab.apply(starting())
    lab.step(3)
    lab.remove("slow-ready")
    lab.step(1.1)
    assert lab.ready == 1
