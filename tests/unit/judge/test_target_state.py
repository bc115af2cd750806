"""The pods and the template of a StatefulSet, a DaemonSet and a set of pods, and their health."""

from typing import Any

import pytest

from kubechaos.effects import PodsGone
from kubechaos.judge.alerts import Alarm, watch
from kubechaos.judge.outage import Alerts, Outage, outages
from kubechaos.judge.recovery import Limits, ends_at, unsteady
from kubechaos.judge.state import State, step
from kubechaos.kube.objects import TEMPLATE, ControllerRevision, Event, Observed, Pod, Ref, Workload
from kubechaos.records import Begun, Chosen, Due, Ended, Gone, Injected, Lasts, Listed, Opened, Seen
from tests.unit.stories import new, pod

LIMITS = Limits(60.0, 5.0)


def workload(kind: str, **fields: Any) -> Workload:
    """A workload `web` that wants two pods."""
    usual: dict[str, Any] = {"generation": 1, "observed_generation": 1, "replicas": 2, "updated_replicas": 2}
    template = "one" if kind == "StatefulSet" else ""
    return Workload(
        **{"kind": kind, "namespace": "shop", "name": "web", "uid": "web", "resource_version": "1"}
        | {"template": template}
        | usual
        | fields
    )


def mine(letter: str, template: str = "one", **fields: Any) -> Pod:
    """A Ready pod that the workload itself owns."""
    return pod(letter, **{"owner": "web", "owner_kind": "StatefulSet", "labels": {TEMPLATE: template}, **fields})


def coming(letter: str, template: str = "one", **fields: Any) -> Pod:
    """A pod of the workload that has only just been created."""
    return new(letter, **{"owner": "web", "labels": {TEMPLATE: template}, **fields})


def revision(number: int, template: str) -> ControllerRevision:
    """One template of the DaemonSet."""
    return ControllerRevision("shop", f"web-{template}", template, "1", owner="web", revision=number, template=template)


def listed(kind: str, *objects: Observed, expect: int = 0) -> State:
    """The state after the listings of a target of this kind."""
    state = step(State(), Opened(0.0, kind, expect))
    for each in ("Deployment", "StatefulSet", "DaemonSet", "ControllerRevision", "Pod", "EndpointSlice", "Event"):
        if each in state.target.required or each in ("EndpointSlice", "Event"):
            state = step(state, Listed(1.0, each, "9", tuple(o for o in objects if o.kind == each)))
    return state


def killed(state: State, letter: str) -> State:
    """The state after a kill of one pod at 10 s."""
    target = Ref("Kind", "shop", "web", "web")
    begun = Begun(10.0, "kill", ("1",), target, PodsGone(), Lasts.INSTANT, 60.0, 5.0, "now")
    for record in (begun, Chosen(10.0, letter), Injected(10.0), Due(10.0)):
        state = step(state, record)
    return state


def judged(state: State, *records: Seen | Gone) -> Outage:
    """The outage of the experiment after these records."""
    for record in records:
        state = step(state, record)
    end = Ended(max(ends_at(state, LIMITS), state.at))
    state = step(state, end)
    return outages(state, LIMITS, Alerts(watch(Alarm(), state, LIMITS).alerts, frozenset()), end)[0]


def test_pods_of_a_statefulset_are_its_own_and_of_its_update_revision() -> None:
    assert unsteady(listed("StatefulSet", workload("StatefulSet"), mine("a"), mine("b"))) is None
    assert "1 of 2" in unsteady(listed("StatefulSet", workload("StatefulSet"), mine("a"), mine("b", "old"))).text
    assert (
        "1 of 2" in unsteady(listed("StatefulSet", workload("StatefulSet"), mine("a"), mine("b", owner="other"))).text
    )


def test_the_template_of_a_daemonset_is_its_latest_controller_revision() -> None:
    pods = (mine("a", "new"), mine("b", "new"))
    revisions = (revision(2, "new"), revision(1, "old"))
    assert unsteady(listed("DaemonSet", workload("DaemonSet"), *pods, *revisions)) is None
    assert (
        "0 of 2" in unsteady(listed("DaemonSet", workload("DaemonSet"), *pods, *revisions, revision(3, "newer"))).text
    )


