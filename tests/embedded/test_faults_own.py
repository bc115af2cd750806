"""Faults of a user's own, through `act` alone: undone for them, alone and inside of one another's blocks."""

from math import inf

import pytest

from kubechaos import (
    INSTANT,
    UNTIL_HEALED,
    UNTIL_RECOVERED,
    Accepted,
    Act,
    EvictionBlockedError,
    FaultNotProvenError,
    InconclusiveError,
    PodsGone,
    Ref,
    RefusedError,
    Target,
    evict,
    fault,
    kill,
    scale,
)
from kubechaos.errors import ArgumentError, NotEndedError, NotFoundError
from tests.embedded.client import DEPLOYMENTS, Client

BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
BUDGET_RIGHTS = [("create", "poddisruptionbudgets.policy"), ("delete", "poddisruptionbudgets.policy")]


def budget(name: str) -> dict[str, object]:
    """A disruption budget that allows no eviction of `web`."""
    spec = {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "web"}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


@fault(effect=Accepted(), lasts=UNTIL_HEALED, needs=BUDGET_RIGHTS)
def no_evictions(act: Act, target: Target, name: str = "none") -> None:
    """Prepare: forbid evictions."""
    act.create(budget(name))


@fault(effect=PodsGone(), lasts=UNTIL_RECOVERED, needs=[*BUDGET_RIGHTS, ("delete", "pods")])
def kill_and_forbid(act: Act, target: Target) -> None:
    """Lose a pod while evictions are forbidden."""
    (pod,) = act.choose(1)
    act.create(budget("while-lost"))
    act.delete(pod)


@fault(effect=Accepted(), lasts=UNTIL_HEALED, needs=[("patch", "deployments.apps")])
def labelled(act: Act, target: Target, value: str) -> None:
    """Prepare: put a label on the workload."""
    act.patch(target, {"metadata": {"labels": {"tier": value}}})


def budgets(client: Client) -> list[str]:
    """The names of all disruption budgets."""
    return [each["metadata"]["name"] for each in client.get(BUDGETS)["items"]]


def labels(client: Client) -> dict[str, str]:
    """The labels of the workload."""
    found: dict[str, str] = client.get(f"{DEPLOYMENTS}/web")["metadata"].get("labels", {})
    return found


def test_what_a_fault_creates_carries_the_run_and_is_deleted_when_the_block_ends(client: Client) -> None:
    with client.chaos.inject(no_evictions(), client.web) as ongoing, client.chaos.inject(kill(1), client.web):
        (found,) = client.get(BUDGETS)["items"]
        assert found["metadata"]["labels"] == {"kubechaos/run": "run"}
    assert budgets(client) == []
    assert (ongoing.outage.verdict, ongoing.outage.proof and ongoing.outage.proof.kind) == ("recovered", "accepted")


def test_a_label_that_a_fault_sets_is_taken_away_again(client: Client) -> None:
    before = labels(client)
    with client.chaos.inject(labelled("gold"), client.web), client.chaos.inject(kill(1), client.web):
        assert labels(client) == {**before, "tier": "gold"}
    assert labels(client) == before


def test_a_newer_value_of_somebody_else_is_left_as_it_is_and_the_outage_says_so(client: Client) -> None:
    undone = pytest.raises(InconclusiveError, match=r"deployment/web was changed again by somebody else before")
    gold, killed = client.chaos.inject(labelled("gold"), client.web), client.chaos.inject(kill(1), client.web)
    with undone, gold as ongoing, killed:
        client.send("PATCH", f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"tier": "silver"}}})
    assert labels(client)["tier"] == "silver"
    assert [each.outcome for each in ongoing.outage.undone] == ["superseded"]


def test_a_preparing_fault_alone_is_refused_and_nothing_is_touched(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"hurts nobody by itself.*with chaos.inject\(no_evictions\(\), target\):"):
        client.chaos.run(no_evictions(), client.web)
    assert budgets(client) == []


def test_a_preparing_fault_whose_block_has_no_other_fault_proves_nothing_and_is_undone(client: Client) -> None:
    nothing = pytest.raises(FaultNotProvenError, match=r"hurts nobody by itself, and no other fault was injected")
    with nothing, client.chaos.inject(no_evictions(), client.web):
        pass
    assert budgets(client) == []
    assert [outage.verdict for outage in client.experiments.outages] == ["fault_not_proven"]


def test_a_kind_that_kubechaos_does_not_know_is_no_ref(client: Client) -> None:
    @fault(effect=Accepted(), lasts=UNTIL_HEALED, needs=[("patch", "configmaps")])
    def edited(act: Act, target: Target) -> None:
        act.patch(Ref("ConfigMap", "default", "web"), {"data": {"a": "b"}})

    wrong = pytest.raises(ArgumentError, match=r"configmap/web: give a Ref of a kind of: .*Deployment")
    with wrong, client.chaos.inject(edited(), client.web):
        pass


def test_a_fault_inside_of_a_preparing_one_has_its_own_victims_and_the_shared_recovery(client: Client) -> None:
    with client.chaos.inject(no_evictions(), client.web) as outer:
        with client.chaos.inject(kill(1), client.web) as inner:
            pass
        with pytest.raises(NotEndedError, match=r"once the block of no_evictions\(\)"):
            _ = inner.outage
    assert (len(outer.outage.victims), len(inner.outage.victims)) == (0, 1)
    assert inner.outage.proof is not None
    assert inner.outage.proof.kind in ("gone", "stopped")
    assert outer.outage.recovery_time == inner.outage.recovery_time
    assert [each.verdict for each in client.experiments.outages] == ["recovered", "recovered"]
    assert [str(each.fault) for each in client.experiments.outages] == ["no_evictions()", "kill(1)"]


