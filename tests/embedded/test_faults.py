"""Every fault but the plain kill, through our own client."""

import pytest

from kubechaos import (
    EvictionBlockedError,
    FaultNotProvenError,
    InconclusiveError,
    RefusedError,
    evict,
    kill,
    kill_container,
    on_node,
    rollout_restart,
    scale,
    where,
)
from kubechaos.errors import ApiError, ArgumentError, HoldError, NotHealedError
from kubesim.cluster import Cluster
from kubesim.failures import Forbidden, SlowReady
from kubesim.store.kinds import POD
from tests.embedded.client import DEPLOYMENTS, PODS, Client
from tests.embedded.shop import IMAGE, budget, deployment


@pytest.mark.parametrize("who", [1, "all"])
def test_an_eviction_is_recovered(client: Client, who: int | str) -> None:
    outage = client.chaos.run(evict(who), client.web)
    assert (outage.verdict, outage.fault.name) == ("recovered", "evict")
    assert outage.proof is not None


def test_an_eviction_that_a_budget_does_not_allow_is_blocked(client: Client) -> None:
    client.sim.inject("blocking-budget", "web")
    with pytest.raises(EvictionBlockedError, match="disruption budget"):
        client.chaos.run(evict(1), client.web)
    (outage,) = client.experiments.outages
    assert (outage.verdict, outage.min_ready) == ("blocked", 3)


def test_three_evictions_under_a_budget_of_one_wait_for_each_other_as_in_kubectl_drain(client: Client) -> None:
    client.sim.apply(budget(maxUnavailable=1))
    outage = client.chaos.run(evict("all"), client.web)
    assert (outage.verdict, len(outage.victims), outage.min_ready) == ("recovered", 3, 2)
    gone = sorted(victim.gone for victim in outage.victims if victim.gone is not None)
    assert len(gone) == 3
    # Two waits, each for a replacement; what is waited is no part of the recovery time.
    assert outage.blocked_for > 1
    assert outage.recovery_time < gone[-1]


def test_an_eviction_waits_until_the_pods_of_its_budget_are_healthy(client: Client) -> None:
    client.sim.apply(budget(maxUnavailable=1))
    client.chaos.steady(client.web)
    client.sim.inject(SlowReady(seconds=3), "web", replacements=True)
    with client.chaos.inject(kill(1), client.web), client.chaos.inject(evict(1), client.web) as inner:
        pass
    assert (inner.outage.verdict, inner.outage.min_ready) == ("recovered", 2)
    assert inner.outage.blocked_for > 0


def test_an_eviction_is_blocked_when_within_is_over_and_its_budget_might_still_open(client: Client) -> None:
    client.sim.apply(budget(minAvailable=2))
    client.chaos.steady(client.web)
    client.sim.inject("never-ready", "web")
    with pytest.raises(EvictionBlockedError, match=r"could not be evicted in 3 s: .*disruption budget"):
        client.chaos.run(evict(2), client.web, within=3)
    (outage,) = client.experiments.outages
    assert (outage.verdict, outage.blocked_for > 2.5) == ("blocked", True)


def test_a_rollout_restart_replaces_every_pod_and_is_no_interference(client: Client) -> None:
    outage = client.chaos.run(rollout_restart(), client.web)
    assert outage.verdict == "recovered"
    assert outage.proof is not None
    assert outage.proof.kind == "replaced"
    assert len(outage.phases.removed) == len(outage.phases.added) == 3
    assert "TargetChanged" not in outage.alerts


@pytest.mark.parametrize("replicas", [1, 0, 5])
def test_a_scaled_target_is_put_back_and_owed_from_then_on(client: Client, replicas: int) -> None:
    outage = client.chaos.run(scale(replicas), client.web, hold=2)
    assert (outage.verdict, outage.wanted, outage.hold) == ("recovered", 3, 2)
    assert outage.proof is not None
    assert outage.proof.kind == "scaled"
    assert outage.min_ready == min(3, replicas)
    assert "TargetChanged" not in outage.alerts


def test_a_scaled_target_is_healed_when_the_test_fails(client: Client) -> None:
    with pytest.raises(ZeroDivisionError), client.chaos.inject(scale(1), client.web):
        _ = 1 / 0
    assert client.experiments.outages[0].verdict == "interrupted"
    client.chaos.steady(client.web)


def test_nothing_is_recovered_while_the_fault_is_in_force(client: Client) -> None:
    with client.chaos.inject(scale(2), client.web) as ongoing:
        assert ongoing.recovered_within(3) == float("inf")
    assert ongoing.outage.verdict == "recovered"


def test_a_scale_must_be_held_and_must_change_something(client: Client) -> None:
    with pytest.raises(HoldError, match="hold="):
        client.chaos.run(scale(1), client.web)
    with pytest.raises(ArgumentError, match=r"spec.replicas is 3 already: the fault would change nothing"):
        client.chaos.run(scale(3), client.web, hold=1)


