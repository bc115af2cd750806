"""Faults inside of the block of another one: each has a proof of its own, and they share one recovery."""

from kubechaos.effects import Accepted, PodCount, PodsGone
from kubechaos.judge.alerts import Alerts, names
from kubechaos.judge.outage import Outage, outages
from kubechaos.records import Begun, Ended, Lasts
from tests.unit.stories import T0, WEB, Story, new


def prepared() -> Story:
    """A preparing fault is in force."""
    return Story().begin("no_evictions", Accepted(), lasts=Lasts.UNTIL_HEALED)


def ended(story: Story) -> dict[int, Outage]:
    """End the observation when it is time, and return the outage of every fault."""
    end = Ended(max(story.ends + T0, story.state.at))
    story.record(end)
    return outages(story.state, story.limits, Alerts(story.alarm.alerts, names(())), end)


def test_a_preparing_fault_is_proven_by_the_answer_of_the_api_server_alone() -> None:
    story = prepared()
    story.heal(1)
    (outage,) = ended(story).values()
    assert (outage.verdict, outage.proof and (outage.proof.kind, outage.proof.at)) == ("recovered", ("accepted", 0.0))


def test_the_target_may_recover_while_a_preparing_fault_is_in_force() -> None:
    assert prepared().state.health.good


def test_due_is_the_later_of_the_outer_heal_and_the_last_inner_t0() -> None:
    story = prepared()
    story.begin("kill", PodsGone(), "a", at=2, injection=1)
    story.dies(2.25, "a")
    story.see(3, new("d"))
    story.heal(4)
    story.ready(9, "d")
    outer, inner = ended(story).values()
    assert (outer.recovery_time, inner.recovery_time) == (5.0, 5.0)
    assert [each.name for each in inner.victims] == ["web-a"]
    assert outer.victims == ()


def test_an_inner_fault_after_an_instant_one_moves_due() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1, "d", ready=2)
    story.begin("kill", PodsGone(), "b", at=4, injection=1)
    story.dies(4.25, "b")
    story.comes(6, "e", ready=7)
    outer, inner = ended(story).values()
    assert (outer.verdict, outer.recovery_time, inner.recovery_time) == ("recovered", 3.0, 3.0)
    assert (outer.proof and outer.proof.at, inner.proof and inner.proof.at) == (0.75, 4.75)


def test_an_inner_fault_without_proof_makes_the_experiment_fault_not_proven() -> None:
    story = prepared()
    story.begin("scale", PodCount(1), at=2, lasts=Lasts.UNTIL_HEALED, injection=1)
    story.heal(40, injection=1)
    story.heal(41)
    verdicts = {outage.verdict for outage in ended(story).values()}
    assert verdicts == {"fault_not_proven"}


def test_an_inner_fault_that_wrote_nothing_has_no_outage() -> None:
    story = prepared()
    story.record(Begun(T0 + 2, "kill", ("9",), WEB, PodsGone(), Lasts.INSTANT, 60.0, 5.0, "2026-01-01", injection=1))
    story.heal(3)
    assert sorted(ended(story)) == [0]
