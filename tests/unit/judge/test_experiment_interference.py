"""Interference: somebody else changes the target, which is an alert always, and inconclusive without a recovery."""

from math import inf

import pytest

from kubechaos.judge.outage import Outage
from tests.unit.stories import Story, deployment, replica_set


def killed() -> Story:
    """A kill that has taken its victim."""
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    return story


def changed(outage: Outage) -> str:
    return outage.alerts["TargetChanged"].message


def test_a_deletion_of_the_deployment_is_inconclusive_at_once() -> None:
    story = killed()
    story.gone(2.0, "web")
    assert story.ends == 2.0
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("inconclusive", inf)
    assert outage.cause_code == "TargetChanged"
    assert outage.cause == "the Deployment was deleted by somebody else at +2.0 s"
    assert (changed(outage), outage.alerts["TargetChanged"].at) == ("the Deployment was deleted", 2.0)


def test_a_deletion_timestamp_on_the_deployment_is_a_deletion() -> None:
    story = killed()
    story.change(2.0, "web", deleting=True)
    story.comes(2.0, "d", ready=3.0)
    outage = story.outage()
    assert (outage.verdict, changed(outage)) == ("inconclusive", "the Deployment was deleted")


def test_a_deleted_deployment_wants_as_many_pods_as_before() -> None:
    story = killed()
    story.gone(2.0, "web")
    assert story.state.health.wanted == 3


@pytest.mark.parametrize("replicas", [0, 1, 2])
def test_a_deployment_that_is_scaled_down_is_inconclusive_however_healthy(replicas: int) -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=replicas)
    assert story.ends == 20.0
    outage = story.outage()
    assert outage.verdict == "inconclusive"
    assert outage.cause == f"the Deployment was scaled from 3 to {replicas} replicas by somebody else at +2.0 s"
    assert changed(outage) == f"the Deployment was scaled from 3 to {replicas} replicas"


def test_wanted_is_never_below_one() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=0)
    assert story.state.health.wanted == 1


def test_a_deployment_that_is_scaled_up_recovers_only_with_all_pods_it_wants_now() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=4)
    story.comes(2.5, "d", ready=3.0)
    assert story.state.stable_since is None
    story.comes(3.5, "e", ready=6.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.wanted) == ("recovered", 6.0, 3)
    assert changed(outage) == "the Deployment was scaled from 3 to 4 replicas"


def test_a_deployment_that_is_scaled_up_and_does_not_recover_is_inconclusive() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=9)
    story.comes(2.5, "d", ready=3.0)
    assert story.outage().verdict == "inconclusive"


def test_a_deployment_that_is_scaled_down_and_back_can_recover() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=2)
    story.change(3.0, "web", generation=3, observed_generation=3, replicas=3)
    story.comes(3.5, "d", ready=4.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 4.0)
    assert "TargetChanged" in outage.alerts


def test_after_a_change_of_the_template_a_recovery_needs_pods_of_the_new_one() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2)
    story.see(2.25, replica_set("new", revision=2))
    for at, old, fresh in ((3.0, "b", "e"), (5.0, "c", "f"), (7.0, "", "g")):
        story.comes(at, fresh, ready=at + 0.5, owner="new")
        if old:
            story.dies(at + 0.5, old)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 7.5)
    assert changed(outage) == "the Deployment's spec was changed (generation 1 to 2)"


def test_a_changed_template_that_does_not_get_ready_is_inconclusive() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2)
    story.see(2.25, replica_set("new", revision=2))
    story.comes(2.5, "d", ready=3.0)
    assert story.outage().verdict == "inconclusive"


def test_a_status_of_the_deployment_is_no_change() -> None:
    story = killed()
    story.change(2.0, "web", updated_replicas=2)
    story.comes(2.0, "d", ready=3.0)
    assert "TargetChanged" not in story.outage().alerts


def test_a_change_before_the_kill_is_no_interference() -> None:
    story = Story()
    story.change(-5.0, "web", generation=2, observed_generation=2)
    story.kill("a")
    story.dies(0.25, "a")
    story.change(2.0, "web", updated_replicas=2)
    story.comes(2.0, "d", ready=3.0)
    assert "TargetChanged" not in story.outage().alerts


def test_a_second_pod_that_somebody_else_kills_must_be_replaced_too() -> None:
    story = killed()
    story.comes(2.0, "d", ready=3.0)
    story.dies(4.0, "b")
    story.comes(5.5, "e", ready=6.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 6.0)
    assert changed(outage) == "pod web-b was deleted"
    assert [each.name for each in outage.victims] == ["web-a"]
    assert [each.name for each in outage.phases.removed] == ["web-a", "web-b"]


def test_a_second_pod_that_somebody_else_kills_and_that_is_not_replaced_is_not_recovered() -> None:
    story = killed()
    story.comes(2.0, "d", ready=3.0)
    story.dies(4.0, "b")
    outage = story.outage()
    assert (outage.verdict, changed(outage)) == ("not_recovered", "pod web-b was deleted")


def test_pods_that_go_after_a_change_of_the_spec_are_no_second_change() -> None:
    story = killed()
    story.change(2.0, "web", generation=2, observed_generation=2, replicas=0)
    story.dies(2.25, "b")
    assert [alert.message for alert in story.outage().alerts.all if alert.name == "TargetChanged"] == [
        "the Deployment was scaled from 3 to 0 replicas"
    ]


def test_a_deployment_that_is_deleted_and_created_again_is_inconclusive_even_if_healthy() -> None:
    story = killed()
    story.see(2.0, deployment(uid="other", replicas=3))
    story.see(2.0, replica_set("rs9", owner="other", revision=2))
    for letter in "def":
        story.comes(2.0, letter, owner="rs9", ready=3.0)
    for letter in "bc":
        story.dies(2.0, letter)
    outage = story.outage()
    assert outage.recovery_time < inf
    assert outage.verdict == "inconclusive"
    assert outage.cause == "the Deployment was deleted and made again by somebody else at +2.0 s"
