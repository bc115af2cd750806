"""What evictions wait for disruption budgets is no part of the recovery time, and is reported."""

import pytest

from kubechaos.effects import PodsGone
from kubechaos.judge.recovery import Limits
from kubechaos.records import Answered, Begun, Blocked, Chosen, Due, Injected, Intended, Lasts
from tests.unit.stories import T0, WEB, Story


def evicting(victims: str, *, before: float = 0.0) -> Story:
    """Two evictions are begun; the first waits for so many seconds and is accepted at 0 s."""
    story = Story()
    story.record(Begun(T0 - before, "evict", ("2",), WEB, PodsGone(), Lasts.INSTANT, 60, 5, "2026-01-01"))
    for letter in victims:
        story.record(Chosen(T0 - before, letter))
    if before:
        story.record(Blocked(T0, before))
    evicted(story, 0)
    story.record(Injected(T0), Answered(T0, "POST", WEB, True))
    return story


def evicted(story: Story, at: float) -> None:
    story.record(Intended(T0 + at, "POST", WEB))


def test_a_wait_before_the_first_eviction_is_before_t0() -> None:
    story = evicting("a", before=20)
    story.record(Due(T0))
    story.dies(0.1, "a")
    story.comes(0.2, "d", ready=3)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.blocked_for) == ("recovered", pytest.approx(3), 20)


def test_a_wait_between_two_evictions_moves_when_recovery_is_owed() -> None:
    story = evicting("ab")
    story.dies(0.1, "a")
    story.comes(0.2, "d", ready=3)
    story.record(Blocked(T0 + 3.5, 3.5))
    evicted(story, 3.5)
    story.record(Due(T0 + 3.5))
    story.dies(3.6, "b")
    story.comes(3.7, "e", ready=6.5)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.blocked_for) == ("recovered", pytest.approx(3), 3.5)


def test_the_last_victim_has_its_proof_deadline_from_its_own_eviction() -> None:
    story = evicting("ab")
    story.dies(0.1, "a")
    story.comes(0.2, "d", ready=3)
    story.record(Blocked(T0 + 30, 30))
    evicted(story, 30)
    story.record(Due(T0 + 30))
    story.limits = Limits(5.0, 5.0)
    assert story.ends == 30 + PodsGone().deadline([30])
