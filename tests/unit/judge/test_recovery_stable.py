"""The stable window: a recovery must last."""

from math import inf

import pytest

from kubechaos.kube.objects import Container
from kubechaos.plugin.options import OPTIONS
from tests.unit.stories import CREATING, Story


def flapping(story: Story, letter: str, *times: float) -> None:
    """A pod loses and regains its readiness in turn."""
    for index, at in enumerate(times):
        (story.ready if index % 2 else story.unready)(at, letter)


def recovering(**limits: float) -> Story:
    """A kill whose replacement is Ready after two seconds."""
    story = Story().kill("a", **limits)
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    return story


def test_a_recovery_must_last() -> None:
    story = recovering(stable_for=5.0)
    assert story.ends == 7.0
    assert story.outage().alerts["RecoveryComplete"].seen == 7.0


def test_the_recovery_time_ends_where_the_last_stable_window_begins() -> None:
    story = recovering()
    flapping(story, "d", 3.0, 4.0, 6.0, 9.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.alerts["RecoveryComplete"].at) == ("recovered", 9.0, 9.0)
    assert outage.availability == pytest.approx((0.25 * 3 + 1.75 * 2 + 1 * 3 + 1 * 2 + 2 * 3 + 3 * 2) / (9 * 3))


def test_a_survivor_that_loses_its_readiness_breaks_the_stable_window() -> None:
    story = recovering()
    flapping(story, "b", 3.0, 4.0)
    outage = story.outage()
    assert (outage.recovery_time, outage.min_ready) == (4.0, 2)


def test_a_flapping_pod_is_no_recovery_and_the_cause_names_it() -> None:
    story = recovering(within=20.0)
    flapping(story, "d", *range(3, 19))
    story.unready(19.0, "d", containers=(CREATING,))
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("not_recovered", inf)
    assert outage.cause.startswith("pod web-d lost its readiness 9 times; now ")
    assert "RecoveryComplete" not in outage.alerts


def test_a_stable_window_that_begins_in_time_may_end_after_it() -> None:
    story = recovering(within=4.0)
    flapping(story, "d", 3.0, 3.5)
    assert story.ends == 8.5
    assert story.outage().verdict == "recovered"


def test_a_stable_window_that_breaks_after_within_is_the_last() -> None:
    story = recovering(within=4.0)
    story.unready(6.0, "d")
    assert story.ends == 4.0
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("not_recovered", inf)


def test_a_target_may_ask_for_no_stable_time_at_all() -> None:
    story = recovering(stable_for=0.0)
    assert story.ends == 2.0
    assert story.outage().recovery_time == 2.0


def test_without_a_stable_window_the_observation_ends_when_within_is_over() -> None:
    story = Story().kill("a", within=30.0)
    story.dies(0.25, "a")
    assert story.ends == 30.0
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("not_recovered", inf)
    assert outage.availability == pytest.approx((0.25 * 3 + 29.75 * 2) / 90)


def test_a_first_ready_pod_on_another_node_counts() -> None:
    assert recovering().outage().phases.added[0].node == "node-2"


def test_readiness_that_is_lost_once_is_no_flapping() -> None:
    story = recovering(within=10.0)
    story.unready(3.0, "d")
    assert story.outage().cause == ("2 of 3 pods of the current template are Ready; pod web-d: ContainersNotReady: app")


DEFAULT = float(next(option.default for option in OPTIONS if option.name == "stable-for"))


def test_a_replacement_that_dies_nine_seconds_after_its_start_is_red_with_the_default_window() -> None:
    story = recovering(stable_for=DEFAULT, within=20.0)
    crashed = Container("app", state="waiting", reason="CrashLoopBackOff", last_exit_code=4, last_reason="Error")
    for start in (2.0, 12.0):
        story.ready(start, "d")
        story.unready(start + 9.0, "d", containers=(crashed,))
    outage = story.outage()
    assert (outage.verdict, outage.cause_code) == ("not_recovered", "CrashLoopBackOff")


def test_a_result_says_how_long_the_slowest_liveness_probe_of_the_target_needs() -> None:
    story = recovering()
    story.change(2.5, "web", liveness_fails_after=30)
    assert story.outage().liveness_fails_after == 30
    assert recovering().outage().liveness_fails_after == 0
