"""Targets that no waiting makes steady: known at once, with the way out."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from kubechaos.judge.cause import why_unsteady
from kubechaos.judge.recovery import never_steady
from kubechaos.judge.state import State, step
from kubechaos.kube.objects import Event, Pod, Ref
from kubechaos.records import Gone, Listed, Opened, Record, Seen
from tests.unit.judge.test_target_state import listed, mine, revision, workload
from tests.unit.stories import CREATING, deployment, fold, listings, new, pod, replica_set


def stateful(*pods: Pod, **fields: Any) -> State:
    """A StatefulSet whose current template is `two`."""
    return listed("StatefulSet", workload("StatefulSet", template="two", **fields), *pods)


def named(ordinal: int, template: str, **fields: Any) -> Pod:
    return mine(str(ordinal), template, **fields)


def test_a_pod_that_on_delete_keeps_is_replaced_by_no_waiting() -> None:
    never = never_steady(stateful(named(0, "one"), named(1, "two"), keeps="OnDelete"))
    assert (never.code, never.text) == (
        "UpdateStrategy",
        "pod web-0 is of an old template, and OnDelete keeps it: delete the pods of the old template, or roll the "
        "template back",
    )


def test_a_daemon_set_is_kept_by_on_delete_too() -> None:
    daemons = workload("DaemonSet", keeps="OnDelete")
    old, current = mine("a", "one"), mine("b", "two")
    assert never_steady(listed("DaemonSet", daemons, revision(1, "one"), revision(2, "two"), old, current))


def test_pods_below_the_partition_are_never_replaced() -> None:
    never = never_steady(stateful(named(0, "one"), named(1, "two"), keeps="partition 1", partition=1))
    assert "partition 1 keeps it: set spec.updateStrategy.rollingUpdate.partition to 0" in never.text


def test_pods_from_the_partition_on_are_being_replaced() -> None:
    assert never_steady(stateful(named(0, "two"), named(1, "one"), keeps="partition 1", partition=1)) is None


def test_on_delete_after_its_rollout_keeps_nothing() -> None:
    assert never_steady(stateful(named(0, "two"), named(1, "two"), keeps="OnDelete")) is None
    assert never_steady(stateful(named(0, "two"), named(1, "two", ready=False), keeps="OnDelete")) is None


def test_an_old_pod_that_is_terminating_already_will_be_replaced() -> None:
    assert never_steady(stateful(named(0, "one", deleting=True), named(1, "two"), keeps="OnDelete")) is None


def test_a_rollout_that_is_paused_goes_on_only_when_it_is_resumed() -> None:
    web = deployment(replicas=2, updated_replicas=1, paused=True)
    sets = (replica_set("old", revision=1), replica_set(revision=2))
    never = never_steady(fold(*listings(web, *sets, pod("a", owner="old"), pod("b"))))
    assert never.text == "the Deployment is paused: kubectl rollout resume deployment/web"


def test_a_workload_that_was_deleted_does_not_come_back() -> None:
    web = deployment(deleting=True)
    state = fold(*listings(web, replica_set(), pod("a")))
    assert never_steady(state).code == "TargetDeleted"
    assert never_steady(step(state, Gone(1.0, web))).code == "TargetDeleted"


@pytest.mark.parametrize("late", [new("c"), pod("c", ready=False)])
def test_what_may_still_come_is_waited_for(late: Pod) -> None:
    assert never_steady(fold(*listings(deployment(), replica_set(), pod("a"), pod("b"), late))) is None


def test_before_everything_is_listed_nothing_is_known() -> None:
    state = step(State(), Opened(0.0, "DaemonSet"))
    state = step(state, Listed(1.0, "DaemonSet", "9", (workload("DaemonSet", keeps="OnDelete"),)))
    state = step(state, Listed(1.0, "Pod", "9", (mine("a"), mine("b"))))
    assert never_steady(state) is None


def test_a_steady_target_is_steady() -> None:
    state = fold(*listings(deployment(), replica_set(), pod("a"), pod("b"), replace(pod("c"), ready=True)))
    assert never_steady(state) is None


def test_a_rollout_that_hangs_says_that_it_is_one_how_many_old_pods_are_ready_and_why_the_new_ones_are_not() -> None:
    web = deployment(updated_replicas=1, generation=2, observed_generation=2)
    old = [pod(letter, owner="old") for letter in "abc"]
    stuck = new("d", node="node-1", not_ready="ContainersNotReady: app", unschedulable="")
    state = fold(*listings(web, replica_set("old", revision=1), replica_set(revision=2), *old, stuck))
    assert state.health.unmet.text == (
        "a rollout is in progress: 0 of 3 pods of the current template are Ready, and 3 of an old one; "
        "pod web-d: ContainersNotReady: app"
    )


def rolling(*late: Record, first: Sequence[Event] = ()) -> str:
    """Why a rollout hangs whose new pod `d` is being created, by Events that are listed first and by later records."""
    web = deployment(updated_replicas=1, generation=2, observed_generation=2)
    stuck = new("d", node="node-1", containers=(CREATING,))
    old = [pod(letter, owner="old") for letter in "abc"]
    kinds = listings(web, replica_set("old", revision=1), replica_set(revision=2), *old, stuck)
    events = Listed(kinds[0].at, "Event", "9", tuple(first))
    return why_unsteady(fold(events, *kinds[:-1], *late)).text


def failed_mount(message: str, last: float, reason: str = "FailedMount") -> Event:
    about = Ref("Pod", "shop", "web-d", "d")
    return Event("shop", message, message, "1", about, type="Warning", reason=reason, message=message, last=last)


def test_a_rollout_that_hung_before_we_looked_is_explained_by_the_last_event_that_was_listed() -> None:
    listed_events = (failed_mount("no volume", 20.0), failed_mount("not attached", 10.0))
    assert rolling(first=listed_events).endswith("3 of an old one; pod web-d: FailedMount: no volume")


def test_a_rollout_is_explained_by_an_event_that_comes_while_it_is_waited_for() -> None:
    assert rolling(Seen(1.0, failed_mount("no volume", 20.0))).endswith("; pod web-d: FailedMount: no volume")


def test_what_the_scheduler_said_is_over_once_a_pod_has_a_node() -> None:
    assert "FailedScheduling" not in rolling(first=[failed_mount("no room", 20.0, reason="FailedScheduling")])
