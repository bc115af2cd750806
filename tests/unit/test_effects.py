"""The proof of faults other than a kill, and when their recovery is due."""

from msgspec.structs import replace

from kubechaos.effects import PodCount, PodsRestarted, TemplateReplaced
from kubechaos.judge.outage import Proof
from kubechaos.kube.objects import Ref
from kubechaos.records import Answered, Intended, Lasts
from tests.unit.stories import RUNNING, T0, WEB, Story, deployment, pod, replica_set

AGAIN = replace(RUNNING, id="containerd://2", restarts=1)


def scale(story: Story, replicas: int) -> None:
    """Scale the target to this number of replicas."""
    story.begin("scale", PodCount(replicas), lasts=Lasts.UNTIL_HEALED, generation=2)


def scaled() -> Story:
    """The target is scaled from 3 to 1 and both other pods go."""
    story = Story()
    scale(story, 1)
    story.change(0.25, "web", generation=2, observed_generation=2, replicas=1)
    story.terminates(0.5, "b")
    story.terminates(0.5, "c")
    return story


def healed(story: Story, at: float) -> Story:
    """Heal the scale."""
    story.heal(at, generation=3)
    story.change(at + 0.25, "web", generation=3, observed_generation=3, replicas=3)
    return story


def test_a_scale_is_proven_by_the_number_of_pods_and_is_no_interference() -> None:
    story = healed(scaled(), 4)
    story.comes(4.5, "d", ready=5)
    story.comes(4.5, "e", ready=6)
    found = story.outage()
    assert (found.verdict, found.proof, found.min_ready, found.wanted) == ("recovered", Proof("scaled", 0.5), 1, 3)
    assert found.recovery_time == 2.0
    assert "TargetChanged" not in found.alerts
    assert found.alerts["RecoveryStarted"].at == 4.5


def test_nothing_is_recovered_while_a_scale_is_in_force() -> None:
    story = scaled()
    assert story.state.health.unmet.text == "the fault is still in force"
    assert story.state.health.wanted == 3
    assert story.outage().verdict == "not_recovered"


def test_a_scale_without_an_effect_is_not_proven() -> None:
    story = Story()
    scale(story, 1)
    story.change(0.25, "web", generation=2, observed_generation=2, replicas=1)
    healed(story, 30)
    found = story.outage()
    assert (found.verdict, found.cause_code) == ("fault_not_proven", "NotScaled")


def test_a_scale_by_somebody_else_while_ours_is_in_force_is_interference() -> None:
    story = scaled()
    story.change(1, "web", generation=3, observed_generation=3, replicas=2)
    story.heal(2)
    found = story.outage()
    assert (found.verdict, found.cause_code) == ("inconclusive", "TargetChanged")
    assert "from 1 to 2" in found.cause


def test_a_change_of_the_spec_just_before_our_write_is_interference() -> None:
    story = Story()
    story.begin("rollout_restart", TemplateReplaced(), generation=3)
    story.change(0.25, "web", generation=3, observed_generation=3)
    assert story.outage().alerts["TargetChanged"].message == "the Deployment's spec was changed (generation 1 to 2)"


def test_a_write_of_ours_that_did_not_land_does_not_hide_the_change_before_it() -> None:
    story = scaled()
    story.record(Intended(T0 + 4, "PATCH", WEB, 3))
    story.heal(4, generation=4)
    story.change(4.25, "web", generation=4, observed_generation=4, replicas=3)
    assert story.outage().alerts["TargetChanged"].message == "the Deployment's spec was changed (generation 2 to 3)"


def test_the_number_of_pods_after_the_heal_proves_no_scale() -> None:
    story = Story()
    scale(story, 2)
    story.change(0.25, "web", generation=2, observed_generation=2, replicas=2)
    healed(story, 30)
    story.dies(31, "c")
    story.comes(32, "d", ready=33)
    assert story.outage().verdict == "fault_not_proven"


