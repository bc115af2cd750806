"""What is observed is known at once; who listens is told in the same order, by the thread that waits."""

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

from .worlds import T0, deployment, listings, pod, replica_set


class Hurried:
    """Wall time that is up whenever it is looked at again."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.asked * 3600.0


class Heard:
    """A listener of an observation that has opened no stream: records are put by hand, and nothing is waited for.

    It is its client, too: what it lists is `listed`, by the last word of the path, at the version `version`.
    """

    def __init__(self) -> None:
        self.told: list[tuple[Record, State]] = []
        self.also: Callable[[], object] = lambda: None
        self.wall = Hurried()
        self.version = "1"
        self.listed: dict[str, Sequence[Observed]] = {"replicasets": [replica_set()], "deployments": [deployment()]}
        self.meanwhile: Sequence[Record] = ()
        target, wall = Target(Ref("Deployment", "shop", "web"), 2), WallTime(monotonic=self.wall)
        self.observation = Observation(cast(Any, self), target, Monotonic(), self.hear, wall)
        for record in listings(deployment(), replica_set(), pod("a")):
            self.observation.put(record)

    def hear(self, record: Record, state: State) -> None:
        """Be told of a record."""
        self.told.append((record, state))
        self.also()

    def get(self, path: str, query: object) -> bytes:
        """List objects; what the stream tells of meanwhile is there before the pods are."""
        resource = path.rpartition("/")[2]
        for record in self.meanwhile if resource == "pods" else ():
            self.observation.put(record)
        items = [{"metadata": _metadata(each)} for each in self.listed[resource]]
        version = self.version if resource == "pods" else "1"
        return json.dumps({"metadata": {"resourceVersion": version}, "items": items}).encode()


def _metadata(listed: Observed) -> dict[str, str]:
    return {"name": listed.name, "uid": listed.uid, "resourceVersion": listed.resource_version}


def test_a_record_is_known_before_anybody_waits_and_told_once_somebody_does() -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b")))
    assert set(heard.observation.state.world.pods) == {"a", "b"}
    assert heard.told == []
    heard.observation.catch_up()
    assert heard.told[-1] == (Seen(T0, pod("b")), heard.observation.state)


def test_each_record_is_told_with_the_state_that_it_made() -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b")))
    heard.observation.put(Seen(T0 + 1, pod("c")))
    heard.observation.catch_up()
    assert [set(state.world.pods) for _, state in heard.told[-2:]] == [{"a", "b"}, {"a", "b", "c"}]


def test_a_mark_is_told_after_all_that_came_before_it() -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b")))
    heard.observation.put_own(Due(T0))
    assert [type(record) for record, _ in heard.told[-2:]] == [Seen, Due]


def test_a_stream_that_failed_is_raised_where_somebody_waits_after_what_it_told() -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b")))
    heard.observation.put(Failed(T0 + 1, "Pod", ForbiddenError("no longer")))
    with pytest.raises(InconclusiveError, match="the Pod stream ended: no longer"):
        heard.observation.catch_up()
    assert heard.told[-1][0] == Seen(T0, pod("b"))


def test_without_colour_the_observation_goes_on_and_says_so() -> None:
    heard = Heard()
    heard.observation.put(Failed(T0 + 1, "Event", ForbiddenError("not yours")))
    heard.observation.catch_up()
    assert heard.observation.unobserved == ("Event",)


def confirmed(heard: Heard, pods: list[Pod], version: str, meanwhile: Sequence[Record] = ()) -> Observation:
    """What is observed after a comparison with a listing of these pods; the stream tells of more while it is asked."""
    heard.listed["pods"], heard.version, heard.meanwhile = pods, version, meanwhile
    assert heard.observation.confirm() == version
    return heard.observation


def test_a_stream_that_is_ahead_of_a_fresh_listing_has_missed_nothing() -> None:
    observation = confirmed(Heard(), [pod("a")], "1", meanwhile=[Gone(T0, pod("a"))])
    assert not observation.state.gaps


def test_what_the_stream_told_the_end_of_before_the_listing_and_is_listed_again_is_missing() -> None:
    heard = Heard()
    heard.observation.put(Gone(T0, pod("a")))
    with pytest.raises(InconclusiveError, match="the stream never told of web-a at version 1"):
        confirmed(heard, [pod("a")], "1")


def test_a_stream_that_lags_is_waited_for_as_long_as_it_may_and_then_has_a_gap() -> None:
    heard = Heard()
    heard.observation.catch_up()
    with pytest.raises(InconclusiveError, match=r"Pod events may be missing, .* the stream never told of web-b at"):
        confirmed(heard, [pod("a"), pod("b")], "1")
    assert heard.wall.asked == 2  # when it may lag no longer, and whether that is now
    assert [gap.kind for gap in heard.observation.state.gaps] == ["Pod"]


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
    heard = Heard()
    heard.observation.put(Seen(T0, pod("a", resource_version=known)))
    expected = pytest.raises(InconclusiveError, match=f"never told of {missing}") if missing else nullcontext()
    with expected:
        confirmed(heard, [pod("a", resource_version=listed)], "20")


@pytest.mark.parametrize(
    ("known", "listing", "missing"),
    [("9", "10", True), ("10", "10", True), ("11", "10", False), ("x", "10", True), ("11", "x", True)],
)
def test_what_is_not_listed_has_ended_unless_it_is_known_to_be_newer_than_the_listing(
    known: str, listing: str, missing: bool
) -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b", resource_version=known)))
    expected = pytest.raises(InconclusiveError, match="the end of web-b") if missing else nullcontext()
    with expected:
        confirmed(heard, [pod("a")], listing)


def test_states_that_nobody_waits_for_are_not_all_kept_and_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubechaos.observe.observation.KEPT", 1)
    heard = Heard()
    for number, letter in enumerate("bcd"):
        heard.observation.put(Seen(T0 + number, pod(letter)))
    assert heard.told == []
    heard.observation.catch_up()
    assert heard.told[-1][1] == heard.observation.state
    assert [len(state.world.pods) for _, state in heard.told[-4:]] == [1, 2, 3, 4]


def test_waiting_ends_in_time_though_more_comes_than_can_be_told() -> None:
    heard = Heard()
    heard.also = lambda: heard.observation.put(Seen(T0, pod("b")))
    assert heard.observation.wait(lambda state: 0.0) is heard.observation.state


def test_streams_that_fail_together_are_one_failure_and_the_end_can_still_be_marked() -> None:
    heard = Heard()
    for kind in ("Pod", "ReplicaSet", "Deployment"):
        heard.observation.put(Failed(T0, kind, ForbiddenError("no longer")))
    with pytest.raises(InconclusiveError, match="the Pod stream ended"):
        heard.observation.put_own(Injected(T0))
    heard.observation.put_own(Ended(T0))
    assert heard.told[-1][0] == Ended(T0)
    with pytest.raises(InconclusiveError, match="the Pod stream ended"):
        heard.observation.confirm()
