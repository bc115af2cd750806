"""A Deployment survives losing pods."""

import pytest

from kubechaos import Chaos, Fault, Target, kill, newest, oldest

ALERTS = ("ChaosStarted", "PodDeleted", "ProblemDetected", "RecoveryStarted", "RecoveryComplete")


def test_survives_losing_a_random_pod(chaos: Chaos, healthy_deployment: Target) -> None:
    outage = chaos.run(kill(1), healthy_deployment, within=60)
    assert [name for name in ALERTS if name not in outage.alerts] == []
    assert outage.recovery_time < 60
    assert outage.min_ready >= outage.wanted - 1


@pytest.mark.parametrize("fault", [kill("50%"), kill(oldest), kill(newest), kill(1, force=True)])
def test_survives_losing_pods_in_other_ways(chaos: Chaos, healthy_deployment: Target, fault: Fault) -> None:
    outage = chaos.run(fault, healthy_deployment)
    assert "RecoveryComplete" in outage.alerts
    assert outage.min_ready >= 1
