"""A Deployment keeps serving while its pods are moved, replaced or fewer for a while."""

import pytest

from kubechaos import Chaos, Fault, Target, evict, kill, rollout_restart, scale


@pytest.mark.parametrize("fault", [evict(1), rollout_restart()])
def test_is_never_down_while_pods_are_moved(chaos: Chaos, healthy_deployment: Target, fault: Fault) -> None:
    outage = chaos.run(fault, healthy_deployment, within=60)
    assert "ServiceDown" not in outage.alerts
    assert outage.min_ready >= outage.wanted - 1


def test_comes_back_after_it_was_scaled_down(chaos: Chaos, healthy_deployment: Target) -> None:
    outage = chaos.run(scale(1), healthy_deployment, hold=2)
    assert outage.min_ready == 1
    assert outage.recovery_time < 30


def test_answers_while_a_pod_is_killed(chaos: Chaos, answering: Target) -> None:
    outage = chaos.run(kill(1), answering)
    assert outage.verdict == "recovered"
    (asked,) = outage.probes.values()
    assert asked.samples > 0
