"""Causes of defects that were planted on a real cluster (tests/defects)."""

import pytest
from msgspec.structs import replace

from kubechaos.judge import absence
from kubechaos.judge.outage import Outage
from kubechaos.judge.state import step
from kubechaos.kube.objects import Container
from kubechaos.records import Seen
from tests.unit.judge.test_target_state import killed, listed, mine, workload
from tests.unit.stories import Story, deployment, fold, listings, new, replica_set

INITIALIZING = Container("app", state="waiting", reason="PodInitializing")


def initializing(*first: Container, ready: float | None = None) -> Outage:
    """A replacement whose init containers end in this state; Ready at last, if ever."""
    story = Story().kill("a", within=10.0)
    story.dies(0.25, "a")
    story.see(0.5, new("d"))
    story.change(1.0, "d", node="node-2", containers=(INITIALIZING,), init_containers=first)
    story.change(2.0, "d", not_ready="ContainersNotReady: containers with unready status: [app]")
    if ready is not None:
        story.ready(ready, "d")
    return story.outage()


def test_an_init_container_that_never_ends_is_named() -> None:
    outage = initializing(Container("first", state="running"))
    assert outage.verdict == "not_recovered"
    assert outage.cause == (
        "2 of 3 pods of the current template are Ready; pod web-d: init container first is still running"
    )
    assert outage.alerts["NotStarted"].message == "init container first is still running"


def test_a_sidecar_that_has_started_is_not_what_the_start_waits_for() -> None:
    outage = initializing(Container("side", state="running", ready=True), Container("first", state="running"))
    assert outage.cause.endswith("init container first is still running")


def test_the_starting_phase_of_a_pod_with_init_containers_names_them() -> None:
    outage = initializing(
        Container("first", state="terminated", reason="Completed", exit_code=0, ready=True), ready=6.0
    )
    assert outage.verdict == "recovered"
    assert outage.cause == "5.0 s of it pulling the images, running the init containers and starting the containers"


@pytest.mark.parametrize(
    ("finalizers", "why"),
    [(("example.com/keep",), "kept by finalizers example.com/keep"), ((), "still terminating")],
)
def test_the_cause_names_the_terminating_pod_that_keeps_a_stateful_set_from_creating_its_successor(
    finalizers: tuple[str, ...], why: str
) -> None:
    pod = replace(mine("a"), finalizers=finalizers)
    state = killed(listed("StatefulSet", workload("StatefulSet"), pod, mine("b")), "a")
    state = step(state, Seen(11.0, replace(pod, deleting=True, resource_version="2")))
    state = step(state, Seen(20.0, replace(mine("b"), resource_version="3")))
    (missing,) = absence.absences(state)
    assert missing.message == f"1 of 2 pods not created: pod web-a is {why}"


def test_pods_that_cannot_be_created_before_any_fault_are_explained_by_the_replica_set() -> None:
    state = fold(*listings(deployment(), replica_set(failure='pods "web-" is forbidden: exceeded quota: full')))
    assert state.health.unmet.text == (
        '0 of 3 pods of the current template are Ready; FailedCreate: pods "web-" is forbidden: exceeded quota: full'
    )
