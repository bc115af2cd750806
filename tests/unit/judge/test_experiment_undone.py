"""A held fault that somebody else undoes: inconclusive, with who and when, and no recovery time."""

from math import inf

import pytest

from kubechaos.changes import Outcome
from kubechaos.effects import PodCount, PodsGone
from kubechaos.judge.outage import Outage
from kubechaos.kube.objects import Ref
from kubechaos.records import Lasts, Undone
from tests.unit.stories import T0, WEB, Story

SERVICE = Ref("Service", "shop", "web")


def scaled() -> Story:
    """scale(1) is in force: web-a is left."""
    story = Story().begin("scale", PodCount(1), lasts=Lasts.UNTIL_HEALED, generation=2)
    story.change(0.1, "web", generation=2, observed_generation=2, replicas=1)
    story.dies(0.25, "b")
    story.dies(1.5, "c")
    return story


def put_back(story: Story, at: float, replicas: int = 3, by: str = "") -> None:
    """Somebody scales to this number, and the pods come."""
    story.change(at, "web", generation=3, observed_generation=3, replicas=replicas, scaled_by=by)
    for letter in "def"[: replicas - 1]:
        story.comes(at + 0.25, letter, ready=at + 1.0)


def undone(story: Story, at: float, outcome: Outcome, ref: Ref = WEB) -> None:
    """The heal has found this."""
    story.record(Undone(T0 + at, ref, outcome))


def healed(story: Story, at: float, outcome: Outcome = Outcome.ALREADY) -> Outage:
    """The heal finds that there is nothing to write."""
    undone(story, at, outcome)
    story.heal(at)
    return story.outage()


@pytest.mark.parametrize(
    ("by", "who"), [("", ""), ("kube-controller-manager", ' (field manager "kube-controller-manager")')]
)
def test_a_scale_that_somebody_undoes_while_it_is_held_is_inconclusive_with_who_and_when(by: str, who: str) -> None:
    story = scaled()
    put_back(story, 3.0, by=by)
    outage = healed(story, 20.0)
    assert (outage.verdict, outage.cause_code, outage.recovery_time) == ("inconclusive", "TargetChanged", inf)
    assert outage.cause == (
        f"the Deployment was scaled from 1 to 3 replicas by somebody else{who} at +3.0 s, "
        "so scale(0) was not in force any more"
    )


def test_a_scale_that_somebody_moves_to_another_number_is_not_in_force_either() -> None:
    story = scaled()
    put_back(story, 3.0, replicas=2)
    put_back(story, 5.0, replicas=3)
    assert healed(story, 20.0, Outcome.SUPERSEDED).verdict == "inconclusive"


def test_a_change_that_only_the_heal_has_found_is_inconclusive_too() -> None:
    story = Story().begin("no_backend", PodCount(3), lasts=Lasts.UNTIL_HEALED)
    undone(story, 8.0, Outcome.SUPERSEDED, SERVICE)
    story.heal(8.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("inconclusive", inf)
    assert outage.cause == (
        "what no_backend(0) had changed of service/web was changed again by somebody else before +8.0 s, "
        "so no_backend(0) was not in force any more"
    )


def test_an_object_of_the_fault_that_somebody_deleted_is_a_change_but_a_pod_that_has_gone_is_none() -> None:
    for ref, verdict in ((SERVICE, "inconclusive"), (Ref("Pod", "shop", "web-a"), "recovered")):
        story = Story().begin("no_backend", PodCount(3), lasts=Lasts.UNTIL_HEALED)
        undone(story, 8.0, Outcome.GONE, ref)
        story.heal(8.0)
        assert story.outage().verdict == verdict


def test_our_own_heal_is_not_somebody_else() -> None:
    story = scaled()
    story.heal(5.0, generation=3)
    story.change(5.1, "web", generation=3, observed_generation=3, replicas=3)
    undone(story, 5.2, Outcome.DONE)
    for letter in "de":
        story.comes(5.5, letter, ready=6.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 1.0)
    assert "TargetChanged" not in outage.alerts


def test_an_honest_change_of_another_field_leaves_the_fault_in_force() -> None:
    story = scaled()
    story.change(3.0, "web", generation=3, observed_generation=3)
    story.heal(5.0, generation=4)
    story.change(5.1, "web", generation=4, observed_generation=4, replicas=3)
    undone(story, 5.2, Outcome.DONE)
    for letter in "de":
        story.comes(5.5, letter, ready=6.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 1.0)
    assert "TargetChanged" in outage.alerts


def test_the_number_of_an_inner_scale_is_the_one_that_is_in_force() -> None:
    story = scaled()
    story.begin("scale", PodCount(0), at=3.0, lasts=Lasts.UNTIL_HEALED, generation=3, injection=1)
    story.change(3.1, "web", generation=3, observed_generation=3, replicas=0)
    story.change(4.0, "web", generation=4, observed_generation=4)
    assert not any(change.undid for change in story.state.experiment.changes)


def test_a_target_that_is_scaled_while_a_kill_is_judged_has_undone_nothing() -> None:
    story = Story().begin("kill", PodsGone(), "a")
    story.dies(0.25, "a")
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=4)
    for letter in "de":
        story.comes(2.5, letter, ready=3.0)
    assert story.outage().verdict == "recovered"
