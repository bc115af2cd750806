"""What is observed is known at once; who listens is told in the same order, by the thread that waits."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubechaos.clock import Monotonic
from kubechaos.errors import ForbiddenError, InconclusiveError
from kubechaos.judge.timeline import State
from kubechaos.observe.observation import Observation
from kubechaos.records import Due, Ended, Failed, Gone, Injected, Record, Seen

from .worlds import T0, deployment, listings, pod, replica_set


class Heard:
    """A listener of an observation that has opened no stream: records are put by hand."""

    def __init__(self) -> None:
        self.told: list[tuple[Record, State]] = []
        nowhere = cast(Any, None)
        self.observation = Observation(nowhere, nowhere, Monotonic(), lambda *told: self.told.append(told))
        for record in listings(deployment(), replica_set(), pod("a")):
            self.observation.put(record)


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


def test_a_stream_that_is_ahead_of_a_fresh_listing_has_missed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = Heard().observation
    listed = {"Pod": [pod("a")], "ReplicaSet": [replica_set()], "Deployment": [deployment()]}

    def page(kind: str) -> Any:
        if kind == "Pod":
            observation.put(Gone(T0, pod("a")))
        return SimpleNamespace(objects=listed[kind], resource_version="1")

    monkeypatch.setattr(observation, "target", SimpleNamespace(ref=SimpleNamespace(kind="Deployment")))
    monkeypatch.setattr(observation, "_page", page)
    observation.confirm()
    assert not observation.state.gaps


def test_what_the_stream_told_the_end_of_before_the_listing_and_is_listed_again_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    observation = Heard().observation
    observation.put(Gone(T0, pod("a")))
    listed = {"Pod": [pod("a")], "ReplicaSet": [replica_set()], "Deployment": [deployment()]}
    monkeypatch.setattr(observation, "target", SimpleNamespace(ref=SimpleNamespace(kind="Deployment")))
    monkeypatch.setattr(observation, "_page", lambda kind: SimpleNamespace(objects=listed[kind], resource_version="1"))
    monkeypatch.setattr("kubechaos.observe.observation.CATCH_UP", 0.0)
    with pytest.raises(InconclusiveError, match="the stream never told of web-a at version 1"):
        observation.confirm()


def test_states_that_nobody_waits_for_are_not_all_kept_and_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubechaos.observe.observation.KEPT", 1)
    heard = Heard()
    for number, letter in enumerate("bcd"):
        heard.observation.put(Seen(T0 + number, pod(letter)))
    assert heard.observation._untold.qsize() > 3
    heard.observation.catch_up()
    assert heard.told[-1][1] == heard.observation.state
    assert [len(state.world.pods) for _, state in heard.told[-4:]] == [1, 2, 3, 4]


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
