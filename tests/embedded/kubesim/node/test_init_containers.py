"""Init containers and sidecars: in their order, before the containers, at the pace of a real kubelet."""

from typing import Any

from kubesim.failures import InitCrashLoop
from kubesim.node.fit import requests
from kubesim.store.kinds import POD
from kubesim.store.objects import Stored, condition, is_ready
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment, service

SIDECAR = {"restartPolicy": "Always"}


def waits_for(*containers: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the Deployment `web` whose pods have these init containers."""
    return deployment(pod={"initContainers": [{"image": IMAGE, **each} for each in containers]}, **options)


def shown(lab: Lab, pod: Stored) -> list[str]:
    """The states that a pod's containers went through, init containers first."""
    states: list[str] = []
    for _, change in lab.changes:
        if change.after.uid == pod.uid and change.after.kind is pod.kind:
            kinds = ("initContainerStatuses", "containerStatuses")
            found = [each["state"] for kind in kinds for each in change.after.status.get(kind, ())]
            state = " ".join(detail.get("reason") or name for each in found for name, detail in each.items())
            states += [state] if state and [state] != states[-1:] else []
    return states


def test_init_containers_run_one_after_the_other_before_the_containers(lab: Lab) -> None:
    lab.apply(waits_for({"name": "first"}, {"name": "second"}, replicas=1))
    lab.step(5)
    (pod,) = lab.pods
    assert shown(lab, pod) == [
        "PodInitializing PodInitializing PodInitializing",
        "running PodInitializing PodInitializing",
        "Completed PodInitializing PodInitializing",
        "Completed running PodInitializing",
        "Completed Completed PodInitializing",
        "Completed Completed running",
    ]
    assert is_ready(pod)
    assert condition(pod, "Initialized")["status"] == "True"
    assert [message for _, message, _ in lab.events("Started", pod.name)] == ["Container started"] * 3


def test_a_pod_whose_init_container_never_ends_stays_pending_and_says_which_it_is(lab: Lab) -> None:
    lab.inject("init-waiting")
    lab.apply(service(), waits_for({"name": "first"}, {"name": "second"}))
    lab.step(60)
    assert lab.ready == 0
    assert {shown(lab, pod)[-1] for pod in lab.pods} == {"running PodInitializing PodInitializing"}
    assert condition(lab.pods[0], "Initialized")["message"] == "containers with incomplete status: [first second]"
    assert lab.endpoints == [{"ready": False, "serving": False, "terminating": False}] * 3


def test_an_init_container_that_waited_ends_when_the_failure_is_removed(lab: Lab) -> None:
    lab.inject("init-waiting")
    lab.apply(waits_for({"name": "first"}))
    lab.step(60)
    lab.remove("init-waiting")
    lab.step(3)
    assert lab.ready == 3


def test_an_init_container_that_fails_is_restarted_at_once_and_then_backs_off(lab: Lab) -> None:
    lab.inject(InitCrashLoop(exit_code=3))
    lab.apply(waits_for({"name": "first"}, replicas=1))
    lab.step(40)
    (pod,) = lab.pods
    (status,) = pod.status["initContainerStatuses"]
    assert status["restartCount"] == 3
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert "CrashLoopBackOff PodInitializing" in shown(lab, pod)
    assert lab.events("BackOff")[0][1].startswith("Back-off restarting failed container first in pod ")
    lab.remove("init-crash-loop")
    lab.step(60)
    assert lab.ready == 1


def test_a_deleted_pod_whose_init_container_runs_ends_as_failed(lab: Lab) -> None:
    lab.inject("init-waiting")
    lab.apply(waits_for({"name": "first"}, replicas=1))
    lab.step(2)
    (pod,) = lab.pods
    lab.delete(pod)
    lab.step(5)
    assert shown(lab, pod)[-1] == "Completed PodInitializing"
    assert lab.states(pod.name)[-2] == "Failed scheduled PodInitializing deleting(0)"
    assert lab.events("Killing", pod.name) == [("Killing", "Stopping container first", 1)]


def test_a_sidecar_starts_first_and_runs_on_until_the_pod_ends(lab: Lab) -> None:
    lab.apply(waits_for({"name": "proxy", **SIDECAR}, {"name": "first"}, replicas=1))
    lab.step(5)
    (pod,) = lab.pods
    assert shown(lab, pod) == [
        "PodInitializing PodInitializing PodInitializing",
        "running PodInitializing PodInitializing",
        "running running PodInitializing",
        "running Completed PodInitializing",
        "running Completed running",
    ]
    lab.delete(pod)
    lab.step(5)
    assert shown(lab, pod)[-1] == "Completed Completed Completed"
    killed = [message for _, message, _ in lab.events("Killing", pod.name)]
    assert killed == ["Stopping container proxy", "Stopping container web"]


def test_a_sidecar_whose_image_is_changed_is_restarted_while_its_pod_stays_ready(lab: Lab) -> None:
    lab.apply(waits_for({"name": "proxy", **SIDECAR}, replicas=1))
    lab.step(5)
    (pod,) = lab.pods
    before = pod.status["initContainerStatuses"][0]
    sidecar = {**pod.spec["initContainers"][0], "image": f"{IMAGE}-2"}
    lab.cluster.registry.patch(pod, {"spec": {"initContainers": [sidecar]}})
    lab.step(5)
    (pod,) = lab.pods
    (status,) = pod.status["initContainerStatuses"]
    assert (status["restartCount"], status["ready"]) == (1, True)
    assert status["containerID"] != before["containerID"]
    assert pod.status["containerStatuses"][0]["restartCount"] == 0
    assert len([state for state in lab.states(pod.name) if "Ready" in state]) == 1
    assert lab.events("Killing") == [("Killing", "Init container proxy definition changed", 1)]


def test_an_init_container_whose_image_cannot_be_had_is_waited_for(lab: Lab) -> None:
    lab.apply(waits_for({"name": "first", "image": "UPPER/Case::1"}, replicas=1))
    lab.step(10)
    (pod,) = lab.pods
    assert shown(lab, pod)[-1] == "InvalidImageName PodInitializing"
    mended = {**pod.spec["initContainers"][0], "image": IMAGE}
    lab.apply(waits_for({**mended}, replicas=1))
    lab.step(10)
    assert lab.ready == 1


def test_a_pod_asks_for_the_most_that_runs_of_it_at_one_time() -> None:
    def asks(name: str, cpu: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "resources": {"requests": {"cpu": cpu}}, **more}

    init = [asks("a", "3"), asks("proxy", "1", **SIDECAR), asks("b", "4")]
    body = {"metadata": {"name": "web", "uid": "1"}, "spec": {"containers": [asks("web", "2")], "initContainers": init}}
    assert requests(Stored(POD, body, 1)) == {"cpu": 5000}
    body["spec"]["containers"] = [asks("web", "2"), asks("more", "2500m")]
    assert requests(Stored(POD, body, 1)) == {"cpu": 5500}
