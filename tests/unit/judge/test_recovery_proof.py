"""The proof of a kill: an effect on the victim itself, and how long it is waited for."""

import pytest

from kubechaos.judge.outage import Proof
from tests.unit.stories import Story, new, pod


def replaced(story: Story, at: float = 0.5) -> Story:
    """The victim a is terminating, and its replacement Ready half a second later."""
    story.terminates(at - 0.25, "a")
    story.comes(at, "d", ready=at + 0.5)
    return story


def test_a_victim_that_ignores_sigterm_for_20_seconds_costs_no_recovery_time() -> None:
    story = replaced(Story().kill("a"))
    assert story.ends == 40.0
    story.stops(20.0, "a")
    assert story.ends == 23.0
    story.gone(20.5, "a")
    assert story.ends == 20.0
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.proof) == ("recovered", 1.0, Proof("stopped", 20.0))
    assert "NotGone" not in outage.alerts


def test_a_victim_with_a_finalizer_raises_not_gone_and_changes_no_verdict() -> None:
    story = replaced(Story(pod("a", finalizers=("shop/keep",)), pod("b"), pod("c")).kill("a"))
    story.stops(2.0, "a")
    assert story.ends == 6.0
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.proof) == ("recovered", 1.0, Proof("stopped", 2.0))
    assert outage.alerts["NotGone"].object == "pod/web-a"
    assert outage.alerts["NotGone"].message == "kept by finalizers shop/keep"
    assert (outage.alerts["NotGone"].at, outage.alerts["NotGone"].seen) == (2.0, 5.0)
    assert "PodDeleted" not in outage.alerts


def test_a_victim_has_three_seconds_after_its_proof_to_leave_the_api() -> None:
    story = replaced(Story().kill("a"))
    story.stops(10.0, "a")
    assert story.ends == 13.0
    story.gone(12.5, "a")
    outage = story.outage()
    assert (outage.verdict, outage.alerts["PodDeleted"].at) == ("recovered", 12.5)
    assert "NotGone" not in outage.alerts


def test_a_forced_kill_is_gone_at_once() -> None:
    story = Story().kill("a")
    story.gone(0.25, "a")
    story.comes(0.5, "d", ready=1.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.proof) == ("recovered", 1.0, Proof("gone", 0.25))
    removed = outage.phases.removed[0]
    assert (removed.deleted, removed.stopped, removed.gone) == (0.25, None, 0.25)


def test_a_delete_without_effect_is_not_proven() -> None:
    story = Story().kill("a", within=10.0)
    assert story.ends == 40.0
    outage = story.outage()
    assert (outage.verdict, outage.proof) == ("fault_not_proven", None)
    assert outage.cause_code == "NotGone"
    assert "web-a" in outage.cause
    assert "RecoveryComplete" not in outage.alerts


def test_the_proof_is_waited_for_as_long_as_the_grace_of_the_victim_and_ten_seconds() -> None:
    assert Story(pod("a", grace=2.0), pod("b")).kill("a", within=5.0).ends == 12.0
    assert Story(pod("a", grace=300.0), pod("b")).kill("a", within=5.0).ends == 310.0


def test_the_longest_grace_of_the_victims_counts() -> None:
    assert Story(pod("a", grace=2.0), pod("b", grace=50.0), pod("c")).kill("ab", within=5.0).ends == 60.0


def test_the_proof_needs_every_victim() -> None:
    story = Story().kill("ab")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    story.terminates(2.0, "b")
    story.comes(2.5, "e", ready=3.0)
    assert story.ends == 40.0
    outage = story.outage()
    assert (outage.verdict, outage.proof) == ("fault_not_proven", None)
    assert outage.cause_code == "NotGone"
    assert "web-b" in outage.cause


def test_the_last_victim_gives_the_time_of_the_proof() -> None:
    story = Story().kill("ab")
    story.dies(0.25, "a")
    story.dies(4.0, "b")
    story.comes(5.0, "d", ready=5.5)
    story.comes(5.5, "e", ready=6.0)
    assert story.outage().proof == Proof("stopped", 4.5)


def test_a_deletion_timestamp_alone_is_no_proof() -> None:
    assert replaced(Story().kill("a")).outage().verdict == "fault_not_proven"


def test_containers_that_end_without_a_deletion_are_no_proof() -> None:
    story = Story().kill("a", within=5.0)
    story.stops(1.0, "a")
    assert story.outage().verdict == "fault_not_proven"


def test_a_pod_whose_containers_never_started_has_stopped_when_it_is_terminal() -> None:
    story = replaced(Story(pod("a", containers=()), pod("b"), pod("c")).kill("a"))
    story.change(1.0, "a", phase="Failed", ready=False)
    assert story.outage().proof == Proof("stopped", 1.0)


@pytest.mark.parametrize("proven", [1.0, 5.0])
def test_a_proof_within_the_stable_time_costs_nothing(proven: float) -> None:
    story = replaced(Story().kill("a"))
    story.gone(proven, "a")
    assert story.ends == 6.0


def test_a_slow_victim_does_not_turn_not_recovered_into_another_verdict() -> None:
    story = Story().kill("a", within=10.0)
    story.terminates(0.25, "a")
    story.see(0.5, new("d"))
    assert story.ends == 10.0
    outage = story.outage()
    assert (outage.verdict, outage.proof) == ("not_recovered", None)


def test_a_missing_proof_is_worse_than_a_missing_recovery() -> None:
    story = Story().kill("ab", within=15.0)
    story.dies(1.0, "a")
    assert story.ends == 40.0
    assert story.outage().verdict == "fault_not_proven"
