"""What is observed is known at once; who listens is told in the same order, by the thread that waits."""

from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubechaos.clock import Monotonic, WallTime
from kubechaos.errors import ForbiddenError, InconclusiveError
from kubechaos.judge.state import State
from kubechaos.kube.objects import Pod
from kubechaos.observe.observation import Observation
from kubechaos.records import Due, Ended, Failed, Gone, Injected, Record, Seen
from tests.unit.stories import T0, deployment, listings, pod, replica_set


class Hurried:
    """Wall time that is up whenever it is looked at again."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.asked * 3600.0


class Heard:
    """A listener of an observation that has opened no stream: records are put by hand, and nothing is waited for."""

    def __init__(self) -> None:
        self.told: list[tuple[Record, State]] = []
        self.wall = Hurried()
        nowhere, wall = cast(Any, None), WallTime(monotonic=self.wall)
        self.observation = Observation(nowhere, nowhere, Monotonic(), lambda *told: self.told.append(told), wall)
        for record in listings(deployment(), replica_set(), pod("a")):
            self.observation.put(record)


def test_a_record_is_known_before_anybody_waits_and_told_once_somebody_does() -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b")))
    assert set(heard.observation.state.target.pods) == {"a", "b"}
    assert heard.told == []
    heard.observation.catch_up()
    assert heard.told[-1] == (Seen(T0, pod("b")), heard.observation.state)


def test_each_record_is_told_with_the_state_that_it_made() -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b")))
    heard.observation.put(Seen(T0 + 1, pod("c")))
    heard.observation.catch_up()
    assert [set(state.target.pods) for _, state in heard.told[-2:]] == [{"a", "b"}, {"a", "b", "c"}]


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


def confirmed(
    monkeypatch: pytest.MonkeyPatch, heard: Heard, pods: list[Pod], version: str, meanwhile: Sequence[Record] = ()
) -> Observation:
    """What is observed after a comparison with a listing of these pods; the stream tells of more while it is asked."""
    observation = heard.observation
    listed = {"Pod": pods, "ReplicaSet": [replica_set()], "Deployment": [deployment()]}

    def page(kind: str) -> Any:
        for record in meanwhile if kind == "Pod" else ():
            observation.put(record)
        return SimpleNamespace(objects=listed[kind], resource_version=version if kind == "Pod" else "1")

    monkeypatch.setattr(observation, "target", SimpleNamespace(ref=SimpleNamespace(kind="Deployment")))
    monkeypatch.setattr(observation, "_page", page)
    assert observation.confirm() == version
    return observation


def test_a_stream_that_is_ahead_of_a_fresh_listing_has_missed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = confirmed(monkeypatch, Heard(), [pod("a")], "1", meanwhile=[Gone(T0, pod("a"))])
    assert not observation.state.gaps


def test_what_the_stream_told_the_end_of_before_the_listing_and_is_listed_again_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard()
    heard.observation.put(Gone(T0, pod("a")))
    with pytest.raises(InconclusiveError, match="the stream never told of web-a at version 1"):
        confirmed(monkeypatch, heard, [pod("a")], "1")


def test_a_stream_that_lags_is_waited_for_as_long_as_it_may_and_then_has_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard()
    heard.observation.catch_up()
    with pytest.raises(InconclusiveError, match=r"Pod events may be missing, .* the stream never told of web-b at"):
        confirmed(monkeypatch, heard, [pod("a"), pod("b")], "1")
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
    monkeypatch: pytest.MonkeyPatch, known: str, listed: str, missing: str
) -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("a", resource_version=known)))
    expected = pytest.raises(InconclusiveError, match=f"never told of {missing}") if missing else nullcontext()
    with expected:
        confirmed(monkeypatch, heard, [pod("a", resource_version=listed)], "20")


@pytest.mark.parametrize(
    ("known", "listing", "missing"),
    [("9", "10", True), ("10", "10", True), ("11", "10", False), ("x", "10", True), ("11", "x", True)],
)
def test_what_is_not_listed_has_ended_unless_it_is_known_to_be_newer_than_the_listing(
    monkeypatch: pytest.MonkeyPatch, known: str, listing: str, missing: bool
) -> None:
    heard = Heard()
    heard.observation.put(Seen(T0, pod("b", resource_version=known)))
    expected = pytest.raises(InconclusiveError, match="the end of web-b") if missing else nullcontext()
    with expected:
        confirmed(monkeypatch, heard, [pod("a")], listing)


def test_states_that_nobody_waits_for_are_not_all_kept_and_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubechaos.observe.observation.KEPT", 1)
    heard = Heard()
    for number, letter in enumerate("bcd"):
        heard.observation.put(Seen(T0 + number, pod(letter)))
    assert heard.observation._pending.qsize() > 3
    heard.observation.catch_up()
    assert heard.told[-1][1] == heard.observation.state
    assert [len(state.target.pods) for _, state in heard.told[-4:]] == [1, 2, 3, 4]


def test_waiting_ends_in_time_though_more_comes_than_can_be_told() -> None:
    heard = Heard()
    heard.observation._listener = lambda *_: heard.observation.put(Seen(T0, pod("b")))
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
