"""Deployments, ReplicaSets, slices and budgets, on a clock stepped by hand."""

import pytest

from kubesim.store.kinds import NODE, POD, REPLICA_SET, SLICE
from kubesim.store.objects import Stored, condition, is_active, is_ready
from tests.embedded.lab import Lab, names
from tests.embedded.shop import budget, deployment, quota, service

RESTARTED = {"spec": {"template": {"metadata": {"annotations": {"restarted": "1"}}}}}


def change(lab: Lab, patch: dict[str, object]) -> None:
    lab.cluster.registry.patch(lab.deployment, patch)


def counts(lab: Lab, before: list[Stored]) -> list[tuple[int, int]]:
    """Active and Ready pods after each change, given those that were there before."""
    alive = {pod.uid: True for pod in before}
    seen = []
    for _, each in lab.changes:
        if each.after.kind is POD:
            if each.type == "DELETED" or not is_active(each.after):
                alive.pop(each.after.uid, None)
            else:
                alive[each.after.uid] = is_ready(each.after)
            seen.append((len(alive), sum(alive.values())))
    return seen


def test_a_deployment_is_complete_when_its_pods_are_ready(shop: Lab) -> None:
    status = shop.deployment.status
    assert shop.cluster.settled
    assert status["observedGeneration"] == 1
    assert (status["replicas"], status["updatedReplicas"], status["availableReplicas"]) == (3, 3, 3)
    assert condition(shop.deployment, "Available")["reason"] == "MinimumReplicasAvailable"
    assert condition(shop.deployment, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert shop.deployment.annotations == {"deployment.kubernetes.io/revision": "1"}


@pytest.mark.parametrize(
    ("surge", "unavailable", "most", "least"), [("25%", "25%", 4, 3), (0, 1, 3, 2), (2, 0, 5, 3), ("50%", "50%", 5, 2)]
)
def test_a_rollout_keeps_its_bounds(lab: Lab, surge: int, unavailable: int, most: int, least: int) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    lab.apply(deployment(strategy={"type": "RollingUpdate", "rollingUpdate": rolling}))
    lab.step(3)
    old = lab.pods
    lab.changes.clear()
    change(lab, RESTARTED)
    lab.step(10)
    assert not names(old) & names(lab.pods)
    assert lab.ready == 3
    seen = counts(lab, old)
    assert max(active for active, _ in seen) == most
    assert min(ready for _, ready in seen) == least
    assert lab.deployment.annotations["deployment.kubernetes.io/revision"] == "2"
    assert sorted(each.spec["replicas"] for each in lab.replica_sets) == [0, 3]


def test_recreate_ends_all_old_pods_before_the_first_new_one(lab: Lab) -> None:
    lab.apply(deployment(strategy={"type": "Recreate"}))
    lab.step(3)
    old = names(lab.pods)
    lab.changes.clear()
    change(lab, RESTARTED)
    lab.step(10)
    born = min(lab.life(name)[0][1] for name in names(lab.pods))
    ended = [next(at for told, at in lab.life(name) if told.startswith("Succeeded")) for name in old]
    assert max(ended) < born
    assert lab.ready == 3


def test_an_old_template_gets_its_old_replica_set_back(shop: Lab) -> None:
    first = shop.replica_sets[0].name
    change(shop, RESTARTED)
    shop.step(10)
    change(shop, {"spec": {"template": {"metadata": {"annotations": None}}}})
    shop.step(10)
    assert [s.spec["replicas"] for s in shop.replica_sets if s.name == first] == [3]
    assert shop.deployment.annotations["deployment.kubernetes.io/revision"] == "3"
    assert len(shop.replica_sets) == 2


def test_a_paused_deployment_rolls_nothing_out(shop: Lab) -> None:
    change(shop, {"spec": {"paused": True}})
    change(shop, RESTARTED)
    shop.step(10)
    assert len(shop.replica_sets) == 1
    assert shop.deployment.status["observedGeneration"] == 3


def test_a_rollout_that_gets_nowhere_is_past_its_deadline(shop: Lab) -> None:
    image = {"containers": [{**shop.deployment.spec["template"]["spec"]["containers"][0], "image": "NO::1"}]}
    change(shop, {"spec": {"progressDeadlineSeconds": 30, "template": {"spec": image}}})
    shop.step(60)
    assert condition(shop.deployment, "Progressing")["reason"] == "ProgressDeadlineExceeded"
    assert shop.ready == 3


@pytest.mark.parametrize("replicas", [0, 1, 5])
def test_scaling_ends_at_the_number_asked_for(shop: Lab, replicas: int) -> None:
    change(shop, {"spec": {"replicas": replicas}})
    shop.step(5)
    assert (len(shop.pods), shop.ready) == (replicas, replicas)
    assert shop.deployment.status.get("replicas", 0) == replicas
    way = "up" if replicas > 3 else "down"
    assert any(each[1].startswith(f"Scaled {way} replica set") for each in shop.events("ScalingReplicaSet"))


def test_scaling_down_takes_the_pod_that_is_not_ready(shop: Lab) -> None:
    shop.inject("never-ready", replacements=True)
    shop.delete(shop.pods[0])
    shop.step(3)
    (unready,) = (pod.name for pod in shop.active if not is_ready(pod))
    change(shop, {"spec": {"replicas": 2}})
    shop.step(5)
    assert unready not in names(shop.pods)
    assert shop.ready == 2


def test_a_full_quota_is_a_failure_until_it_is_raised(shop: Lab) -> None:
    shop.apply(quota(2))
    shop.step(0.1)
    shop.delete(shop.pods[0])
    shop.step(5)
    for obj in (shop.deployment, shop.replica_sets[0]):
        failure = condition(obj, "ReplicaFailure")
        assert failure["reason"] == "FailedCreate"
        assert "exceeded quota: quota, requested: pods=1, used: pods=3, limited: pods=2" in failure["message"]
    assert len(shop.pods) == 2
    shop.apply(quota(3))
    shop.step(40)
    assert shop.ready == 3
    assert not condition(shop.deployment, "ReplicaFailure")


def test_creation_backs_off_while_the_quota_is_full_and_events_are_filtered(shop: Lab) -> None:
    shop.apply(quota(2))
    shop.step(0.1)
    shop.delete(shop.pods[0])
    shop.step(600)
    failed = shop.events("FailedCreate")
    assert len(failed) == 10
    assert sum(message.startswith("(combined from similar events): ") for _, message, _ in failed) == 1
    assert sum(count or 0 for *_, count in failed) <= 25


def test_a_deleted_deployment_takes_its_replica_sets_and_pods_along(shop: Lab) -> None:
    shop.cluster.store.remove(shop.deployment)
    shop.step(5)
    assert not shop.pods
    assert not shop.replica_sets


def test_a_slice_knows_who_is_ready_and_who_terminates(shop: Lab) -> None:
    ready = {"ready": True, "serving": True, "terminating": False}
    assert shop.endpoints == [ready] * 3
    shop.delete(shop.pods[0])
    shop.step(0.01)
    assert {"ready": False, "serving": True, "terminating": True} in shop.endpoints
    shop.step(5)
    assert shop.endpoints == [ready] * 3


def test_many_endpoints_are_spread_over_slices_of_a_hundred(lab: Lab) -> None:
    lab.cluster.add_node("node-3", "10.0.0.9")
    lab.apply(service(), deployment(replicas=250))
    lab.step(10)
    assert len(lab.endpoints) == lab.ready == 250
    assert [len(each.body["endpoints"]) for each in lab.all(SLICE)].count(100) == 2


def test_a_budget_counts_what_may_be_disrupted(shop: Lab) -> None:
    shop.apply(budget(minAvailable=2))
    shop.step(0.1)
    told = shop.budget.status
    assert (told["disruptionsAllowed"], told["currentHealthy"], told["desiredHealthy"]) == (1, 3, 2)
    shop.delete(shop.pods[0])
    shop.step(0.1)
    assert shop.budget.status["disruptionsAllowed"] == 0
    assert shop.budget.status["expectedPods"] == 4


def test_pods_are_spread_over_the_nodes(lab: Lab) -> None:
    lab.apply(deployment(replicas=4))
    lab.step(3)
    assert sorted(pod.spec["nodeName"] for pod in lab.pods) == ["node-1", "node-1", "node-2", "node-2"]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"unschedulable": True}, "2 node(s) were unschedulable"),
        (
            {"taints": [{"key": "gone", "value": "yes", "effect": "NoSchedule"}]},
            "2 node(s) had untolerated taint {gone: yes}",
        ),
    ],
)
def test_what_no_node_takes_waits_and_says_why(lab: Lab, spec: dict[str, object], why: str) -> None:
    for node in lab.all(NODE):
        lab.cluster.registry.patch(node, {"spec": spec})
    lab.apply(deployment(replicas=1))
    lab.step(1)
    (pod,) = lab.pods
    told = f"0/2 nodes are available: {why}. preemption: 0/2 nodes are available: "
    told += "2 Preemption is not helpful for scheduling."
    assert condition(pod, "PodScheduled")["message"] == told
    assert lab.events("FailedScheduling") == [("FailedScheduling", told, None)]
    lab.cluster.registry.patch(lab.all(NODE)[0], {"spec": dict.fromkeys(spec)})
    lab.step(1)
    assert lab.ready == 1


def test_a_pod_too_big_for_every_node_waits(lab: Lab) -> None:
    manifest = deployment(replicas=1)
    manifest["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100"}}
    lab.apply(manifest)
    lab.step(1)
    told = "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: "
    told += "2 Preemption is not helpful for scheduling."
    assert condition(lab.pods[0], "PodScheduled")["message"] == told


def test_replica_sets_beyond_the_history_limit_are_forgotten(lab: Lab) -> None:
    lab.apply(deployment(replicas=1, revisionHistoryLimit=1))
    lab.step(3)
    for turn in range(3):
        change(lab, {"spec": {"template": {"metadata": {"annotations": {"turn": str(turn)}}}}})
        lab.step(5)
    assert len(lab.all(REPLICA_SET)) == 2
