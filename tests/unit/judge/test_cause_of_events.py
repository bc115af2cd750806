"""Events as causes: the last Warning about an unready pod, and only of what came after it."""

import pytest

from kubechaos.judge.outage import Outage
from kubechaos.kube.objects import Container, Pod
from tests.unit.stories import CREATING, RUNNING, Story, new, pod

INITIALIZING = Container("app", state="waiting", reason="PodInitializing")
NO_CONFIG = 'Error: configmap "mode" not found'


def starting(container: Container = CREATING) -> Story:
    """A kill whose replacement has a node, and a container that does not start."""
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.change(1.75, "d", node="node-2", containers=(container,))
    return story


def unready(survivor: Pod) -> Story:
    """A kill that has its replacement; then this survivor `b` loses its readiness."""
    story = Story(pod("a"), survivor, pod("c")).kill("a", within=20.0)
    story.dies(0.25, "a")
    story.comes(0.5, "d", ready=1.0)
    return story


def waits_for(outage: Outage) -> str:
    return outage.alerts["NotStarted"].message


@pytest.mark.parametrize("container", [CREATING, INITIALIZING])
@pytest.mark.parametrize("reason", ["Failed", "FailedMount", "FailedPostStartHook", "PolicyViolation"])
def test_the_last_warning_about_a_pod_that_does_not_start_is_the_cause_whatever_its_reason(
    container: Container, reason: str
) -> None:
    story = starting(container)
    story.event(2.0, "Pulling", "pulling image web", "d")
    story.event(3.0, reason, NO_CONFIG, "d")
    outage = story.outage()
    assert outage.cause_code == reason
    assert outage.cause.endswith(f"; pod web-d: {reason}: {NO_CONFIG}")
    assert waits_for(outage) == f"{reason}: {NO_CONFIG}"


def test_nothing_was_said_of_a_start_only_where_no_event_came() -> None:
    assert waits_for(starting().outage()) == "the kubelet said nothing"


def test_a_start_that_hangs_once_the_image_is_there_does_not_wait_for_the_pull_nor_for_a_mount_before_it() -> None:
    story = starting()
    story.event(2.0, "FailedMount", "timed out waiting for the cache", "d")
    story.event(2.5, "Pulling", "pulling image web", "d")
    story.event(3.0, "Pulled", "pulled image web", "d")
    outage = story.outage()
    assert outage.cause_code == "NotStarted"
    assert waits_for(outage) == "Pulled: pulled image web"


def test_an_image_that_is_there_does_not_hide_why_its_container_is_not_made() -> None:
    story = starting()
    story.event(2.0, "Failed", NO_CONFIG, "d")
    story.event(2.1, "Pulled", "image web is already present on machine", "d")
    assert story.outage().cause_code == "Failed"


def test_a_status_with_a_reason_goes_before_the_kubelet_said_nothing() -> None:
    story = starting(Container("app", state="waiting", reason="RunContainerError", message="no such user"))
    assert waits_for(story.outage()) == "RunContainerError: no such user"


def test_what_the_scheduler_said_of_a_pod_without_a_node_is_repeated() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.event(2.0, "FailedScheduling", "preemption is under way", "d")
    assert story.outage().alerts["NotScheduled"].message == "FailedScheduling: preemption is under way"


def test_a_survivor_that_was_running_before_we_looked_is_not_blamed_on_a_mount_of_its_start() -> None:
    story = unready(pod("b"))
    story.event(2.0, "FailedMount", "timed out waiting for the cache", "b")
    story.unready(3.0, "b")
    outage = story.outage()
    assert (outage.verdict, outage.cause_code) == ("not_recovered", "ContainersNotReady")


def test_a_survivor_in_a_new_sandbox_waits_for_its_mount() -> None:
    story = unready(pod("b"))
    story.change(2.5, "b", ready=False, containers=(CREATING,))
    story.event(3.0, "FailedMount", "no such volume", "b")
    assert story.outage().cause_code == "FailedMount"


def test_an_event_of_the_time_before_a_pod_was_ready_does_not_explain_that_it_is_not_any_more() -> None:
    story = unready(pod("b", ready_since=1000.0))
    story.event(2.0, "Unhealthy", "connection refused", "b", last=990.0)
    story.unready(3.0, "b")
    assert "connection refused" not in story.outage().cause


def test_an_event_of_the_time_after_it_was_ready_does() -> None:
    story = unready(pod("b", ready_since=1000.0))
    story.event(2.0, "Unhealthy", "connection refused", "b", last=1000.0)
    story.unready(3.0, "b")
    assert story.outage().cause_code == "Unhealthy"


def test_a_failed_probe_of_the_start_does_not_explain_that_a_pod_lost_its_readiness_later() -> None:
    story = unready(pod("b"))
    story.see(1.0, new("e", node="node-2", containers=(RUNNING,)))
    story.event(1.5, "Unhealthy", "connection refused", "e")
    story.ready(2.0, "e")
    story.unready(4.0, "e")
    story.unready(4.5, "b")
    assert "connection refused" not in story.outage().cause


def test_any_warning_about_a_started_pod_is_a_cause_and_that_of_a_probe_goes_before_others() -> None:
    story = unready(pod("b"))
    story.unready(3.0, "b")
    story.event(3.5, "NetworkNotReady", "the network is not ready", "b")
    assert story.state.histories["b"].health_event == "NetworkNotReady: the network is not ready"
    story.event(4.0, "Unhealthy", "connection refused", "b")
    story.event(4.5, "DNSConfigForming", "nameserver limits were exceeded", "b")
    assert story.outage().cause_code == "Unhealthy"


def test_a_normal_event_is_no_cause() -> None:
    story = starting()
    story.event(3.0, "Created", "created container app", "d")
    outage = story.outage()
    assert (outage.cause_code, waits_for(outage)) == ("NotStarted", "Created: created container app")


def test_what_the_scheduler_said_does_not_explain_a_start_on_the_node_that_it_found() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.event(2.0, "FailedScheduling", "no room", "d")
    story.change(3.0, "d", node="node-2", containers=(CREATING,))
    story.event(3.5, "FailedScheduling", "no room", "d")
    assert waits_for(story.outage()) == "the kubelet said nothing"