def test_containers_that_are_killed_after_a_scale_are_no_change_of_the_target(client: Client) -> None:
    client.chaos.run(scale(2), client.web, hold=1)
    client.sim.settle()
    assert "TargetChanged" not in client.chaos.run(kill_container(2), client.web).alerts


def test_pods_are_chosen_by_node_and_by_label(client: Client) -> None:
    outage = client.chaos.run(evict(on_node("node-1")), client.web)
    assert {victim.node for victim in outage.victims} == {"node-1"}
    outage = client.chaos.run(evict(where("app=web")), client.web)
    assert len(outage.victims) == 3


def test_pods_that_a_selector_finds_are_a_target(client: Client) -> None:
    pods = client.cluster.pods("app=web", expect=3, stable_for=1)
    outage = client.chaos.run(evict(1), pods)
    assert (outage.verdict, str(outage.target), outage.wanted) == ("recovered", "pods/app=web", 3)
    with pytest.raises(ArgumentError, match="rollout_restart"):
        client.chaos.run(rollout_restart(), pods)


def test_a_selector_that_finds_nothing_is_refused(client: Client) -> None:
    with pytest.raises(RefusedError, match="no pod in namespace"):
        client.chaos.run(evict(1), client.cluster.pods("app=nothing", expect=3))


def test_a_target_that_cannot_be_put_back_is_not_healed_and_says_how(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubechaos.act.heal.REFUSED", 0.3)
    with (
        pytest.raises(NotHealedError, match="kubectl scale deployment/web -n default --replicas=3"),
        client.chaos.inject(scale(1), client.web),
    ):
        client.sim.inject(Forbidden(verb="patch", resource="deployments"))
    assert client.experiments.verdicts == ["not_healed"]


def test_what_somebody_else_scaled_since_is_left_as_it_is(client: Client) -> None:
    with pytest.raises(InconclusiveError, match=r"scaled from [13] to 2"), client.chaos.inject(scale(1), client.web):
        client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 2}})
    assert client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 2


def _imported_by_hand(cluster: Cluster) -> None:
    for pod in tuple(cluster.store.all(POD)):
        (status,) = pod.status["containerStatuses"]
        cluster.registry.status(pod, {**pod.status, "containerStatuses": [{**status, "imageID": "sha256:ab"}]})


def test_a_container_is_restarted_in_its_pod(client: Client) -> None:
    outage = client.chaos.run(kill_container(1), client.web)
    assert (outage.verdict, outage.proof and outage.proof.kind) == ("recovered", "restarted")
    assert len(client.names()) == 3


def test_a_container_is_restarted_again_and_again_without_a_back_off(client: Client) -> None:
    client.sim.apply(deployment("pinned", image=f"docker.io/library/busybox@sha256:{'0' * 64}", replicas=2))
    pinned = client.cluster.deployment("pinned")
    found = [client.chaos.run(kill_container("all"), pinned) for _ in range(3)]
    assert [outage.verdict for outage in found] == ["recovered"] * 3


def test_a_sidecar_is_restarted_in_its_pod(client: Client) -> None:
    sidecar = {"name": "proxy", "image": IMAGE, "restartPolicy": "Always"}
    client.sim.apply(deployment("meshed", replicas=2, pod={"initContainers": [sidecar]}))
    outage = client.chaos.run(kill_container("all", container="proxy"), client.cluster.deployment("meshed"))
    assert (outage.verdict, outage.proof and outage.proof.kind) == ("recovered", "restarted")
    pods = client.get(PODS, {"labelSelector": "app=meshed"})["items"]
    assert [pod["status"]["initContainerStatuses"][0]["restartCount"] for pod in pods] == [1, 1]
    assert [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods] == [0, 0]


def test_a_container_whose_image_has_no_digest_is_refused(client: Client) -> None:
    client.sim.settle()
    client.sim.inside(_imported_by_hand)
    with pytest.raises(RefusedError, match="has no digest"):
        client.chaos.run(kill_container(1), client.web)
    assert client.experiments.outages == []


def test_an_eviction_that_a_busy_server_refuses_is_not_blocked(client: Client) -> None:
    client.sim.network.refuse(429, retry_after=1, verb="create", resource="pods/eviction", times=99)
    with pytest.raises(ApiError, match="429"):
        client.chaos.run(evict(1), client.web)
    assert client.experiments.outages[0].verdict == "refused"


def test_a_pod_that_is_gone_before_its_container_is_killed_proves_nothing(client: Client) -> None:
    client.sim.network.refuse(404, verb="get", resource="pods")
    with pytest.raises(FaultNotProvenError, match="was gone before we touched it"):
        client.chaos.run(kill_container(1), client.web)
