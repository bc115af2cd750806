"""What a fault says about itself."""

import pytest

from kubechaos import evict, kill, kill_container, rollout_restart, scale
from kubechaos.faults.fault import Fault
from kubechaos.kube.objects import Ref


@pytest.mark.parametrize(
    ("fault", "kind", "needed"),
    [
        (scale(4), "Deployment", ['get deployments.apps "web"', 'patch deployments.apps "web"']),
        (rollout_restart(), "StatefulSet", ['get statefulsets.apps "web"', 'patch statefulsets.apps "web"']),
        (kill(1), "Deployment", ["delete pods"]),
        (evict(1), "Deployment", ["create pods/eviction"]),
        (kill_container(1), "Deployment", ["get pods", "patch pods"]),
    ],
    ids=repr,
)
def test_a_fault_needs_the_target_by_name_and_pods_without(fault: Fault, kind: str, needed: list[str]) -> None:
    assert [str(each) for each in fault.permissions(Ref(kind, "shop", "web"))] == needed
