"""What is wrong with a pod, in the words of the API, in causes and alerts."""

import json

import pytest

from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import Container
from tests.unit.stories import CREATING, Story, new

PODS = KINDS["Pod"].codec


def test_the_cause_names_a_container_that_was_oom_killed() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d", node="n"))
    story.unready(3.0, "d", containers=(Container("app", state="terminated", reason="OOMKilled", exit_code=137),))
    assert story.outage().cause_code == "OOMKilled"


def test_the_cause_of_a_crash_loop_after_an_oom_kill_says_so() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d", node="n"))
    loop = Container(
        "app",
        state="waiting",
        reason="CrashLoopBackOff",
        message="back-off 10s",
        last_reason="OOMKilled",
        last_exit_code=137,
    )
    story.unready(3.0, "d", containers=(loop,))
    outage = story.outage()
    assert "CrashLoopBackOff" in outage.alerts
    assert "OOMKilled" in outage.alerts
    assert outage.cause_code == "OOMKilled"


def test_a_container_restarted_after_an_oom_within_the_experiment_is_an_alert() -> None:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    again = Container("app", id="containerd://2", ready=True, restarts=1, state="running", last_reason="OOMKilled")
    story.change(3.0, "d", containers=(again,))
    assert "OOMKilled" in story.outage().alerts


def test_an_init_container_in_a_crash_loop_is_named() -> None:
    data = {
        "metadata": {
            "name": "web-d",
            "namespace": "shop",
            "uid": "d",
            "resourceVersion": "7",
            "ownerReferences": [{"kind": "ReplicaSet", "uid": "rs", "controller": True}],
        },
        "spec": {"nodeName": "node-2"},
        "status": {
            "phase": "Pending",
            "initContainerStatuses": [
                {
                    "name": "init",
                    "restartCount": 2,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                    "lastState": {"terminated": {"exitCode": 1}},
                }
            ],
            "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "PodInitializing"}}}],
        },
    }
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, PODS.object(json.dumps(data).encode()))
    outage = story.outage()
    assert "CrashLoopBackOff" in outage.alerts
    assert outage.cause_code == "CrashLoopBackOff"
    assert "NotStarted" not in outage.alerts


def test_a_flap_before_the_fault_is_no_cause() -> None:
    story = Story()
    for at in (-8.0, -6.0):
        story.unready(at, "b")
        story.ready(at + 1, "b")
    story.kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.change(2.0, "d", unschedulable="0/2 nodes are available")
    assert story.outage().cause_code == "Unschedulable"


@pytest.mark.parametrize(
    ("reason", "message", "word"),
    [
        ("Pulling", 'Pulling image "web:1"', "ull"),
        ("FailedMount", 'MountVolume.SetUp failed for volume "data"', "olume"),
    ],
)
def test_a_pod_that_is_never_started_says_what_it_waits_for(reason, message, word) -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.change(1.75, "d", node="node-2", containers=(CREATING,))
    story.event(2.0, reason, message, "d")
    assert word in story.outage().alerts["NotStarted"].message


def test_a_victim_within_its_grace_period_raises_no_not_gone() -> None:
    story = Story().kill("a", within=10.0)
    story.terminates(0.25, "a")
    story.see(0.5, new("d"))
    assert "NotGone" not in story.outage().alerts


def test_the_cause_names_a_replacement_that_cannot_start_before_a_flapping_survivor() -> None:
    story = Story().kill("a", within=20.0)
    story.dies(0.25, "a")
    story.see(
        1.5, new("d", node="n", containers=(Container("app", state="waiting", reason="ErrImagePull", message="no"),))
    )
    for at in (3.0, 5.0):
        story.unready(at, "b")
        story.ready(at + 1, "b")
    assert story.outage().cause_code == "ImagePullBackOff"
