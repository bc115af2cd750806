"""preStop hooks: how much later a deleted pod ends for them."""

from typing import Any

import pytest

from kubesim.store.refusals import Refused
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment


def hooked(grace: int = 30, **hook: Any) -> dict[str, Any]:
    """Return a Deployment of one pod whose only container has a preStop hook."""
    container = {"name": "web", "image": IMAGE, "lifecycle": {"preStop": hook}}
    return deployment(replicas=1, pod={"containers": [container], "terminationGracePeriodSeconds": grace})


def ends_after(lab: Lab, **deletion: Any) -> float:
    """How many seconds after its deletion the containers of a pod have ended."""
    lab.step(3)
    victim, before = lab.pods[0], lab.now
    lab.delete(victim, **deletion)
    lab.step(60)
    return next(at for seen, at in lab.history(victim.name) if seen.startswith(("Succeeded", "Failed"))) - before


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ({"sleep": {"seconds": 5}}, 5),
        ({"exec": {"command": ["sleep", "5"]}}, 5),
        ({"exec": {"command": ["/bin/sleep", "2.5s"]}}, 2.5),
        ({"exec": {"command": ["sh", "-c", "sleep 5"]}}, 5),
        ({"exec": {"command": ["/bin/sh", "-c", "sleep 5; nginx -s quit; sleep 10"]}}, 15),
        ({"exec": {"command": ["/wait-shutdown"]}}, 0),
        ({"exec": {"command": ["sh", "-c", "no-sleep 5"]}}, 0),
        ({"exec": {"command": ["sh", "-c", "sleep $SECONDS"]}}, 0),
        ({"httpGet": {"port": 80, "path": "/quit"}}, 0),
    ],
)
def test_a_hook_takes_as_long_as_it_sleeps(lab: Lab, hook: dict[str, Any], seconds: float) -> None:
    lab.apply(hooked(**hook))
    assert ends_after(lab) == pytest.approx(seconds + 0.2, abs=0.05)


def test_the_grace_period_cuts_a_hook_short(lab: Lab) -> None:
    lab.apply(hooked(sleep={"seconds": 20}))
    assert ends_after(lab, grace=3) == pytest.approx(3.2, abs=0.05)


@pytest.mark.parametrize(("seconds", "killed"), [(5, 30), (29, 31)])
def test_a_hook_is_part_of_the_grace_period_but_for_the_last_two_seconds(lab: Lab, seconds: int, killed: float) -> None:
    lab.inject("ignores-sigterm")
    lab.apply(hooked(sleep={"seconds": seconds}))
    assert ends_after(lab) == pytest.approx(killed)


def test_a_replacement_does_not_wait_for_a_hook(lab: Lab) -> None:
    lab.apply(hooked(sleep={"seconds": 20}))
    lab.step(3)
    lab.delete(lab.pods[0])
    lab.step(3)
    assert (lab.ready, len(lab.pods)) == (1, 2)


def test_the_hook_of_a_sidecar_counts_too(lab: Lab) -> None:
    hook = {"preStop": {"sleep": {"seconds": 4}}}
    sidecar = {"name": "proxy", "image": IMAGE, "restartPolicy": "Always", "lifecycle": hook}
    lab.apply(deployment(replicas=1, pod={"initContainers": [sidecar], "terminationGracePeriodSeconds": 30}))
    assert ends_after(lab) == pytest.approx(4.2, abs=0.05)


def test_a_hook_that_sleeps_longer_than_the_grace_period_is_invalid(lab: Lab) -> None:
    with pytest.raises(Refused) as caught:
        lab.apply(hooked(grace=2, sleep={"seconds": 20}))
    (cause,) = caught.value.status["details"]["causes"]
    assert cause["field"] == "spec.template.spec.containers[0].lifecycle.preStop.sleep"
    assert cause["message"] == (
        "Invalid value: 20: must be non-negative and less than terminationGracePeriodSeconds (2)"
    )
