"""Users' own alert rules."""

from typing import Any

import pytest

from kubechaos import AlertRule, Moment
from kubechaos.errors import FaultError
from tests.unit.stories import Story, endpoints, pod

PODS = (pod("a"), pod("b"), pod("c"))


def degraded(moment: Moment) -> bool:
    return moment.ready < moment.wanted


def lost_from_1_to_4(*rules: AlertRule) -> Story:
    """A kill that leaves two of three pods from 1 s to 4 s, then a second loss from 5 s to 5.5 s."""
    story = Story(*PODS, rules=rules).kill("a")
    story.terminates(1.0, "a")
    story.comes(2.0, "d", ready=4.0)
    story.gone(4.5, "a")
    story.unready(5.0, "d")
    story.ready(5.5, "d")
    return story


def test_a_rule_raises_its_alert_when_it_becomes_true() -> None:
    alert = lost_from_1_to_4(AlertRule("Degraded", degraded)).outage().alerts["Degraded"]
    assert (alert.at, alert.seen, alert.severity, alert.object) == (1.0, 1.0, "warning", "deployment/web")


def test_a_rule_raises_its_alert_once() -> None:
    alerts = lost_from_1_to_4(AlertRule("Degraded", degraded, severity="critical")).outage().alerts.all
    assert [alert.severity for alert in alerts if alert.name == "Degraded"] == ["critical"]


def test_a_lasting_rule_raises_its_alert_once_it_has_lasted() -> None:
    alert = lost_from_1_to_4(AlertRule("Degraded", degraded, lasting=2.5)).outage().alerts["Degraded"]
    assert (alert.at, alert.seen) == (1.0, 3.5)


def test_a_rule_that_did_not_last_raises_nothing() -> None:
    assert "Degraded" not in lost_from_1_to_4(AlertRule("Degraded", degraded, lasting=3.25)).outage().alerts


def test_the_time_that_a_rule_has_held_starts_again_after_a_break() -> None:
    def late(moment: Moment) -> bool:
        return moment.ready == 2 and moment.at >= 4.0

    alert = lost_from_1_to_4(AlertRule("Late", late, lasting=0.5)).outage().alerts["Late"]
    assert (alert.at, alert.seen) == (5.0, 5.5)


def test_a_rule_is_called_with_the_moment_of_each_record() -> None:
    moments: list[Moment] = []

    def note(moment: Moment) -> bool:
        moments.append(moment)
        return False

    story = Story(*PODS, endpoints("abc"), rules=[AlertRule("Never", note)])
    assert moments == []
    story.kill("a")
    story.terminates(1.0, "a")
    last = moments[-1]
    assert (last.at, last.ready, last.wanted, last.serving) == (1.0, 2, 3, 2)
    assert [each.name for each in last.pods] == ["web-b", "web-c"]
    assert last.probes == {}


def test_an_exception_in_a_rule_is_an_error_and_never_false() -> None:
    story = Story(rules=[AlertRule("Broken", lambda moment: moment.ready / 0 > 1)])
    with pytest.raises(FaultError, match=r"alert rule 'Broken' raised ZeroDivisionError: division by zero") as raised:
        story.kill("a")
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert raised.value.verdict == "interrupted"


@pytest.mark.parametrize("answer", [None, 1, "no", []])
def test_a_rule_that_gives_no_bool_is_an_error_as_it_may_have_forgotten_its_return(answer: Any) -> None:
    story = Story(rules=[AlertRule("Broken", lambda moment: answer)])
    with pytest.raises(FaultError, match=r"alert rule 'Broken' gives .*: its `when` must return True or False"):
        story.kill("a")


def test_a_test_may_ask_for_the_names_of_its_own_rules() -> None:
    story = Story(rules=[AlertRule("Never", lambda moment: False)]).kill("a", within=1.0)
    alerts = story.outage().alerts
    assert "Never" not in alerts
    with pytest.raises(LookupError, match=r"'Newer'.*Never"):
        assert "Newer" in alerts
