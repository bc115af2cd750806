"""How long an experiment may take at worst: what pytest-timeout must leave it."""

import re

import pytest

from kubechaos.errors import ArgumentError, RefusedError, TimeoutTooShortError
from kubechaos.faults.fault import Fault
from kubechaos.faults.pods import evict, kill, kill_container
from kubechaos.faults.workloads import rollout_restart, scale
from kubechaos.judge.alerts import AlertRule
from kubechaos.judge.recovery import Limits
from kubechaos.kube.objects import Ref
from kubechaos.run.preflight import Plan, check_rules, check_time, check_unchanged, plan, seconds
from kubechaos.target import Target
from tests.unit.stories import Story, deployment, pod

PODS = (pod("a"), pod("b"), pod("c"))


@pytest.mark.parametrize(
    ("fault", "within", "hold", "needed"),
    [
        (kill(1), 60, 0, 65),
        (kill(1), 20, 0, 40),
        (kill(1, force=True), 5, 0, 10),
        (evict(1), 5, 0, 5 + 40),
        (kill_container(1), 5, 0, 40),
        (rollout_restart(), 5, 0, 30),
        (scale(1), 60, 7, 30 + 7 + 30 + 65),
    ],
)
def test_the_longest_duration_covers_proof_hold_heal_and_recovery(
    fault: Fault, within: float, hold: float, needed: float
) -> None:
    assert seconds(fault, Limits(within, 5), hold, Story().state) == needed


def planned(fault: Fault, *, within: float, grace: float) -> Plan:
    story = Story()
    for letter in "abc":
        story.change(-1, letter, grace=grace)
    target = Target(Ref("Deployment", "shop", "web"))
    return plan(fault, target, Limits(within, 5), None, story.state)


def test_less_time_is_advised_where_the_recovery_takes_it() -> None:
    with pytest.raises(TimeoutTooShortError, match=r"may take 95 s.*timeout\(125\), or ask for less, within="):
        check_time(planned(kill(1), within=90, grace=2), float, 50)


def test_a_long_grace_period_is_named_where_less_time_would_not_help() -> None:
    with pytest.raises(TimeoutTooShortError, match=r"would not help: .*GracePeriodSeconds is 1800") as raised:
        check_time(planned(kill(1), within=30, grace=1800), float, 100)
    assert "timeout(1840)" in str(raised.value)
    check_time(planned(kill(1, force=True), within=30, grace=1800), float, 100)


def test_a_short_grace_period_shortens_a_kill_but_not_a_rollout() -> None:
    story = Story()
    for letter in "abc":
        story.change(-1, letter, grace=1.0)
    assert [seconds(fault, Limits(5, 5), 0, story.state) for fault in (kill(1), rollout_restart())] == [11, 30]


@pytest.mark.parametrize(
    ("fields", "way_out"),
    [({"paused": True}, "kubectl rollout resume"), ({"keeps": "OnDelete"}, "OnDelete keeps pods")],
)
def test_a_fault_that_needs_a_rollout_is_refused_on_a_workload_that_does_none(
    fields: dict[str, object], way_out: str
) -> None:
    story = Story()
    story.change(-1, "web", **fields)
    with pytest.raises(RefusedError, match=way_out):
        plan(rollout_restart(), Target(Ref("Deployment", "shop", "web")), Limits(5, 5), None, story.state)
    assert plan(kill(1), Target(Ref("Deployment", "shop", "web")), Limits(5, 5), None, story.state).seconds > 0


def test_a_target_is_only_hurt_as_it_was_found_steady() -> None:
    found = planned(kill(1), within=20, grace=1)
    story = Story()
    check_unchanged(found, story.state)
    changed = deployment(generation=found.generation + 1, observed_generation=found.generation + 1)
    with pytest.raises(RefusedError, match="was changed by somebody else after it was found steady"):
        check_unchanged(found, Story(*PODS, changed).state)
    story.terminates(1.0, "a")
    with pytest.raises(RefusedError, match=r"was found steady, and is not any more: 2 of 3 pods"):
        check_unchanged(found, story.state)


async def forgetful(moment: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (AlertRule("Thin", lambda moment: True, lasting=float("nan")), "lasting of alert rule 'Thin' is nan"),
        (AlertRule("Thin", lambda moment: True, lasting=float("inf")), "lasting of alert rule 'Thin' is inf"),
        (AlertRule("Thin", lambda moment: True, lasting=-1), "lasting of alert rule 'Thin' is -1"),
        (AlertRule("Thin", forgetful), "when of alert rule 'Thin' is <function forgetful"),  # type: ignore[arg-type]
        (AlertRule("Thin", True), "when of alert rule 'Thin' is True"),  # type: ignore[arg-type]
        (AlertRule("ServiceDown", lambda moment: True), "'ServiceDown', which is taken"),
    ],
)
def test_a_rule_that_could_never_be_right_is_refused(rule: AlertRule, said: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(said)):
        check_rules([rule])
