"""Gaps and delays of a stream, and records that are old, late or come twice."""

import pytest

from kubechaos.records import Delay, Gap, Record, Seen
from tests.unit.stories import T0, Story, fold, listings, pod


def recovered() -> Story:
    """A kill that is followed by a recovery after two seconds."""
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    return story


@pytest.mark.parametrize("kind", ["Pod", "Deployment", "ReplicaSet"])
def test_a_gap_within_the_experiment_makes_it_inconclusive(kind: str) -> None:
    story = recovered()
    story.gap(kind, 1.0, 3.0)
    outage = story.outage()
    assert outage.verdict == "inconclusive"
    assert outage.cause_code == "Gap"
    assert outage.cause == f"{kind} events between +1.0 s and +3.0 s may be missing: 410 Gone"
    assert [gap.kind for gap in outage.gaps] == [kind]


def test_a_gap_that_reaches_into_the_experiment_makes_it_inconclusive() -> None:
    story = recovered()
    story.gap("Pod", -3.0, 2.5)
    assert story.outage().verdict == "inconclusive"


def test_a_gap_is_worse_than_a_missing_proof_or_recovery() -> None:
    story = Story().kill("a", within=1.0)
    story.gap("Pod", 0.5, 1.0)
    assert story.outage().verdict == "inconclusive"


def test_a_gap_before_the_kill_is_harmless() -> None:
    story = Story()
    story.gap("Pod", -5.0, -4.0)
    story.kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    outage = story.outage()
    assert (outage.verdict, outage.gaps) == ("recovered", ())


@pytest.mark.parametrize("kind", ["Event", "EndpointSlice"])
def test_a_gap_of_a_best_effort_kind_is_recorded_and_harmless(kind: str) -> None:
    story = recovered()
    story.gap(kind, 1.0, 3.0)
    outage = story.outage()
    assert (outage.verdict, len(outage.gaps)) == ("recovered", 1)


def test_a_delay_is_recorded_and_harmless() -> None:
    story = recovered()
    story.record(Delay(T0 + 3.0, "Pod", T0 + 1.0, "connection reset"))
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, len(outage.delays)) == ("recovered", 2.0, 1)


def test_a_delay_before_the_kill_is_not_reported() -> None:
    story = Story()
    story.record(Delay(T0 - 3.0, "Pod", T0 - 4.0, "connection reset"))
    assert story.kill("a", within=1.0).outage().delays == ()


def test_an_object_that_a_relist_shows_counts_like_one_of_the_stream() -> None:
    state = fold(*listings(pod("a")), Seen(T0, pod("b", resource_version="2"), inferred=True))
    assert set(state.target.pods) == {"a", "b"}


def test_an_older_version_does_not_undo_a_newer_one() -> None:
    newer, older = pod("a", resource_version="100", ready=False), pod("a", resource_version="99")
    state = fold(*listings(pod("a")), Seen(T0, newer), Seen(T0 + 1, older))
    assert state.target.pods["a"] == newer


def test_versions_are_compared_as_numbers() -> None:
    state = fold(*listings(pod("a", resource_version="9")), Seen(T0, pod("a", resource_version="10", ready=False)))
    assert not state.target.pods["a"].ready


def test_an_event_that_comes_twice_changes_nothing() -> None:
    story = recovered()
    before = story.state
    last: Record = Seen(T0 + 2.0, before.target.pods["d"])
    assert fold(last, last, state=before) == before


def test_a_late_record_keeps_its_time_and_does_not_set_the_time_of_the_run_back() -> None:
    state = fold(*listings(pod("a")), Seen(T0, pod("b")), Seen(T0 - 5, pod("c")))
    assert state.at == T0
    assert state.histories["c"].created == T0 - 5


def test_gaps_and_delays_are_kept_in_order() -> None:
    first, second = Gap(T0, "Pod", T0 - 1, "one"), Gap(T0 + 1, "Pod", T0, "two")
    assert fold(first, second).gaps == (first, second)
