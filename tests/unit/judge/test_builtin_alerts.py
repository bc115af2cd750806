"""Built-in alerts: what happened before the fault raises none."""

from kubechaos.kube.objects import Container
from tests.unit.stories import RUNNING, Story

KILLED_BEFORE = Container("app", ready=True, state="running", restarts=1, last_reason="OOMKilled", last_exit_code=137)
SIDECAR = Container("sidecar", ready=True, state="running")
SIDECAR_AGAIN = Container("sidecar", ready=True, state="running", restarts=1, last_reason="Error", last_exit_code=1)


def test_an_oom_kill_before_the_fault_raises_no_alert_when_another_container_restarts() -> None:
    story = Story()
    story.change(-10.0, "b", containers=(KILLED_BEFORE, SIDECAR))
    story.kill("a")
    story.change(1.0, "b", containers=(KILLED_BEFORE, SIDECAR_AGAIN))
    assert "OOMKilled" not in story.outage().alerts


def test_an_oom_kill_before_the_fault_of_a_pod_that_was_seen_to_come_raises_no_alert() -> None:
    story = Story()
    story.comes(-51.0, "z", ready=-50.0)
    story.change(-41.0, "z", containers=(KILLED_BEFORE,))
    story.kill("a")
    story.change(1.0, "z", containers=(KILLED_BEFORE,), labels={"seen": "again"})
    assert "OOMKilled" not in story.outage().alerts


def test_an_oom_kill_after_the_fault_raises_the_alert() -> None:
    story = Story()
    story.change(-10.0, "b", containers=(RUNNING,))
    story.kill("a")
    story.change(1.0, "b", containers=(KILLED_BEFORE,))
    assert "OOMKilled" in story.outage().alerts
