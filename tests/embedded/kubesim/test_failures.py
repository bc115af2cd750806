"""What was sick and is so no more."""

import pytest

from kubesim.store.kinds import REPLICA_SET
from tests.embedded.lab import Lab
from tests.embedded.shop import deployment, service


@pytest.mark.parametrize(
    "name",
    [
        "never-ready",
        "flapping",
        "crash-loop",
        "oom",
        "image-pull",
        "unschedulable",
        "quota",
        "controller-silent",
        "scheduler-silent",
    ],
)
def test_a_workload_comes_up_once_it_is_healed(lab: Lab, name: str) -> None:
    lab.sicken(name)
    lab.apply(service(), deployment())
    lab.step(100)
    assert not lab.cluster.settled or name == "flapping"
    lab.cluster.heal(name)
    lab.step(400)
    assert lab.ready == 3
    assert lab.cluster.settled
    assert len(lab.endpoints) == 3


@pytest.mark.parametrize("name", ["never-ready", "flapping", "crash-loop", "oom"])
def test_running_pods_fall_sick_and_get_well(shop: Lab, name: str) -> None:
    shop.sicken(name)
    shop.step(6)
    assert shop.ready < 3 or name == "flapping"
    assert any(each[0] in ("Unhealthy", "BackOff") for each in shop.events())
    shop.cluster.heal(name)
    shop.step(60)
    assert shop.ready == 3


def test_a_pod_that_was_stuck_goes(shop: Lab) -> None:
    shop.sicken("stuck-finalizer")
    victim = shop.pods[0]
    shop.delete(victim)
    shop.step(10)
    assert shop.states(victim.name)[-1] == "Succeeded scheduled Completed deleting(0)"
    shop.cluster.heal("stuck-finalizer")
    shop.step(1)
    assert shop.states(victim.name)[-1] == "DELETED"


def test_only_the_named_workload_is_sick(lab: Lab) -> None:
    lab.sicken("never-ready", "web")
    lab.apply(deployment(), deployment("other"))
    lab.step(5)
    assert {pod.labels["app"] for pod in lab.pods if lab.states(pod.name)[-1].find("Ready") >= 0} == {"other"}


def test_pods_can_be_named_by_a_selector(lab: Lab) -> None:
    lab.sicken("never-ready", selector="app notin (other)")
    lab.apply(deployment(), deployment("other"))
    lab.step(5)
    assert lab.ready == 3


def test_only_replacements_are_sick_if_so_asked(shop: Lab) -> None:
    shop.sicken("never-ready", "web", replacements=True)
    shop.step(5)
    assert shop.ready == 3
    shop.delete(shop.pods[0])
    shop.step(5)
    assert (len(shop.active), shop.ready) == (3, 2)


def test_a_deployment_made_again_under_its_name_waits_for_what_the_old_one_left(shop: Lab) -> None:
    shop.cluster.store.remove(shop.deployment)
    shop.apply(deployment())
    shop.step(10)
    assert shop.ready == 3
    assert len(shop.all(REPLICA_SET)) == 1
