"""What is a recovery, what is none, and its times."""

from math import inf

import pytest

from kubechaos.judge.outage import Proof
from tests.unit.stories import Story, deployment, new, pod, replica_set


def test_a_kill_that_is_recovered_from_has_exact_times() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.see(0.5, new("d"))
    story.change(0.75, "d", node="node-2")
    story.stops(1.0, "a")
    story.ready(1.5, "d")
    story.gone(2.0, "a")
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.min_ready, outage.wanted) == ("recovered", 1.5, 2, 3)
    assert outage.availability == pytest.approx((0.25 * 3 + 1.25 * 2) / (1.5 * 3))
    assert outage.proof == Proof("stopped", 1.0)
    assert story.ends == 6.5


def test_the_phases_name_each_pod_that_went_and_each_that_came() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.see(0.5, new("d"))
    story.change(0.75, "d", node="node-2")
    story.stops(1.0, "a")
    story.ready(1.5, "d")
    story.gone(2.0, "a")
    phases = story.outage().phases
    (removed,), (added,) = phases.removed, phases.added
    assert (removed.name, removed.uid, removed.node) == ("web-a", "a", "node-1")
    assert (removed.deleted, removed.stopped, removed.gone) == (0.25, 1.0, 2.0)
    assert (added.name, added.uid, added.node) == ("web-d", "d", "node-2")
    assert (added.created, added.scheduled, added.started, added.ready, added.serving) == (0.5, 0.75, 1.5, 1.5, None)


def test_the_alerts_of_a_kill_have_the_times_at_which_they_became_true_and_were_known() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.comes(0.5, "d", ready=1.5)
    story.gone(2.0, "a")
    alerts = story.outage().alerts
    assert {name: (alert.at, alert.seen) for name, alert in alerts.items()} == {
        "ChaosStarted": (0.0, 0.0),
        "ProblemDetected": (0.25, 0.25),
        "RecoveryStarted": (0.5, 0.5),
        "PodDeleted": (2.0, 2.0),
        "RecoveryComplete": (1.5, 6.5),
    }
    assert [alert.sequence for alert in alerts.all] == [1, 2, 3, 4, 5]
    assert [alert.object for alert in alerts.all] == [*["deployment/web"] * 3, "pod/web-a", "deployment/web"]


def test_victims_are_listed_with_their_node_and_their_end() -> None:
    story = Story().kill("ab")
    for letter, gone in (("a", 1.0), ("b", 2.0)):
        story.terminates(0.25, letter)
        story.comes(0.5, letter.upper(), ready=0.75)
        story.gone(gone, letter)
    victims = story.outage().victims
    assert [(each.name, each.uid, each.node, each.gone) for each in victims] == [
        ("web-a", "a", "node-1", 1.0),
        ("web-b", "b", "node-1", 2.0),
    ]


def test_the_stale_status_right_after_the_kill_is_no_recovery() -> None:
    story = Story().kill("a")
    story.change(0.25, "web", observed_generation=1)
    assert story.state.stable_since is None
    assert story.state.health.unmet.text == "victim web-a shows no effect of the fault yet"
    story.dies(1.0, "a")
    story.comes(2.5, "d", ready=3.0)
    assert story.outage().recovery_time == 3.0


def test_the_stable_window_from_before_the_kill_ends_with_it() -> None:
    story = Story()
    assert story.state.stable_since is not None
    assert story.kill("a").state.stable_since is None


def test_a_replacement_that_is_ready_before_the_victim_is_gone_is_a_recovery() -> None:
    story = Story().kill("a")
    story.see(0.25, pod("d"))
    story.gone(0.25, "a")
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time, outage.min_ready) == ("recovered", 0.25, 3)
    assert outage.phases.added[0].ready == 0.25


def test_a_terminating_pod_that_stays_ready_does_not_count() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.see(0.5, new("d"))
    story.stops(2.0, "a")
    story.ready(8.0, "d")
    outage = story.outage()
    assert (outage.recovery_time, outage.min_ready) == (8.0, 2)
    assert outage.alerts["ProblemDetected"].at == 0.25


