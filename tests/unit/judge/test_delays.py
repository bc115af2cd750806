"""What was seen late: where that hides whether a recovery was in time, there is no verdict on the target."""

import pytest

from kubechaos.judge.recovery import Limits
from kubechaos.records import Delay
from tests.unit.stories import T0, Story

STOPPED = "kubechaos did not run for 15.0 s"


def delay(since: float, at: float, kind: str = "", why: str = STOPPED, lost: float = 0.0) -> Delay:
    return Delay(T0 + at, kind, T0 + since, why, lost)


def seen_late(*delays: Delay, ready: float = 15.25, within: float = 10.0) -> Story:
    """A kill in a block of 60 s, whose replacement is seen to be Ready so late, with these delays before that."""
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.record(*delays)
    story.comes(max(each.at for each in delays) - T0 + 0.1 if delays else 0.5, "d", ready=ready)
    story.limits = Limits(within, 5.0)
    return story


def test_a_recovery_that_may_have_been_while_we_did_not_run_is_inconclusive() -> None:
    outage = seen_late(delay(0.5, 15.0)).outage()
    assert (outage.verdict, outage.cause_code, outage.recovery_time) == ("inconclusive", "Delay", 15.25)
    assert outage.cause == ("kubechaos did not run between +0.5 s and +15.0 s: the recovery may have been within 10 s")
    assert [(each.kind, each.since, each.at, each.why) for each in outage.delays] == [("", 0.5, 15.0, STOPPED)]


def test_a_broken_stream_hides_a_recovery_as_well() -> None:
    outage = seen_late(delay(0.5, 15.0, "Pod", "connection reset")).outage()
    assert (outage.verdict, outage.cause_code) == ("inconclusive", "Delay")
    assert "Pod events between +0.5 s and +15.0 s came late (connection reset)" in outage.cause


def test_a_stream_that_no_verdict_depends_on_hides_nothing() -> None:
    assert seen_late(delay(0.5, 15.0, "Event")).outage().verdict == "not_recovered"


def test_a_recovery_that_was_seen_to_be_missing_after_the_delay_was_late() -> None:
    outage = seen_late(delay(0.5, 15.0), ready=19.0).outage()
    assert outage.verdict == "not_recovered"
    assert "recovered only after 19.0 s" in outage.cause


def test_a_delay_that_began_when_time_was_up_hides_nothing() -> None:
    assert seen_late(delay(10.0, 15.0)).outage().verdict == "not_recovered"


def test_a_delay_before_the_fault_hides_nothing() -> None:
    story = Story()
    story.record(delay(-15.0, -0.5))
    story.kill("a")
    story.dies(0.25, "a")
    story.comes(1.0, "d", ready=12.0)
    story.limits = Limits(10.0, 5.0)
    assert story.outage().verdict == "not_recovered"


def test_a_recovery_that_was_seen_late_but_in_time_is_one_whose_time_is_an_upper_bound() -> None:
    outage = seen_late(delay(0.5, 15.0), within=60.0).outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 15.25)
    assert outage.cause == "at the latest: kubechaos did not run between +0.5 s and +15.0 s"


def test_a_short_delay_is_not_what_took_the_time() -> None:
    outage = seen_late(delay(8.0, 11.0), ready=12.0, within=60.0).outage()
    assert (outage.verdict, outage.cause_code) == ("recovered", "Creating")


def test_a_recovery_in_the_delay_that_did_not_last_may_have_lasted_long_enough() -> None:
    story = seen_late(delay(0.5, 15.0))
    story.unready(15.5, "d")
    assert story.outage().verdict == "inconclusive"


@pytest.mark.parametrize("ready", [1.25, 5.0])
def test_what_happened_while_the_machine_slept_has_no_known_time(ready: float) -> None:
    outage = seen_late(delay(0.5, 1.0, why="the machine was asleep for 600 s", lost=600.0), ready=ready).outage()
    assert (outage.verdict, outage.cause_code) == ("inconclusive", "Delay")
    assert outage.cause.startswith("the machine was asleep for 600 s between +0.5 s and +1.0 s")


def test_a_machine_that_slept_after_the_recovery_does_not_change_its_time() -> None:
    story = seen_late(ready=2.0)
    story.record(delay(3.0, 3.5, why="the machine was asleep for 600 s", lost=600.0))
    assert story.outage().verdict == "recovered"
