"""A record changes the state at once; the listener gets it in the same order, from the thread that waits."""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, cast

import pytest

from kubechaos.clock import Monotonic, WallTime
from kubechaos.errors import ForbiddenError, InconclusiveError
from kubechaos.judge.state import State
from kubechaos.kube.objects import Observed, Pod, Ref
from kubechaos.observe.observation import Observation
from kubechaos.records import Due, Ended, Failed, Gone, Injected, Record, Seen
from kubechaos.target import Target
from tests.unit.stories import T0, deployment, listings, pod, replica_set


class TimeIsUp:
    """Wall time that is up whenever it is looked at again."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.asked * 3600.0


class Subscriber:
    """A listener of an observation that has opened no stream: records are put by hand, and nothing is waited for.

    It is its client, too: it lists `listed`, by the last part of the path, at the version `version`.
    """

    def __init__(self) -> None:
        self.delivered: list[tuple[Record, State]] = []
        self.also: Callable[[], object] = lambda: None
        self.wall = TimeIsUp()
        self.version = "1"
        self.listed: dict[str, Sequence[Observed]] = {"replicasets": [replica_set()], "deployments": [deployment()]}
        self.meanwhile: Sequence[Record] = ()
        target, wall = Target(Ref("Deployment", "shop", "web"), 2), WallTime(monotonic=self.wall)
        self.observation = Observation(cast(Any, self), target, Monotonic(), self.handle, wall)
        for record in listings(deployment(), replica_set(), pod("a")):
            self.observation.put(record)

    def handle(self, record: Record, state: State) -> None:
        """Take a delivered record."""
        self.delivered.append((record, state))
        self.also()

    def get(self, path: str, query: object) -> bytes:
        """List objects; the records of `meanwhile` arrive before the listing of the pods."""
        resource = path.rpartition("/")[2]
        for record in self.meanwhile if resource == "pods" else ():
            self.observation.put(record)
        items = [{"metadata": _metadata(each)} for each in self.listed[resource]]
        version = self.version if resource == "pods" else "1"
        return json.dumps({"metadata": {"resourceVersion": version}, "items": items}).encode()


def _metadata(listed: Observed) -> dict[str, str]:
    return {"name": listed.name, "uid": listed.uid, "resourceVersion": listed.resource_version}


def test_a_record_changes_the_state_at_once_and_is_delivered_by_the_next_wait() -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Seen(T0, pod("b")))
    assert set(subscriber.observation.state.target.pods) == {"a", "b"}
    assert subscriber.delivered == []
    subscriber.observation.catch_up()
    assert subscriber.delivered[-1] == (Seen(T0, pod("b")), subscriber.observation.state)


def test_each_record_is_delivered_with_the_state_right_after_it() -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Seen(T0, pod("b")))
    subscriber.observation.put(Seen(T0 + 1, pod("c")))
    subscriber.observation.catch_up()
    assert [set(state.target.pods) for _, state in subscriber.delivered[-2:]] == [{"a", "b"}, {"a", "b", "c"}]


def test_our_own_record_is_delivered_after_all_that_arrived_before_it() -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Seen(T0, pod("b")))
    subscriber.observation.put_own(Due(T0))
    assert [type(record) for record, _ in subscriber.delivered[-2:]] == [Seen, Due]


def test_the_error_of_a_failed_stream_is_raised_by_the_wait_after_its_records() -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Seen(T0, pod("b")))
    subscriber.observation.put(Failed(T0 + 1, "Pod", ForbiddenError("no longer")))
    with pytest.raises(InconclusiveError, match="the Pod stream ended: no longer"):
        subscriber.observation.catch_up()
    assert subscriber.delivered[-1][0] == Seen(T0, pod("b"))


def test_a_best_effort_stream_that_is_forbidden_is_reported_as_unobserved() -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Failed(T0 + 1, "Event", ForbiddenError("not yours")))
    subscriber.observation.catch_up()
    assert subscriber.observation.unobserved == ("Event",)


def confirmed(subscriber: Subscriber, pods: list[Pod], version: str, meanwhile: Sequence[Record] = ()) -> Observation:
    """Return the observation after a comparison with a listing of these pods; `meanwhile` arrives during it."""
    subscriber.listed["pods"], subscriber.version, subscriber.meanwhile = pods, version, meanwhile
    assert subscriber.observation.confirm() == version
    return subscriber.observation


def test_a_stream_that_is_ahead_of_a_fresh_listing_has_missed_nothing() -> None:
    observation = confirmed(Subscriber(), [pod("a")], "1", meanwhile=[Gone(T0, pod("a"))])
    assert not observation.state.gaps


def test_a_pod_that_ended_before_the_listing_and_is_listed_is_missing() -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Gone(T0, pod("a")))
    with pytest.raises(InconclusiveError, match="the stream never showed web-a at version 1"):
        confirmed(subscriber, [pod("a")], "1")


def test_a_stream_that_lags_longer_than_it_may_has_a_gap() -> None:
    subscriber = Subscriber()
    subscriber.observation.catch_up()
    with pytest.raises(InconclusiveError, match=r"Pod events may be missing, .* the stream never showed web-b at"):
        confirmed(subscriber, [pod("a"), pod("b")], "1")
    # The heartbeat when it is made, and before the comparison; when it may lag no longer, and whether that is now.
    assert subscriber.wall.asked == 4
    assert [gap.kind for gap in subscriber.observation.state.gaps] == ["Pod"]


@pytest.mark.parametrize(
    ("known", "listed", "missing"),
    [
        ("9", "10", "web-a at version 10"),
        ("10", "9", ""),
        ("10", "10", ""),
        ("x", "x", ""),
        ("x", "y", "web-a at version y"),
        ("x", "10", "web-a at version 10"),
        ("10", "x", "web-a at version x"),
        ("007", "5", "web-a at version 5"),
    ],
)
def test_a_stream_is_taken_to_be_behind_unless_its_version_is_known_to_be_no_older(
    known: str, listed: str, missing: str
) -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Seen(T0, pod("a", resource_version=known)))
    expected = pytest.raises(InconclusiveError, match=f"never showed {missing}") if missing else nullcontext()
    with expected:
        confirmed(subscriber, [pod("a", resource_version=listed)], "20")


@pytest.mark.parametrize(
    ("known", "listing", "missing"),
    [("9", "10", True), ("10", "10", True), ("11", "10", False), ("x", "10", True), ("11", "x", True)],
)
def test_a_pod_that_is_not_listed_has_ended_unless_it_is_newer_than_the_listing(
    known: str, listing: str, missing: bool
) -> None:
    subscriber = Subscriber()
    subscriber.observation.put(Seen(T0, pod("b", resource_version=known)))
    expected = pytest.raises(InconclusiveError, match="the end of web-b") if missing else nullcontext()
    with expected:
        confirmed(subscriber, [pod("a")], listing)


def test_beyond_the_limit_states_are_not_kept_but_folded_again_on_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubechaos.observe.observation.KEPT_STATES", 1)
    subscriber = Subscriber()
    for number, letter in enumerate("bcd"):
        subscriber.observation.put(Seen(T0 + number, pod(letter)))
    assert subscriber.delivered == []
    subscriber.observation.catch_up()
    assert subscriber.delivered[-1][1] == subscriber.observation.state
    assert [len(state.target.pods) for _, state in subscriber.delivered[-4:]] == [1, 2, 3, 4]


def test_waiting_ends_in_time_though_records_arrive_faster_than_they_are_delivered() -> None:
    subscriber = Subscriber()
    subscriber.also = lambda: subscriber.observation.put(Seen(T0, pod("b")))
    assert subscriber.observation.wait(lambda state: 0.0) is subscriber.observation.state


def test_streams_that_fail_together_raise_once_and_the_end_can_still_be_recorded() -> None:
    subscriber = Subscriber()
    for kind in ("Pod", "ReplicaSet", "Deployment"):
        subscriber.observation.put(Failed(T0, kind, ForbiddenError("no longer")))
    with pytest.raises(InconclusiveError, match="the Pod stream ended"):
        subscriber.observation.put_own(Injected(T0))
    subscriber.observation.put_own(Ended(T0))
    assert subscriber.delivered[-1][0] == Ended(T0)
    with pytest.raises(InconclusiveError, match="the Pod stream ended"):
        subscriber.observation.confirm()
