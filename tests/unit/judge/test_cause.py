"""The cause of a slow or missing recovery: as the API names it, or the step that did not happen."""

import pytest

from kubechaos.judge.outage import Outage
from kubechaos.kube.objects import Container
from kubechaos.records import Log
from tests.unit.stories import CREATING, RUNNING, T0, Story, new


def waiting(reason: str, message: str = "", **fields: object) -> tuple[Container, ...]:
    return (Container("app", state="waiting", reason=reason, message=message, **fields),)  # type: ignore[arg-type]


def killed() -> Story:
    """A kill whose victim is gone after 1.25 seconds."""
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    return story


def stuck(*containers: Container, at: float = 3.0) -> Outage:
    """A replacement that ends in this state and stays there."""
    story = killed()
    story.see(1.5, new("d"))
    story.change(1.75, "d", node="node-2", containers=(CREATING,))
    story.change(at, "d", containers=containers)
    return story.outage()


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"])
def test_an_image_that_cannot_be_pulled_is_named(reason: str) -> None:
    outage = stuck(*waiting(reason, "localhost:1/web: not found"))
    assert outage.verdict == "not_recovered"
    assert outage.cause_code == "ImagePullBackOff"
    assert outage.cause.endswith(f"; pod web-d: {reason}: localhost:1/web: not found")
    alert = outage.alerts["ImagePullBackOff"]
    assert (alert.object, alert.at, alert.message) == ("pod/web-d", 3.0, "localhost:1/web: not found")
    assert "NotStarted" not in outage.alerts


def test_an_image_pull_is_alerted_once_for_each_pod() -> None:
    story = killed()
    story.see(1.5, new("d", node="node-2"))
    for at in (2.0, 3.0, 4.0):
        story.change(at, "d", containers=waiting("ErrImagePull" if at != 3.0 else "ImagePullBackOff"))
    assert [alert.name for alert in story.outage().alerts.all].count("ImagePullBackOff") == 1


def test_a_crash_loop_is_named_with_its_exit_code() -> None:
    outage = stuck(*waiting("CrashLoopBackOff", "back-off 10s", last_exit_code=3, last_reason="Error"))
    assert outage.cause_code == "CrashLoopBackOff"
    assert outage.cause.endswith("; pod web-d: CrashLoopBackOff: back-off 10s (last exit code 3)")
    assert outage.alerts["CrashLoopBackOff"].object == "pod/web-d"


def test_a_missing_config_map_is_named() -> None:
    outage = stuck(*waiting("CreateContainerConfigError", 'configmap "web" not found'))
    assert outage.cause_code == "CreateContainerConfigError"
    assert 'configmap "web" not found' in outage.cause
    assert "CreateContainerConfigError" in outage.alerts


def test_a_container_killed_for_its_memory_is_an_alert() -> None:
    outage = stuck(Container("app", state="terminated", reason="OOMKilled", exit_code=137))
    assert outage.alerts["OOMKilled"].object == "pod/web-d"


def test_the_failure_of_a_terminating_pod_is_no_cause() -> None:
    story = Story().kill("a")
    story.terminates(0.25, "a")
    story.change(0.5, "a", containers=(Container("app", state="terminated", reason="OOMKilled", exit_code=137),))
    story.comes(0.5, "d", ready=1.0)
    assert "OOMKilled" not in story.outage().alerts


def test_the_cause_names_an_unschedulable_pod_and_why() -> None:
    story = killed()
    story.see(1.5, new("d"))
    story.change(2.0, "d", unschedulable="0/2 nodes are available")
    outage = story.outage()
    assert outage.cause_code == "Unschedulable"
    assert "0/2 nodes are available" in outage.cause
    assert (outage.alerts["Unschedulable"].object, outage.alerts["Unschedulable"].at) == ("pod/web-d", 2.0)
    assert "NotScheduled" not in outage.alerts


def test_a_quota_that_forbids_the_replacement_is_named() -> None:
    story = killed()
    story.change(2.0, "rs", failure="pods is forbidden: exceeded quota")
    outage = story.outage()
    assert (outage.verdict, outage.cause_code) == ("not_recovered", "FailedCreate")
    assert "pods is forbidden: exceeded quota" in outage.cause
    assert outage.alerts["FailedCreate"].at == 2.0
    assert "NotCreated" not in outage.alerts


def test_a_transient_failed_create_is_no_cause_of_a_recovery() -> None:
    story = killed()
    story.change(2.0, "rs", failure="pods is forbidden: exceeded quota")
    story.comes(4.0, "d", ready=5.0)
    story.change(5.0, "rs", failure="")
    outage = story.outage()
    assert outage.verdict == "recovered"
    assert outage.cause_code == "Creating"


def test_a_replacement_that_is_never_created_is_an_alert() -> None:
    outage = killed().outage()
    assert outage.cause_code == "NotCreated"
    alert = outage.alerts["NotCreated"]
    assert (alert.severity, alert.object, alert.at, alert.seen) == ("critical", "deployment/web", 0.0, 20.0)