def test_an_eviction_that_a_preparing_fault_forbids_is_blocked_and_all_is_put_back(client: Client) -> None:
    with (
        pytest.raises(EvictionBlockedError, match="disruption budget"),
        client.chaos.inject(no_evictions(), client.web),
        client.chaos.inject(evict(1), client.web),
    ):
        pass
    assert budgets(client) == []
    assert {outage.verdict for outage in client.experiments.outages} == {"blocked"}


@pytest.mark.parametrize("outer", [kill(1), kill_and_forbid()], ids=str)
def test_faults_nest_whatever_the_outer_lasts(client: Client, outer: object) -> None:
    with client.chaos.inject(outer, client.web) as first, client.chaos.inject(scale(1), client.web) as second:  # type: ignore[arg-type]
        assert client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 1
    assert client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 3
    assert (first.outage.verdict, second.outage.verdict) == ("recovered", "recovered")
    assert second.outage.proof is not None
    assert second.outage.proof.kind == "scaled"


def test_a_recovery_and_a_run_inside_of_another_block_are_refused_and_name_the_way_out(client: Client) -> None:
    refused = []
    with client.chaos.inject(no_evictions(), client.web) as outer, client.chaos.inject(kill(1), client.web) as inner:
        try:
            inner.recovered_within(5)
        except RefusedError as error:
            refused.append(str(error))
        try:
            client.chaos.run(kill(1), client.web)
        except RefusedError as error:
            refused.append(str(error))
        assert outer.recovered_within(20) < inf
    assert "inside of the block of no_evictions() on deployment/web" in refused[0]
    assert "with chaos.inject(kill(1), target):" in refused[1]


def test_a_target_recovers_while_the_fault_is_in_force_and_only_then_it_is_undone(client: Client) -> None:
    lines = []
    client.experiments.artifacts.record = lambda record, stream: lines.append(record)  # type: ignore[method-assign]
    outage = client.chaos.run(kill_and_forbid(), client.web)
    assert outage.verdict == "recovered"
    assert budgets(client) == []
    undone = next(record.at for record in lines if type(record).__name__ == "Undone")
    t0 = next(record.at for record in lines if type(record).__name__ == "Injected")
    assert undone >= t0 + outage.recovery_time + outage.stable_for


def test_a_block_around_such_a_fault_is_its_hold(client: Client) -> None:
    with client.chaos.inject(kill_and_forbid(), client.web) as ongoing:
        assert ongoing.recovered_within(20) < inf
        assert budgets(client) == ["while-lost"]
    assert (ongoing.outage.verdict, ongoing.outage.recovery_time) == ("recovered", 0.0)


def test_an_inner_fault_that_raises_decides_the_shared_verdict_though_the_test_goes_on(client: Client) -> None:
    with client.chaos.inject(no_evictions(), client.web) as outer:
        assert outer
        with pytest.raises(EvictionBlockedError), client.chaos.inject(evict(1), client.web):
            pass
    assert outer.outage.verdict == "blocked"


def test_what_makes_no_sense_is_refused_where_a_fault_is_made() -> None:
    with pytest.raises(ArgumentError, match="write a verb and a resource"):
        fault(effect=PodsGone(), lasts=INSTANT, needs=[("", "pods")])
    with pytest.raises(ArgumentError, match="a target can be: DaemonSet"):
        fault(effect=PodsGone(), lasts=INSTANT, needs=[], kinds=["CronJob"])


def test_what_there_is_already_is_not_touched(client: Client) -> None:
    client.send("POST", BUDGETS, budget("theirs"))
    with pytest.raises(RefusedError, match="already"), client.chaos.inject(no_evictions("theirs"), client.web):
        pass
    assert budgets(client) == ["theirs"]


def test_an_object_of_an_unknown_kind_is_refused_with_those_that_are_known(client: Client) -> None:
    @fault(effect=Accepted(), lasts=UNTIL_HEALED, needs=[("create", "gateways.networking.istio.io")])
    def gateway(act: Act, target: Target) -> None:
        act.create({"kind": "Gateway", "metadata": {"name": "g"}})

    with pytest.raises(ArgumentError, match="PodDisruptionBudget"), client.chaos.inject(gateway(), client.web):
        pass


def test_a_fault_is_named_like_its_call() -> None:
    assert [repr(each) for each in (no_evictions(), labelled("gold"), no_evictions(name="x"))] == [
        "no_evictions()",
        "labelled('gold')",
        "no_evictions(name='x')",
    ]


def test_nothing_of_ours_stays_where_the_object_is_gone_before(client: Client) -> None:
    undone = pytest.raises(InconclusiveError, match=r"poddisruptionbudget/none was removed by somebody else")
    prepared, killed = client.chaos.inject(no_evictions(), client.web), client.chaos.inject(kill(1), client.web)
    with undone, prepared as ongoing, killed:
        client.send("DELETE", f"{BUDGETS}/none", {})
    assert [each.outcome for each in ongoing.outage.undone] == ["gone"]
    with pytest.raises(NotFoundError):
        client.get(f"{BUDGETS}/none")


def test_what_is_deleted_is_a_pod_and_nothing_else(client: Client) -> None:
    @fault(effect=PodsGone(), lasts=INSTANT, needs=[("delete", "deployments.apps")])
    def removed(act: Act, target: Target) -> None:
        act.delete(target.ref)  # type: ignore[arg-type]

    with pytest.raises(ArgumentError, match=r"delete: deployment/web is no pod; give one of those that act\.choose"):
        client.chaos.run(removed(), client.web)
    assert client.experiments.outages == []