def test_the_generation_of_another_object_is_not_compared_with_the_targets() -> None:
    story = Story(deployment(generation=5, observed_generation=5), pod("a"), pod("b"), pod("c"))
    victim = Ref("Pod", "shop", "web-a", "a")
    story.begin("kill_container", PodsRestarted("app"), "a")
    story.record(Intended(T0 + 0.1, "PATCH", victim, 9), Answered(T0 + 0.1, "PATCH", victim, True, generation=9))
    assert story.state.experiment is not None
    assert story.state.experiment.changes == ()
    story.change(1, "web", generation=6, observed_generation=6)
    assert story.outage().alerts["TargetChanged"].message == "the Deployment's spec was changed (generation 5 to 6)"


def test_a_rollout_is_proven_by_a_pod_of_a_new_template_and_is_no_interference() -> None:
    story = Story(pod("a"))
    story.begin("rollout_restart", TemplateReplaced(), generation=2)
    story.change(0.25, "web", generation=2, observed_generation=2, revision=2)
    story.see(0.5, replica_set("rs2", revision=2))
    assert story.state.health.unmet
    story.comes(1, "d", owner="rs2", ready=2)
    story.dies(2, "a")
    found = story.outage()
    assert (found.verdict, found.proof, found.recovery_time) == ("recovered", Proof("replaced", 1.0), 2.0)
    assert "TargetChanged" not in found.alerts


def test_a_rollout_that_never_begins_is_not_proven() -> None:
    story = Story()
    story.begin("rollout_restart", TemplateReplaced(), generation=2)
    story.change(0.25, "web", generation=2, observed_generation=2)
    found = story.outage()
    assert (found.verdict, found.cause_code) == ("fault_not_proven", "NotReplaced")


def test_a_restarted_container_in_the_same_pod_proves_that_it_was_killed() -> None:
    story = Story()
    story.begin("kill_container", PodsRestarted("app"), "a")
    assert story.state.health.unmet.text == "victim web-a shows no effect of the fault yet"
    story.unready(1, "a")
    story.change(2, "a", ready=True, containers=(AGAIN,))
    found = story.outage()
    assert (found.verdict, found.proof, found.recovery_time) == ("recovered", Proof("restarted", 2.0), 2.0)
    assert found.phases.removed == ()
    assert "restarted" in found.alerts["RecoveryStarted"].message


def test_a_container_that_was_never_restarted_is_not_proven() -> None:
    story = Story()
    story.begin("kill_container", PodsRestarted("app"), "a")
    found = story.outage()
    assert (found.verdict, found.cause_code) == ("fault_not_proven", "NotRestarted")
    assert "web-a" in found.cause


def test_the_restart_of_another_container_in_the_pod_proves_nothing() -> None:
    story = Story()
    story.begin("kill_container", PodsRestarted("app"), "a")
    story.change(2, "a", containers=(RUNNING, replace(AGAIN, name="sidecar")))
    assert (story.outage().verdict, story.outage().proof) == ("fault_not_proven", None)


def test_the_restart_of_a_sidecar_is_none_of_the_container() -> None:
    story = Story()
    story.change(-2, "a", containers=(RUNNING,), init_containers=(replace(RUNNING, name="proxy"),))
    story.begin("kill_container", PodsRestarted(), "a")
    story.change(2, "a", init_containers=(replace(AGAIN, name="proxy"),))
    assert (story.outage().verdict, story.outage().proof) == ("fault_not_proven", None)


def test_a_restarted_sidecar_proves_that_it_was_killed() -> None:
    story = Story()
    story.change(-2, "a", init_containers=(replace(RUNNING, name="proxy"),))
    story.begin("kill_container", PodsRestarted("proxy"), "a")
    story.change(2, "a", init_containers=(replace(AGAIN, name="proxy"),))
    assert (story.outage().verdict, story.outage().proof) == ("recovered", Proof("restarted", 2.0))


def test_a_restart_before_the_fault_proves_nothing() -> None:
    story = Story()
    story.change(-2, "a", containers=(AGAIN,))
    story.begin("kill_container", PodsRestarted("app"), "a")
    assert story.outage().proof is None


def test_a_workload_that_is_deleted_while_a_fault_is_in_force_is_inconclusive() -> None:
    story = Story(deployment(), pod("a"), pod("b"), pod("c"))
    scale(story, 1)
    story.gone(1, "web")
    assert story.outage().verdict == "inconclusive"
