"""What `minReadySeconds` does: a pod that is Ready is available only once it has been so for that long."""

from itertools import pairwise
from typing import Any

import pytest

from kubesim.clock import Stepped, Timers
from kubesim.controllers.queue import Queue
from kubesim.store.kinds import DAEMON_SET, DEPLOYMENT, POD, STATEFUL_SET, Kind
from kubesim.store.objects import Stored, condition, is_ready
from kubesim.store.refusals import Refused
from tests.embedded.lab import Lab, names
from tests.embedded.sets import RESTARTED, daemon_set, stateful_set
from tests.embedded.shop import budget, deployment, service

LEAST = 5
SOON = 0.05
"""Until a controller that looks has looked."""


def change(lab: Lab, kind: Kind, **spec: Any) -> None:
    lab.cluster.registry.patch(lab.cluster.registry.find(kind, "default", "web"), {"spec": spec})


def available(lab: Lab, kind: Kind, key: str = "availableReplicas") -> list[tuple[float, int]]:
    """Each number of available pods that the status has told, with the time."""
    told: list[tuple[float, int]] = []
    for at, each in lab.changes:
        if each.after.kind is kind and (not told or told[-1][1] != each.after.status.get(key, 0)):
            told.append((at, each.after.status.get(key, 0)))
    return told


def became_ready(lab: Lab) -> dict[str, float]:
    """When each pod became Ready the last time."""
    times = {}
    for at, each in lab.changes:
        if each.after.kind is POD and is_ready(each.after) and not (each.before and is_ready(each.before)):
            times[each.after.uid] = at
    return times


def born(lab: Lab) -> dict[str, float]:
    """When each pod was made."""
    return {each.after.uid: at for at, each in lab.changes if each.after.kind is POD and each.type == "ADDED"}


def from_ready_to_next(lab: Lab, old: list[Stored]) -> list[float]:
    """How long after a new pod was Ready the next was made, in order."""
    ready, made = became_ready(lab), born(lab)
    new = sorted(made.keys() - {pod.uid for pod in old}, key=lambda uid: made[uid])
    return [made[after] - ready[before] for before, after in pairwise(new)]


def restarted(lab: Lab, kind: Kind, *, come: float, go: float) -> list[Stored]:
    """Let the workload come up for so long, and roll out for so long; returns the pods that it had before."""
    lab.step(come)
    old = lab.pods
    lab.changes.clear()
    change(lab, kind, **RESTARTED)
    lab.step(go)
    return old


def test_a_pod_of_a_deployment_is_available_so_long_after_the_whole_second_in_which_it_became_ready(lab: Lab) -> None:
    lab.apply(deployment(minReadySeconds=LEAST))
    lab.step(20)
    ready = sorted(became_ready(lab).values())
    (first, none), (last, all_) = available(lab, DEPLOYMENT)[0], available(lab, DEPLOYMENT)[-1]
    assert (none, all_) == (0, 3)
    assert first < ready[0]
    assert int(ready[-1]) + LEAST <= last < int(ready[-1]) + LEAST + SOON
    assert lab.deployment.status["readyReplicas"] == 3