def test_a_pod_that_the_scheduler_ignores_is_an_alert() -> None:
    story = killed()
    story.see(1.5, new("d"))
    outage = story.outage()
    assert outage.cause_code == "NotScheduled"
    assert "web-d" in outage.cause
    assert (outage.alerts["NotScheduled"].object, outage.alerts["NotScheduled"].at) == ("pod/web-d", 1.5)
    assert "NotCreated" not in outage.alerts


@pytest.mark.parametrize("containers", [(), (CREATING,)])
def test_a_pod_that_is_never_started_is_an_alert(containers: tuple[Container, ...]) -> None:
    outage = stuck(*containers)
    assert outage.cause_code == "NotStarted"
    assert (outage.alerts["NotStarted"].object, outage.alerts["NotStarted"].at) == ("pod/web-d", 1.75)
    assert "NotScheduled" not in outage.alerts


def test_a_pod_that_started_and_never_got_ready_is_not_one_that_never_started() -> None:
    assert "NotStarted" not in stuck(RUNNING).alerts


def test_a_step_is_not_missing_before_its_time_is_up() -> None:
    story = Story().kill("a", within=2.0)
    story.dies(0.25, "a")
    assert "NotCreated" not in story.outage().alerts


def test_a_normal_recovery_raises_no_alert_of_a_failure() -> None:
    story = killed()
    story.see(1.5, new("d"))
    story.event(1.5, "Killing", "Stopping container app", "a")
    story.change(1.75, "d", node="node-2", containers=(CREATING,), not_ready="ContainersNotReady: app")
    story.ready(2.0, "d")
    assert sorted(story.outage().alerts) == [
        "ChaosStarted",
        "PodDeleted",
        "ProblemDetected",
        "RecoveryComplete",
        "RecoveryStarted",
    ]


def test_the_cause_of_a_pod_that_is_never_ready_has_the_message_of_its_probe() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.see(1, new("d"))
    story.change(2, "d", node="node-2", phase="Running", not_ready="ContainersNotReady: app", containers=(RUNNING,))
    story.event(3, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500", "d")
    outage = story.outage()
    assert outage.cause_code == "Unhealthy"
    assert "Readiness probe failed: HTTP probe failed with statuscode: 500" in outage.cause


def test_the_cause_of_a_crash_has_the_last_log_lines_of_the_container() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.see(1, new("d"))
    waiting = Container("app", state="waiting", reason="CrashLoopBackOff", last_exit_code=3, last_reason="Error")
    story.change(2, "d", node="node-2", containers=(waiting,))
    story.record(Log(T0 + 60, "d", "no database | giving up"))
    outage = story.outage()
    assert outage.cause_code == "CrashLoopBackOff"
    assert "exit code 3" in outage.cause
    assert "no database | giving up" in outage.cause


def test_a_readiness_gate_that_stays_false_is_the_cause_and_not_an_event_of_the_start() -> None:
    story = killed()
    story.see(1.5, new("d", node="node-2", containers=(CREATING,)))
    story.event(2, "Unhealthy", "Readiness probe failed: connection refused", "d")
    story.change(3, "d", phase="Running", containers=(RUNNING,), not_ready="ReadinessGatesNotReady: shop/gate is false")
    outage = story.outage()
    assert outage.cause_code == "ReadinessGatesNotReady"
    assert "shop/gate is false" in outage.cause


def test_a_container_that_is_oom_killed_again_and_again_has_the_code_oom_killed() -> None:
    outage = stuck(*waiting("CrashLoopBackOff", "back-off 10s", last_exit_code=137, last_reason="OOMKilled"))
    assert outage.cause_code == "OOMKilled"


def test_the_cause_of_a_start_that_waits_for_a_volume_is_the_event() -> None:
    story = killed()
    story.see(1.5, new("d", node="node-2", containers=(CREATING,)))
    story.event(3, "FailedMount", 'configmap "web" not found', "d")
    outage = story.outage()
    assert outage.cause_code == "FailedMount"
    assert 'configmap "web" not found' in outage.cause


def test_a_pod_that_loses_its_readiness_again_and_again_is_flapping() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.comes(1.0, "d", ready=2.0)
    for at in (4.0, 6.0, 8.0):
        story.unready(at, "d")
        story.ready(at + 1, "d")
    story.unready(10.0, "d")
    assert story.outage().cause_code == "Flapping"


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ((5.0, 5.25, 5.5, 5.75), "Creating"),
        ((1.0, 5.0, 5.25, 5.5), "Scheduling"),
        ((1.0, 1.25, 5.0, 5.25), "Starting"),
        ((1.0, 1.25, 1.5, 5.0), "BecomingReady"),
    ],
)
def test_the_code_of_a_recovery_is_the_phase_that_cost_the_most(times: tuple[float, ...], code: str) -> None:
    created, scheduled, started, ready = times
    story = killed()
    story.see(created, new("d"))
    story.change(scheduled, "d", node="node-2")
    story.change(started, "d", phase="Running", containers=(RUNNING,))
    story.ready(ready, "d")
    assert (story.outage().verdict, story.outage().cause_code) == ("recovered", code)
