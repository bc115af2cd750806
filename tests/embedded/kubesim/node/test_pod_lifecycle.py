"""The states of a pod, at the pace that was measured on a real cluster."""

import pytest

from kubesim.failures import CrashLoop, Flapping, OutOfMemory, SlowReady
from tests.embedded.lab import Lab, names
from tests.embedded.shop import deployment

BORN = ["Pending", "Pending scheduled", "Pending scheduled ContainerCreating", "Running scheduled running"]
READY = "Running scheduled Ready running"


def test_a_pod_becomes_ready_in_the_measured_stages(shop: Lab) -> None:
    for pod in shop.pods:
        seen, times = zip(*shop.history(pod.name), strict=True)
        assert list(seen) == [*BORN, READY]
        assert times[-1] - times[0] == pytest.approx(0.51, abs=0.1)


def test_a_deleted_pod_is_replaced_while_it_still_runs(shop: Lab) -> None:
    victim, before = shop.pods[0], shop.now
    known = names(shop.pods)
    shop.delete(victim)
    shop.step(5)
    assert shop.states(victim.name)[-4:] == [
        "Running scheduled Ready running deleting(2)",
        "Succeeded scheduled Completed deleting(2)",
        "Succeeded scheduled Completed deleting(0)",
        "DELETED",
    ]
    assert shop.history(victim.name)[-1][1] - before == pytest.approx(1.06, abs=0.05)
    (born,) = names(shop.pods) - known
    created, *_, ready = (at - before for _, at in shop.history(born))
    assert created == pytest.approx(0.016, abs=0.01)
    assert ready == pytest.approx(0.51, abs=0.12)


def test_a_pod_that_ignores_sigterm_fails_after_its_grace(lab: Lab) -> None:
    lab.inject("ignores-sigterm")
    lab.apply(deployment())
    lab.step(3)
    victim, before = lab.pods[0], lab.now
    lab.delete(victim)
    lab.step(5)
    killed = next(at for seen, at in lab.history(victim.name) if seen.startswith("Failed scheduled Error"))
    assert killed - before == pytest.approx(2.0)


def test_a_forced_deletion_is_modified_and_then_deleted_at_once(shop: Lab) -> None:
    victim, before = shop.pods[0], shop.now
    shop.delete(victim, grace=0)
    shop.step(0.01)
    assert shop.states(victim.name)[-2:] == ["Running scheduled Ready running deleting(0)", "DELETED"]
    assert shop.history(victim.name)[-1][1] - before < 0.02


def test_a_pod_that_is_not_scheduled_goes_at_once(lab: Lab) -> None:
    lab.inject("unschedulable")
    lab.apply(deployment())
    lab.step(1)
    victim = lab.pods[0]
    lab.delete(victim)
    lab.step(0.01)
    assert lab.states(victim.name)[-2:] == ["Pending Unschedulable deleting(0)", "DELETED"]


def test_the_grace_of_a_terminating_pod_can_only_be_shortened(lab: Lab) -> None:
    lab.inject("ignores-sigterm")
    lab.apply(deployment(pod={"terminationGracePeriodSeconds": 20}))
    lab.step(3)
    victim, before = lab.pods[0], lab.now
    lab.delete(victim)
    lab.step(1)
    lab.delete(victim, grace=60)
    lab.delete(victim, grace=3)
    lab.step(20)
    killed = next(at for seen, at in lab.history(victim.name) if seen.startswith("Failed"))
    assert killed - before == pytest.approx(4.0)


def test_a_crashing_container_restarts_at_once_and_then_backs_off_twice_as_long_each_time(lab: Lab) -> None:
    lab.inject(CrashLoop(exit_code=3))
    lab.apply(deployment(replicas=1))
    lab.step(200)
    (pod,) = lab.pods
    seen = lab.history(pod.name)
    assert [state for state, _ in seen][3:8] == [
        "Running scheduled running",
        "Running scheduled Error",
        "Running scheduled running",
        "Running scheduled Error",
        "Running scheduled CrashLoopBackOff",
    ]
    waits = [(at, seen[i + 1][1]) for i, (state, at) in enumerate(seen[:-1]) if state.endswith("CrashLoopBackOff")]
    assert [round(end - begin) for begin, end in waits] == [10, 20, 40, 80]
    (status,) = pod.status["containerStatuses"]
    assert status["restartCount"] == 5
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert lab.events("BackOff")[0][1].startswith("Back-off restarting failed container web in pod ")


def test_a_container_out_of_memory_says_so(lab: Lab) -> None:
    lab.inject(OutOfMemory(seconds=3))
    lab.apply(deployment(replicas=1))
    lab.step(4)
    (pod,) = lab.pods
    assert "Running scheduled OOMKilled" in lab.states(pod.name)
    assert READY in lab.states(pod.name)


def test_a_container_that_does_not_end_after_all_is_probed_on(lab: Lab) -> None:
    lab.inject(OutOfMemory(seconds=10))
    lab.inject(SlowReady(seconds=20))
    lab.apply(deployment())
    lab.step(5)
    lab.remove("oom")
    lab.step(40)
    assert lab.ready == 3


@pytest.mark.parametrize(
    ("image", "reasons"),
    [
        ("UPPER/Case::1", ["InvalidImageName"]),
        ("localhost:1/none:9", ["ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"]),
    ],
)
def test_an_image_that_cannot_be_had_is_waited_for(lab: Lab, image: str, reasons: list[str]) -> None:
    lab.apply(deployment(replicas=1, image=image))
    lab.step(60)
    (pod,) = lab.pods
    assert lab.states(pod.name)[3:] == [f"Pending scheduled {reason}" for reason in reasons]
    assert ("Failed", f"Error: {reasons[0]}") in {each[:2] for each in lab.events("Failed")}


def test_a_pod_that_never_ran_ends_as_failed_with_an_unknown_container(lab: Lab) -> None:
    lab.apply(deployment(replicas=1, image="UPPER/Case::1"))
    lab.step(5)
    victim = lab.pods[0]
    lab.delete(victim)
    lab.step(5)
    assert lab.states(victim.name)[-5:] == [
        "Pending scheduled InvalidImageName deleting(2)",
        "Pending scheduled ContainerCreating deleting(2)",
        "Failed scheduled ContainerStatusUnknown deleting(2)",
        "Failed scheduled ContainerStatusUnknown deleting(0)",
        "DELETED",
    ]


def test_a_flapping_pod_is_ready_and_not_ready_in_turn(lab: Lab) -> None:
    lab.inject(Flapping(seconds=3))
    lab.apply(deployment(replicas=1))
    lab.step(20)
    (pod,) = lab.pods
    states = lab.states(pod.name)[3:]
    assert states[:4] == ["Running scheduled running", READY, "Running scheduled running", READY]
    assert len(states) == 8


def test_a_container_without_a_readiness_probe_is_ready_as_soon_as_it_runs(lab: Lab) -> None:
    manifest = deployment(replicas=1)
    del manifest["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    lab.apply(manifest)
    lab.step(3)
    assert lab.states(lab.pods[0].name)[2:] == [BORN[2], READY]


def test_the_same_calls_have_the_same_results_twice() -> None:
    def run() -> list[tuple[float, str, str]]:
        lab = Lab()
        lab.apply(deployment(replicas=5))
        lab.step(2)
        lab.delete(lab.pods[0])
        lab.step(5)
        return [(at, change.type, change.after.json.decode()) for at, change in lab.changes]

    assert run() == run()