def test_a_deployment_says_that_it_is_not_available_while_all_its_pods_are_ready(lab: Lab) -> None:
    lab.apply(deployment(minReadySeconds=LEAST))
    lab.step(3)
    status = lab.deployment.status
    assert (status["readyReplicas"], status.get("availableReplicas"), status["unavailableReplicas"]) == (3, None, 3)
    assert condition(lab.deployment, "Available")["reason"] == "MinimumReplicasUnavailable"
    assert [each.meta["generation"] for each in lab.replica_sets] == [1]
    assert not lab.cluster.settled
    lab.step(LEAST)
    assert condition(lab.deployment, "Available")["reason"] == "MinimumReplicasAvailable"
    assert condition(lab.deployment, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert lab.cluster.settled


def test_a_pod_that_was_not_ready_in_between_counts_from_anew(lab: Lab) -> None:
    lab.apply(deployment(minReadySeconds=LEAST))
    lab.step(4)
    lab.inject("never-ready", "web")
    lab.step(3)
    assert lab.ready == 0
    lab.remove("never-ready")
    lab.step(3)
    assert lab.ready == 3
    assert "availableReplicas" not in lab.deployment.status
    lab.step(LEAST)
    assert lab.deployment.status["availableReplicas"] == 3


def test_a_rollout_goes_on_once_the_new_pod_is_available(lab: Lab) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    lab.apply(deployment(minReadySeconds=LEAST, strategy=rolling))
    old = restarted(lab, DEPLOYMENT, come=12, go=40)
    assert not names(old) & names(lab.pods)
    gaps = from_ready_to_next(lab, old)
    assert len(gaps) == 2
    assert all(LEAST - 1 < gap < LEAST + SOON for gap in gaps)
    assert min(count for _, count in available(lab, DEPLOYMENT)) == 3


def test_what_a_deployment_asks_reaches_its_replica_set_without_a_rollout(shop: Lab) -> None:
    before = names(shop.pods)
    change(shop, DEPLOYMENT, minReadySeconds=30)
    shop.step(SOON)
    assert [each.spec.get("minReadySeconds") for each in shop.replica_sets] == [30]
    assert "availableReplicas" not in shop.deployment.status
    change(shop, DEPLOYMENT, minReadySeconds=None)
    shop.step(SOON)
    assert [each.spec.get("minReadySeconds") for each in shop.replica_sets] == [None]
    assert shop.deployment.status["availableReplicas"] == 3
    assert names(shop.pods) == before


def test_a_paused_deployment_hands_on_what_it_asks_too(shop: Lab) -> None:
    change(shop, DEPLOYMENT, paused=True, minReadySeconds=30)
    shop.step(SOON)
    assert [each.spec.get("minReadySeconds") for each in shop.replica_sets] == [30]


def test_a_service_and_a_budget_do_not_wait_for_availability(lab: Lab) -> None:
    lab.apply(service(), budget(minAvailable=2), deployment(minReadySeconds=30))
    lab.step(3)
    assert "availableReplicas" not in lab.deployment.status
    assert [each["ready"] for each in lab.endpoints] == [True] * 3
    assert (lab.budget.status["currentHealthy"], lab.budget.status["disruptionsAllowed"]) == (3, 1)


def test_a_stateful_set_makes_the_next_pod_when_the_one_before_is_available(lab: Lab) -> None:
    lab.apply(stateful_set(minReadySeconds=LEAST))
    lab.step(30)
    assert lab.ready == 3
    assert all(LEAST - 1 < gap < LEAST + SOON for gap in from_ready_to_next(lab, []))
    assert [count for _, count in available(lab, STATEFUL_SET)] == [0, 1, 2, 3]


def test_a_parallel_stateful_set_makes_all_pods_at_once(lab: Lab) -> None:
    lab.apply(stateful_set(minReadySeconds=LEAST, podManagementPolicy="Parallel"))
    lab.step(3)
    assert lab.ready == 3
    status = lab.cluster.registry.find(STATEFUL_SET, "default", "web").status
    assert (status["readyReplicas"], status["availableReplicas"]) == (3, 0)


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_stateful_set_rolls_out_pod_by_pod_as_each_becomes_available(lab: Lab, policy: str) -> None:
    lab.apply(stateful_set(minReadySeconds=LEAST, podManagementPolicy=policy))
    old = restarted(lab, STATEFUL_SET, come=30, go=60)
    assert not {pod.uid for pod in old} & {pod.uid for pod in lab.pods}
    assert lab.ready == 3
    assert min(count for _, count in available(lab, STATEFUL_SET)) == 2
    assert all(gap > LEAST - 1 for gap in from_ready_to_next(lab, old))


def test_a_parallel_stateful_set_gives_up_old_pods_that_are_not_available_at_once(lab: Lab) -> None:
    lab.apply(stateful_set(minReadySeconds=30, podManagementPolicy="Parallel"))
    lab.step(3)
    assert lab.ready == 3
    change(lab, STATEFUL_SET, **RESTARTED)
    lab.step(SOON)
    assert lab.active == []


def test_a_stateful_set_scales_down_once_the_pods_below_are_available(lab: Lab) -> None:
    lab.apply(stateful_set(minReadySeconds=LEAST))
    lab.step(30)
    lab.delete(lab.pods[0])
    lab.step(4)
    assert lab.ready == 3
    change(lab, STATEFUL_SET, replicas=2)
    lab.step(1)
    assert len(lab.active) == 3
    lab.step(LEAST)
    assert [pod.name for pod in lab.active] == ["web-0", "web-1"]


def test_a_daemon_set_counts_the_pods_that_are_available(lab: Lab) -> None:
    lab.apply(daemon_set(minReadySeconds=LEAST))
    lab.step(3)
    status = lab.cluster.registry.find(DAEMON_SET, "default", "web").status
    assert (status["numberReady"], status.get("numberAvailable"), status["numberUnavailable"]) == (2, None, 2)
    assert not lab.cluster.settled
    lab.step(3 * LEAST)
    status = lab.cluster.registry.find(DAEMON_SET, "default", "web").status
    assert (status["numberAvailable"], status.get("numberUnavailable")) == (2, None)
    assert lab.cluster.settled


def test_a_daemon_set_rolls_out_node_by_node_as_each_pod_becomes_available(lab: Lab) -> None:
    lab.apply(daemon_set(minReadySeconds=LEAST))
    old = restarted(lab, DAEMON_SET, come=20, go=40)
    assert not names(old) & names(lab.pods)
    (gap,) = from_ready_to_next(lab, old)
    assert gap > LEAST
    assert min(count for _, count in available(lab, DAEMON_SET, "numberAvailable")) == 1


def test_a_daemon_set_gives_up_old_pods_that_are_not_available_at_once(lab: Lab) -> None:
    lab.apply(daemon_set(minReadySeconds=30))
    lab.step(3)
    assert lab.ready == 2
    change(lab, DAEMON_SET, **RESTARTED)
    lab.step(SOON)
    assert lab.active == []


def test_of_several_times_at_which_to_look_again_the_soonest_counts() -> None:
    timers, looks = Timers(Stepped()), list[float]()
    queue = Queue[str](timers, 0.0, lambda _: looks.append(timers.now()))
    for seconds in (5, 9, None, 3, 4):
        queue.later("web", seconds)
    timers.step(10)
    assert looks == [3]
    queue.later("web", 2)
    timers.step(2)
    assert looks == [3, 12]


@pytest.mark.parametrize("make", [deployment, stateful_set, daemon_set])
def test_less_than_no_time_is_refused(lab: Lab, make: Any) -> None:
    with pytest.raises(Refused, match=r"spec\.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"):
        lab.apply(make(minReadySeconds=-1))
    with pytest.raises(Refused, match=r"spec\.minReadySeconds wants a number"):
        lab.apply(make(minReadySeconds="5"))


def test_a_deployment_must_be_given_more_time_than_its_pods(lab: Lab) -> None:
    wrong = r"spec\.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"
    with pytest.raises(Refused, match=wrong):
        lab.apply(deployment(minReadySeconds=LEAST, progressDeadlineSeconds=5))
    lab.apply(deployment(minReadySeconds=LEAST, progressDeadlineSeconds=6))
