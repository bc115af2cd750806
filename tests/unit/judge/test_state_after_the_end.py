"""The facts of an experiment that is over, and the edges of its times."""

from math import inf

import pytest
from msgspec.structs import replace

from kubechaos.judge.recovery import Limits
from kubechaos.records import Delay, Gone
from kubechaos.report import json
from kubechaos.report.text import verdict_line
from tests.unit.stories import T0, Story, deployment, fold, listings, new, pod, replica_set


def test_a_delete_without_effect_leaves_the_target_fully_available() -> None:
    outage = Story().kill("a", within=10.0).outage()
    assert (outage.availability, outage.recovery_time) == (1.0, inf)


def test_a_delete_without_effect_is_no_recovery_even_with_stable_for_zero() -> None:
    outage = Story().kill("a", within=60.0, stable_for=0.0).outage()
    assert outage.verdict == "fault_not_proven"
    assert outage.recovery_time == inf
    assert "RecoveryComplete" not in outage.alerts


def test_a_deployment_that_is_scaled_down_never_recovers_even_with_stable_for_zero() -> None:
    story = Story().kill("a", within=20.0, stable_for=0.0)
    story.dies(0.25, "a")
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=2)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("inconclusive", inf)


def test_the_availability_without_a_recovery_covers_all_of_the_observation() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(1.0, "a")
    story.comes(2.5, "d", ready=3.0)
    story.change(4.0, "web", generation=2, observed_generation=2, replicas=2)
    assert story.outage().availability == pytest.approx((1 + 2 * 2 / 3 + 17) / 20)


def test_a_gap_after_the_stable_window_is_harmless() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.comes(0.5, "d", ready=1.0)
    story.gap("ReplicaSet", 9.0, 10.0)
    story.stops(20.0, "a")
    story.gone(20.5, "a")
    assert story.outage().verdict == "recovered"


def test_zero_on_the_clock_is_a_time_and_not_a_missing_one() -> None:
    state = fold(*[replace(r, at=-1.0) for r in listings(deployment(), replica_set(), pod("a"))])
    state = fold(Gone(0.0, pod("a")), Gone(3.0, pod("a")), state=state)
    assert (state.histories["a"].deleted, state.histories["a"].gone) == (0.0, 0.0)


def test_gaps_and_delays_are_reported_in_seconds_from_t0() -> None:
    story = Story().kill("a", within=10.0)
    story.dies(0.25, "a")
    story.gap("Pod", 1.0, 3.0)
    story.record(Delay(T0 + 4.0, "Pod", T0 + 3.5, "cut"))
    found = json.plain(story.outage())
    assert [(each["since"], each["at"]) for each in found["gaps"]] == [(1.0, 3.0)]
    assert [(each["since"], each["at"]) for each in found["delays"]] == [(3.5, 4.0)]


def test_the_first_line_of_a_late_recovery_names_the_phase_that_cost_the_time() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.see(1.5, new("d", node="node-2"))
    story.ready(41.25, "d")
    story.limits = Limits(5.0, 5.0)
    line = verdict_line(story.outage())
    assert "41.2 s" in line
    assert "39.8 s of it pulling the image" in line


def test_the_first_line_of_a_recovery_without_a_cause_has_no_comma_at_its_end() -> None:
    story = Story(deployment(replicas=2, updated_replicas=2), replica_set(), pod("a"), pod("b"), pod("c")).kill("a")
    story.dies(0.25, "a")
    assert not verdict_line(story.outage()).rstrip().endswith(",")