def test_a_terminating_victim_does_not_delay_the_recovery() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.comes(0.25, "d", ready=0.5)
    story.stops(1.0, "a")
    assert story.outage().recovery_time == 0.5


def test_a_pod_in_a_terminal_phase_does_not_count() -> None:
    story = Story(pod("a"), pod("b"), pod("c", phase="Failed"))
    assert story.state.health.ready == 2


def test_a_pod_with_the_name_of_the_victim_and_another_uid_is_another_pod() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1.25, "z", ready=1.5, name="web-a")
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("recovered", 1.5)
    assert outage.phases.added[0].uid == "z"


def test_a_pod_with_the_name_of_the_victim_does_not_prove_that_the_victim_is_gone() -> None:
    story = Story().kill("a")
    story.see(0.25, pod("z", name="web-a"))
    story.gone(0.5, "z")
    assert story.outage().verdict == "fault_not_proven"


def test_a_pod_with_the_same_labels_and_another_owner_does_not_count() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.see(1.25, pod("stray", owner="somebody"))
    story.see(1.25, pod("orphan", owner="", owner_kind=""))
    assert story.state.health.ready == 2
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("not_recovered", inf)
    assert outage.phases.added == ()
    assert "RecoveryStarted" not in outage.alerts


def test_the_pods_of_a_deployment_whose_selector_matches_too_do_not_count() -> None:
    story = Story(
        deployment(replicas=2),
        replica_set(),
        replica_set("other", owner="another-deployment", revision=7),
        pod("a"),
        pod("b"),
        pod("x", owner="other"),
    )
    assert (story.state.health.ready, story.state.target.current) == (2, replica_set())
    story.kill("a")
    story.dies(0.25, "a")
    story.see(1.25, pod("y", owner="other"))
    story.gone(2.0, "x")
    outage = story.outage()
    assert outage.verdict == "not_recovered"
    assert "TargetChanged" not in outage.alerts


def test_a_replacement_of_an_old_template_is_no_recovery() -> None:
    story = Story(replica_set("old", revision=1), replica_set("rs", revision=2), pod("a"), pod("b"), pod("c")).kill("a")
    story.dies(0.25, "a")
    story.comes(1.25, "d", ready=1.5, owner="old")
    assert (story.state.health.ready, story.state.stable_since) == (3, None)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("not_recovered", inf)
    assert (
        outage.cause == "a rollout is in progress: 2 of 3 pods of the current template are Ready, and 1 of an old one"
    )


def test_fewer_ready_pods_than_wanted_are_no_recovery() -> None:
    story = Story().kill("ab")
    story.dies(0.25, "a")
    story.dies(1.25, "b")
    story.comes(2.5, "d", ready=3.0)
    outage = story.outage()
    assert (outage.verdict, outage.min_ready) == ("not_recovered", 1)


def test_a_generation_that_the_controller_has_not_observed_is_no_recovery() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.change(1.25, "web", generation=2, observed_generation=1)
    story.comes(1.5, "d", ready=2.0)
    story.change(4.0, "web", observed_generation=2)
    assert story.outage().recovery_time == 4.0


def test_a_late_recovery_within_a_block_is_not_recovered() -> None:
    story = Story().kill("a", within=60.0)
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=8.0)
    story.limits = type(story.limits)(5.0, 5.0)
    outage = story.outage()
    assert (outage.verdict, outage.recovery_time) == ("not_recovered", 8.0)
    assert "8.0 s" in outage.cause


def test_a_recovery_that_took_exactly_within_is_one() -> None:
    story = Story().kill("a", within=8.0)
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=8.0)
    assert story.outage().verdict == "recovered"


def test_the_cause_of_a_recovery_is_the_phase_that_cost_the_most() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.change(1.75, "d", node="node-2")
    story.change(11.75, "d", containers=(pod("d").containers))
    story.ready(12.0, "d")
    assert story.outage().cause == "10.0 s of it pulling the image and starting the containers"
