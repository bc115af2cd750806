"""Steady: healthy and not changing for long enough; the time before the listing is taken from the server's clock."""

from math import inf

import pytest

from kubechaos.judge.recovery import steady_at, unsteady
from kubechaos.judge.state import State
from kubechaos.kube.objects import Container
from kubechaos.records import Seen
from tests.unit.stories import CREATING, T0, deployment, fold, listing, listings, new, pod, replica_set

LISTED = T0 - 10
NOW = 1_000_000.0
"""The server's clock at the listing."""


def seen(*ready_since: float, server_time: float = NOW) -> State:
    """Two or more pods, Ready since these server times, and nothing else of note."""
    pods = [pod("abc"[index], ready_since=since) for index, since in enumerate(ready_since)]
    web = deployment(replicas=len(pods), updated_replicas=len(pods))
    return fold(*listings(web, replica_set(), *pods, server_time=server_time))


def looked_at(*objects: object) -> State:
    """The usual Deployment with these objects instead of its own."""
    kinds = {type(each) for each in objects}
    usual = [each for each in (deployment(replicas=2, updated_replicas=2), replica_set()) if type(each) not in kinds]
    return fold(*listings(*usual, *objects))  # type: ignore[arg-type]


def test_pods_that_have_been_ready_long_enough_are_steady_at_once() -> None:
    assert steady_at(seen(NOW - 500, NOW - 6), 5.0) == LISTED


def test_one_second_more_is_waited_for_as_server_times_have_no_fraction() -> None:
    assert steady_at(seen(NOW - 500, NOW - 5), 5.0) == LISTED + 1


def test_the_pod_that_became_ready_last_decides() -> None:
    assert steady_at(seen(NOW - 3, NOW - 500), 5.0) == LISTED + 3


@pytest.mark.parametrize("since", [NOW, NOW - 0.5, NOW + 30])
def test_a_pod_that_became_ready_just_now_must_stay_so_for_all_of_stable_for(since: float) -> None:
    assert steady_at(seen(NOW - 500, since), 5.0) == LISTED + 5


def test_without_a_server_time_all_of_stable_for_is_waited_for() -> None:
    assert steady_at(seen(NOW - 500, NOW - 500, server_time=0.0), 5.0) == LISTED + 5


def test_a_stable_window_that_was_observed_needs_no_second_wait() -> None:
    state = fold(Seen(T0, pod("c", resource_version="2")), state=seen(NOW - 500, NOW - 500))
    assert steady_at(state, 5.0) < T0


def test_a_stable_window_that_begins_while_observed_lasts_all_of_stable_for() -> None:
    broken = fold(Seen(T0, pod("a", resource_version="2", ready=False)), state=seen(NOW - 500, NOW - 500))
    again = pod("a", resource_version="3", ready_since=NOW - 400)
    assert steady_at(fold(Seen(T0 + 1, again), state=broken), 5.0) == T0 + 6


def test_nothing_is_steady_before_everything_is_listed() -> None:
    first = listings(deployment(replicas=1), replica_set(), pod("a"))[:2]
    assert steady_at(fold(*first), 5.0) == inf
    assert unsteady(fold(*first)).text == "not everything has been listed yet"
    assert unsteady(State()).text == "nothing has been listed yet"


def test_events_and_endpoints_are_not_needed_to_be_steady() -> None:
    state = fold(
        listing("Pod", pod("a")),
        listing("Deployment", deployment(replicas=1, updated_replicas=1)),
        listing("ReplicaSet", replica_set()),
    )
    assert unsteady(state) is None


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ((pod("a"),), "1 of 2 pods of the current template are Ready"),
        (
            (pod("a"), pod("b", ready=False, not_ready="ContainersNotReady: app")),
            "1 of 2 pods of the current template are Ready; pod web-b: ContainersNotReady: app",
        ),
        (
            (pod("a"), pod("b", ready=False, containers=(CREATING,))),
            "1 of 2 pods of the current template are Ready; pod web-b: phase Running",
        ),
        (
            (pod("a"), new("b")),
            "1 of 2 pods of the current template are Ready; pod web-b: not scheduled yet",
        ),
        (
            (pod("a"), pod("b", ready=False, containers=(Container("app", state="waiting", reason="ErrImagePull"),))),
            "1 of 2 pods of the current template are Ready; pod web-b: ErrImagePull: app",
        ),
        ((pod("a"), pod("b"), pod("c", deleting=True)), "pod web-c is terminating"),
        ((pod("a", deleting=True), pod("b")), "1 of 2 pods of the current template are Ready"),
    ],
)
def test_the_reason_for_not_steady_names_the_pod(objects: tuple[object, ...], why: str) -> None:
    assert (unsteady(looked_at(*objects)).text, steady_at(looked_at(*objects), 5.0)) == (why, inf)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"generation": 2}, "its controller has not observed generation 2"),
        ({"deleting": True}, "the Deployment has been deleted"),
        ({"updated_replicas": 1}, "a rollout is in progress: 1 of 2 replicas are updated"),
        ({"replicas": 0}, "0 replicas are wanted"),
    ],
)
def test_the_reason_for_not_steady_names_the_state_of_the_deployment(fields: dict[str, object], why: str) -> None:
    web = deployment(**{"replicas": 2, "updated_replicas": 2, **fields})
    assert unsteady(looked_at(web, pod("a"), pod("b"))).text == why


def test_a_pod_of_an_old_template_is_a_rollout_in_progress() -> None:
    web = deployment(replicas=2, updated_replicas=2)
    pods = (pod("a"), pod("b"), pod("c", owner="old"))
    state = fold(*listings(web, replica_set("old", revision=1), replica_set(revision=2), *pods))
    assert unsteady(state).text == "a rollout is in progress: pod web-c is of an old template"


def test_a_rollout_whose_new_pods_are_not_ready_is_not_steady() -> None:
    web = deployment(replicas=2, updated_replicas=1, generation=2, observed_generation=2)
    pods = (pod("a", owner="old"), pod("b", owner="old"), new("c"))
    state = fold(*listings(web, replica_set("old", revision=1), replica_set(revision=2), *pods))
    assert unsteady(state).text == (
        "a rollout is in progress: 0 of 2 pods of the current template are Ready, and 2 of an old one; "
        "pod web-c: not scheduled yet"
    )


def test_a_deployment_without_any_replica_set_is_not_steady() -> None:
    state = fold(*listings(deployment(), pod("a"), pod("b"), pod("c")))
    assert unsteady(state).text == "0 of 3 pods of the current template are Ready"


def test_a_deployment_that_is_not_there_is_not_steady() -> None:
    assert unsteady(fold(*listings(pod("a")))).text == "the Deployment has been deleted"


def test_a_terminating_pod_of_another_owner_does_not_keep_the_target_from_being_steady() -> None:
    assert unsteady(looked_at(pod("a"), pod("b"), pod("z", owner="other", deleting=True))) is None


def test_more_ready_pods_than_wanted_are_healthy() -> None:
    assert unsteady(looked_at(pod("a"), pod("b"), pod("c"))) is None


def test_the_reason_for_not_steady_says_why_pods_cannot_be_created() -> None:
    objects = (deployment(replicas=1, updated_replicas=1), replica_set(failure="exceeded quota: pods"))
    assert unsteady(fold(*listings(*objects))).text.endswith("; FailedCreate: exceeded quota: pods")


def test_a_paused_deployment_is_steady_as_it_replaces_its_pods() -> None:
    web = deployment(replicas=2, updated_replicas=2, paused=True)
    assert unsteady(looked_at(web, pod("a"), pod("b"))) is None
