"""Evictions, on a clock stepped by hand: who asks the budget, and what it says."""

from typing import Any

import pytest

from kubesim.store.objects import Stored, condition
from kubesim.store.refusals import Refused
from tests.embedded.lab import Lab
from tests.embedded.shop import budget, deployment


def evict(lab: Lab, pod: Stored, **options: Any) -> None:
    lab.cluster.eviction.evict(pod, {"metadata": {"name": pod.name}, "deleteOptions": options})


@pytest.fixture
def guarded(shop: Lab) -> Lab:
    """The shop with a budget of two that must stay."""
    shop.apply(budget(minAvailable=2))
    shop.step(0.1)
    return shop


def test_an_allowed_eviction_is_seen_in_the_budget_first_and_then_in_the_pod(guarded: Lab) -> None:
    victim = guarded.pods[0]
    guarded.changes.clear()
    evict(guarded, victim)
    guarded.step(0.01)
    kinds = [change.after.kind.name for _, change in guarded.changes if change.after.kind.name != "EndpointSlice"]
    assert kinds[:2] == ["PodDisruptionBudget", "Pod"]
    (gone,) = (pod for pod in guarded.pods if pod.deleting)
    assert gone.name == victim.name
    assert condition(gone, "DisruptionTarget")["reason"] == "EvictionByEvictionAPI"
    guarded.step(5)
    assert guarded.ready == 3
    assert "disruptedPods" not in guarded.budget.status


def test_a_second_eviction_at_once_is_refused_and_allowed_again_after_the_recovery(guarded: Lab) -> None:
    first, second, _ = guarded.pods
    evict(guarded, first)
    with pytest.raises(Refused) as caught:
        evict(guarded, second)
    assert caught.value.code == 429
    assert caught.value.status["details"]["causes"][0]["reason"] == "DisruptionBudget"
    guarded.step(5)
    evict(guarded, second)


def test_a_budget_that_its_controller_has_not_seen_says_when_to_come_back(shop: Lab) -> None:
    shop.apply(budget(minAvailable=1))
    with pytest.raises(Refused) as caught:
        evict(shop, shop.pods[0])
    assert (caught.value.code, caught.value.retry_after) == (429, 10)


def test_an_eviction_under_another_uid_or_name_is_refused(guarded: Lab) -> None:
    pod = guarded.pods[0]
    with pytest.raises(Refused, match="the UID in the precondition"):
        evict(guarded, pod, preconditions={"uid": "other"})
    with pytest.raises(Refused, match="name in URL does not match"):
        guarded.cluster.eviction.evict(pod, {"metadata": {"name": "other"}})
    assert guarded.budget.status["disruptionsAllowed"] == 1


def test_a_dry_eviction_changes_nothing(guarded: Lab) -> None:
    before = guarded.cluster.store.revision
    evict(guarded, guarded.pods[0], dryRun=["All"])
    assert guarded.cluster.store.revision == before


def test_a_pending_or_terminating_pod_goes_without_asking_the_budget(lab: Lab) -> None:
    lab.inject("unschedulable")
    lab.apply(budget(minAvailable=3), deployment())
    lab.step(1)
    pending = lab.pods[0]
    evict(lab, pending)
    lab.step(0.01)
    assert lab.states(pending.name)[-1] == "DELETED"


@pytest.mark.parametrize(("policy", "allowed"), [("IfHealthyBudget", False), ("AlwaysAllow", True)])
def test_a_pod_that_is_not_ready_may_go_if_the_budget_says_so(lab: Lab, policy: str, allowed: bool) -> None:
    lab.inject("never-ready")
    lab.apply(budget(minAvailable=2, unhealthyPodEvictionPolicy=policy), deployment())
    lab.step(3)
    if allowed:
        evict(lab, lab.pods[0])
    else:
        with pytest.raises(Refused, match="would violate the pod's disruption budget"):
            evict(lab, lab.pods[0])


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ({"maxUnavailable": 1}, 1),
        ({"maxUnavailable": "50%"}, 2),
        ({"minAvailable": "50%"}, 1),
        ({"maxUnavailable": 0}, 0),
    ],
)
def test_a_budget_may_be_a_number_or_a_percentage(shop: Lab, spec: dict[str, Any], allowed: int) -> None:
    shop.apply(budget(**spec))
    shop.step(0.1)
    assert shop.budget.status["disruptionsAllowed"] == allowed