def test_the_template_of_a_daemonset_is_unknown_without_its_controller_revisions() -> None:
    assert "0 of 2" in unsteady(listed("DaemonSet", workload("DaemonSet"), mine("a"), mine("b"))).text


@pytest.mark.parametrize(
    ("kind", "name", "node", "replaces"),
    [
        ("StatefulSet", "web-a", "node-9", "a"),
        ("StatefulSet", "web-z", "node-1", None),
        ("DaemonSet", "web-z", "node-1", "a"),
        ("DaemonSet", "web-a", "node-9", None),
    ],
)
def test_a_replacement_is_paired_where_kubernetes_pairs(kind: str, name: str, node: str, replaces: str | None) -> None:
    state = killed(listed(kind, workload(kind), mine("a"), mine("b"), revision(1, "one")), "a")
    fresh = coming("d", name=name)
    ready = mine("d", name=name, node=node, resource_version="3")
    found = judged(state, Gone(11.0, mine("a", deleting=True)), Seen(12.0, fresh), Seen(13.0, ready))
    (added,) = found.phases.added
    assert (found.verdict, found.recovery_time, added.replaces) == ("recovered", 3.0, replaces)


def test_fewer_nodes_than_before_are_inconclusive_for_a_daemonset() -> None:
    state = killed(listed("DaemonSet", workload("DaemonSet"), mine("a"), mine("b"), revision(1, "one")), "a")
    fewer = workload("DaemonSet", replicas=1, updated_replicas=1, resource_version="2")
    found = judged(state, Gone(11.0, mine("a", deleting=True)), Seen(12.0, fewer))
    assert (found.verdict, found.cause_code) == ("inconclusive", "TargetChanged")
    assert "from 2 to 1" in found.cause


def test_the_cause_of_a_statefulset_that_cannot_create_pods_is_its_event() -> None:
    state = killed(listed("StatefulSet", workload("StatefulSet"), mine("a"), mine("b")), "a")
    about = Ref("StatefulSet", "shop", "web", "web")
    refused = Event("shop", "e", "e", "1", about, "Warning", "FailedCreate", "exceeded quota: pods")
    found = judged(state, Gone(11.0, mine("a", deleting=True)), Seen(12.0, refused))
    assert (found.verdict, found.cause_code) == ("not_recovered", "FailedCreate")
    assert "exceeded quota: pods" in found.cause


def test_pods_by_selector_belong_by_the_controllers_that_they_had_at_first() -> None:
    state = listed("Pods", mine("a"), mine("b", owner="else"), expect=2)
    assert unsteady(state) is None
    stranger = mine("c", owner="nobody")
    assert "web-c" not in str(step(state, Seen(2.0, stranger)).target.owned)


@pytest.mark.parametrize(("expect", "why"), [(3, "2 of 3"), (1, "2 pods are there, 1 are expected")])
def test_as_many_pods_as_expected_must_be_there(expect: int, why: str) -> None:
    assert why in unsteady(listed("Pods", mine("a"), mine("b"), expect=expect)).text


def test_pods_by_selector_recover_when_as_many_are_ready_again() -> None:
    state = killed(listed("Pods", mine("a"), mine("b"), expect=2), "a")
    ready = mine("d", resource_version="3")
    found = judged(state, Gone(11.0, mine("a", deleting=True)), Seen(12.0, coming("d")), Seen(13.0, ready))
    assert (found.verdict, found.recovery_time, found.wanted) == ("recovered", 3.0, 2)


@pytest.mark.parametrize("kept", ["OnDelete", "partition 1"])
def test_a_rollout_that_the_update_strategy_holds_back_says_so(kept: str) -> None:
    state = listed("StatefulSet", workload("StatefulSet", template="two", keeps=kept), mine("a"), mine("b", "two"))
    assert (
        unsteady(state).text
        == f"1 of 2 pods of the current template are Ready, and 1 of an old one; {kept} keeps pods of an old template"
    )
