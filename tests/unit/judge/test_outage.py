"""The facts of an outage, as a test asserts on them."""

from math import inf

import pytest
from msgspec.structs import replace

from kubechaos import Outage
from kubechaos.errors import UnknownAlertError, Verdict
from kubechaos.judge.alerts import Alert, Alerts
from kubechaos.judge.builtin_alerts import BUILT_IN
from kubechaos.judge.outage import Proof, outages
from kubechaos.judge.recovery import Limits
from kubechaos.judge.state import State
from kubechaos.judge.verdict import RANK, judge, worst
from kubechaos.records import Ended
from tests.unit.stories import Story, fold, listings, pod


def recovered() -> Outage:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    return story.outage()


def not_recovered() -> Outage:
    story = Story().kill("a", within=7.0)
    story.dies(0.25, "a")
    return story.outage()


def test_the_repr_is_one_line() -> None:
    assert repr(recovered()) == (
        "<Outage kill(1) on deployment/web: recovered in 2.0 s, low 2/3, "
        "alerts [ChaosStarted, ProblemDetected, PodDeleted, RecoveryStarted, RecoveryComplete]>"
    )
    assert repr(not_recovered()).startswith("<Outage kill(1) on deployment/web: not_recovered, low 2/3, alerts [")


def test_the_repr_stays_under_240_characters_whatever_happened() -> None:
    everything = tuple(
        Alert(number, name, "warning", "x", 0.0, 0.0, "") for number, name in enumerate(sorted(BUILT_IN))
    )
    text = repr(replace(recovered(), alerts=Alerts(everything, BUILT_IN)))
    assert len(text) < 240
    assert "\n" not in text
    assert text.endswith(">")


def test_an_outage_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        recovered().verdict = "recovered"  # type: ignore[misc]


def test_the_recovery_time_without_a_recovery_is_infinite() -> None:
    found = not_recovered()
    assert found.recovery_time == inf
    assert not found.recovery_time < 1e9


def test_an_outage_has_the_limits_of_its_experiment() -> None:
    found = not_recovered()
    assert (found.within, found.stable_for, found.hold, found.started) == (7.0, 5.0, None, "2026-01-01")
    assert (found.fault.name, found.fault.args, str(found.fault)) == ("kill", ("1",), "kill(1)")
    assert str(found.target) == "deployment/web"


def test_asking_for_an_alert_that_no_rule_has_names_the_known() -> None:
    alerts = recovered().alerts
    for ask in (
        lambda: alerts["ServiceDwon"],
        lambda: "ServiceDwon" in alerts,
        lambda: "ServiceDwon" not in alerts,
        lambda: alerts.get("ServiceDwon"),
    ):
        with pytest.raises(
            UnknownAlertError, match=r"no alert rule is named 'ServiceDwon'; known: ChaosStarted, Crash"
        ):
            ask()


def test_an_alert_that_was_not_raised_is_a_plain_key_error() -> None:
    alerts = recovered().alerts
    assert "ServiceDown" not in alerts
    assert alerts.get("ServiceDown") is None
    with pytest.raises(KeyError):
        alerts["ServiceDown"]


def test_the_alerts_map_a_name_to_its_first_alert_in_the_order_in_which_they_were_raised() -> None:
    story = Story().kill("ab")
    story.dies(0.25, "b")
    story.dies(1.25, "a")
    alerts = story.outage().alerts
    assert alerts["PodDeleted"].object == "pod/web-b"
    assert [alert.name for alert in alerts.all].count("PodDeleted") == 2
    assert list(alerts)[:3] == ["ChaosStarted", "ProblemDetected", "PodDeleted"]
    assert len(alerts) == len(list(alerts))
    assert repr(alerts).startswith("[ChaosStarted, ProblemDetected, PodDeleted")


def test_the_first_alert_names_the_fault() -> None:
    assert recovered().alerts["ChaosStarted"].object == "deployment/web"
    assert "kill" in recovered().alerts["ChaosStarted"].message


def test_the_availability_without_a_lost_pod_is_one() -> None:
    story = Story().kill("a")
    story.see(0.5, pod("d"))
    story.gone(0.5, "a")
    assert story.outage().availability == 1.0


def test_the_availability_with_more_ready_pods_than_wanted_is_at_most_one() -> None:
    story = Story().kill("a")
    story.see(0.25, pod("d"))
    story.see(0.25, pod("e"))
    story.dies(1.0, "a")
    assert story.outage().availability == 1.0


def test_the_availability_without_a_ready_pod_is_zero() -> None:
    story = Story(pod("a"), pod("b")).kill("ab", within=8.0)
    story.terminates(0.0, "a")
    story.terminates(0.0, "b")
    story.gone(1.0, "a")
    story.gone(1.0, "b")
    found = story.outage()
    assert (found.availability, found.min_ready, found.verdict) == (0.0, 0, "not_recovered")


def test_the_verdict_that_the_run_recorded_wins() -> None:
    story = Story().kill("a")
    story.outage()
    end = Ended(story.state.at, ("Event",), Verdict.INTERRUPTED, "Ctrl-C", "Interrupted")
    (found,) = outages(story.state, story.limits, Alerts((), BUILT_IN), end).values()
    assert (found.verdict, found.cause_code, found.cause) == ("interrupted", "Interrupted", "Ctrl-C")
    assert found.unobserved == ("Event",)


def test_without_an_experiment_there_is_nothing_to_judge() -> None:
    state = fold(*listings(pod("a")))
    for ask in (
        lambda: judge(state, Limits(1.0, 1.0)),
        lambda: outages(State(), Limits(1, 1), Alerts((), BUILT_IN), Ended(1.0)),
    ):
        with pytest.raises(ValueError, match="no experiment"):
            ask()


def test_the_worst_verdict_is_the_verdict_of_the_test() -> None:
    assert worst([]) is None
    for index, word in enumerate(RANK):
        assert worst(list(reversed(RANK[index:]))) == word


def test_the_verdicts_are_ranked_from_not_healed_to_recovered() -> None:
    assert RANK == (
        "not_healed",
        "interrupted",
        "refused",
        "not_steady",
        "inconclusive",
        "fault_not_proven",
        "blocked",
        "not_recovered",
        "recovered",
    )


def test_a_second_experiment_begins_without_the_facts_of_the_first() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    story.change(2.5, "web", generation=2, observed_generation=2)
    assert "TargetChanged" in story.outage().alerts
    story.kill("b", at=32.0)
    story.terminates(32.25, "b")
    story.comes(32.5, "e", ready=33.0)
    story.gone(34.0, "b")
    found = story.outage()
    assert (found.verdict, found.recovery_time, found.min_ready) == ("recovered", 1.0, 2)
    assert found.proof == Proof("gone", 2.0)
    assert [each.name for each in found.victims] == ["web-b"]
    assert [each.name for each in found.phases.added] == ["web-e"]
    assert [each.name for each in found.phases.removed] == ["web-b"]
    assert "TargetChanged" not in found.alerts
