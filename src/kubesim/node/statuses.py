"""The parts of a pod's status: phase, conditions, and the statuses of its containers."""

from collections.abc import Callable, Container
from typing import Any, Final

from ..store.objects import Body, Stored, condition

ContainerState = Callable[[Body, Body], Body]
"""From a container's spec and its status before to its status."""

NOT_READY: Final = "ContainersNotReady"
KILLED: Final = 137
"""The exit code of SIGKILL."""
NEVER_STARTED: Final = {
    "exitCode": KILLED,
    "reason": "ContainerStatusUnknown",
    "message": "The container could not be located when the pod was terminated",
    "startedAt": None,
    "finishedAt": None,
}


def pod_status(pod: Stored, now: str, phase: str, *, ready: bool = False, reason: str = "") -> Body:
    """Return a pod's status with a phase, and conditions that say why it is not ready.

    The statuses of the containers in `pod` are the new ones already.
    """
    unready = {"reason": reason or NOT_READY}
    if not reason:
        unready["message"] = f"containers with unready status: [{' '.join(_unready(pod))}]"
    missing = ()
    if not any(each.get("containerID") for each in pod.status.get("containerStatuses") or ()):
        missing = tuple(each["name"] for each in init_containers(pod) if not initialized(pod, each))
    uninitialized = {
        "reason": "ContainersNotInitialized",
        "message": f"containers with incomplete status: [{' '.join(missing)}]",
    }
    started = phase != "Pending" or any(each.get("containerID") for each in _statuses(pod))
    conditions = [
        _condition(pod, now, "PodReadyToStartContainers", started),
        _condition(pod, now, "Initialized", not missing, uninitialized),
        _condition(pod, now, "Ready", ready, unready),
        _condition(pod, now, "ContainersReady", ready, unready),
        # The scheduler's, but of a pod that was made for a node the kubelet says it.
        condition(pod, "PodScheduled") or _condition(pod, now, "PodScheduled", True),
    ]
    # The kubelet owns these conditions, but not the API server's DisruptionTarget of an evicted pod: it stays.
    disrupted = condition(pod, "DisruptionTarget")
    if disrupted:
        conditions.insert(0, disrupted)
    return {**pod.status, "phase": phase, "conditions": conditions}


def _condition(pod: Stored, now: str, type_: str, holds: bool, why: Body | None = None) -> Body:
    before, status, since = condition(pod, type_), str(holds), now
    if before.get("status") == status:
        since = before["lastTransitionTime"]
    new: Body = {"type": type_, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    if not holds and why:
        new |= why
    return new


def init_containers(pod: Stored) -> list[Body]:
    """Return the init containers of a pod, sidecars among them, in their order."""
    return pod.spec.get("initContainers") or []


def is_sidecar(spec: Body) -> bool:
    """Return whether an init container is a sidecar: it is restarted as long as its pod runs (KEP-753)."""
    return bool(spec.get("restartPolicy") == "Always")


def running_on(pod: Stored) -> list[Body]:
    """Return the containers that run as long as their pod does: those that are no init containers, and sidecars."""
    return [*pod.spec["containers"], *filter(is_sidecar, init_containers(pod))]


def probed(pod: Stored, probe: str) -> list[Body]:
    """Return the containers that have a probe, of those that run as long as their pod does."""
    return [each for each in running_on(pod) if probe in each]


def initialized(pod: Stored, spec: Body) -> bool:
    """Return whether what comes after an init container may start: it has ended well, or is a sidecar that runs."""
    status = known(pod, spec["name"])
    if is_sidecar(spec):
        return bool(status.get("started"))
    return bool(status.get("ready"))


def next_init_container(pod: Stored) -> Body | None:
    """Return the init container that a pod's start waits for; None if its containers may start, or have."""
    return next((each for each in init_containers(pod) if not initialized(pod, each)), None)


def _unready(pod: Stored) -> list[str]:
    sidecars = [each["name"] for each in init_containers(pod) if is_sidecar(each)]
    unready = [name for name in sidecars if not known(pod, name)["ready"]]
    return unready + [each["name"] for each in pod.spec["containers"]]


def creating(pod: Stored) -> str:
    """Return why the containers of a new pod wait."""
    if init_containers(pod):
        return "PodInitializing"
    return "ContainerCreating"


def all_to_start(pod: Stored) -> list[Body]:
    """Return the containers that are to start next: an init container, or all of the others."""
    init = next_init_container(pod)
    if init is not None:
        return [init]
    others: list[Body] = pod.spec["containers"]
    return others


def to_start(pod: Stored) -> Body:
    """Return the first container that is to start next."""
    return all_to_start(pod)[0]


def unchanged(spec: Body, before: Body) -> Body:
    """Return the status of containers that nothing has happened to."""
    return before or waiting("PodInitializing")(spec, before)


def only(names: Container[str], state: ContainerState) -> ContainerState:
    """Return the status of some containers; nothing has happened to the others."""

    def of_one(spec: Body, before: Body) -> Body:
        if spec["name"] in names:
            return state(spec, before)
        return unchanged(spec, before)

    return of_one


def if_running(state: ContainerState) -> ContainerState:
    """Return the status of the containers that run; nothing has happened to the others."""

    def of_one(spec: Body, before: Body) -> Body:
        if "running" in before.get("state", {}):
            return state(spec, before)
        return unchanged(spec, before)

    return of_one


def container(spec: Body, state: Body, *, before: Body, **more: Any) -> Body:
    """Return one container's status, with what is kept from the one before."""
    kept: Body = {key: before[key] for key in ("containerID", "lastState") if key in before}
    status: Body = {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": "",
        "ready": False,
        "started": "running" in state,
        "restartCount": before.get("restartCount", 0),
        "lastState": {},
        **kept,
        "state": state,
    }
    return status | more


def known(pod: Stored, name: str) -> Body:
    """Return the status of a container; empty if it has none yet."""
    return next((each for each in _statuses(pod) if each["name"] == name), {})


def running(pod: Stored) -> bool:
    """Return whether any of a pod's containers runs."""
    return any("running" in each["state"] for each in _statuses(pod))


def lacks_image(pod: Stored) -> bool:
    """Return whether any of a pod's containers waits for an image."""
    waits = [each["state"].get("waiting") or {} for each in _statuses(pod)]
    return any("Image" in each.get("reason", "") for each in waits)


def without_container(pod: Stored) -> str:
    """Return the phase of a pod whose containers wait: Pending, unless they have run."""
    if any(each.get("containerID") for each in pod.status.get("containerStatuses") or ()):
        return "Running"
    return "Pending"


def _statuses(pod: Stored) -> list[Body]:
    return [*(pod.status.get("initContainerStatuses") or ()), *(pod.status.get("containerStatuses") or ())]


def waiting(reason: str, message: str = "") -> ContainerState:
    """Return the status of containers that wait."""
    waits = {"reason": reason}
    if message:
        waits["message"] = message

    def state(spec: Body, before: Body) -> Body:
        status = container(spec, {"waiting": waits}, before=before)
        if "terminated" in before.get("state", {}):
            status["lastState"] = before["state"]
        return status

    return state


def never_started(spec: Body, before: Body) -> Body:
    """Return the status of containers of a deleted pod that were never created."""
    return container(spec, {"terminated": NEVER_STARTED}, before=before)


def terminated(before: Body, now: str, reason: str, exit_code: int) -> Body:
    """Return the state of a container that has ended."""
    began = before.get("state", {}).get("running", {}).get("startedAt", now)
    ended = {"exitCode": exit_code, "reason": reason, "startedAt": began, "finishedAt": now}
    return {"terminated": ended | {"containerID": before.get("containerID", "")}}


def ended(now: str, reason: str, exit_code: int) -> ContainerState:
    """Return the status of containers that have ended, now or before."""

    def state(spec: Body, before: Body) -> Body:
        if "running" not in before.get("state", {}):
            last = before.get("lastState", {}).get("terminated") or before.get("state", {}).get("terminated")
            return container(spec, {"terminated": last}, before=before)
        return container(spec, terminated(before, now, reason, exit_code), before=before)

    return state


def init_ended(now: str, reason: str, exit_code: int) -> ContainerState:
    """Return the status of init containers that end now; one that has ended well is ready, unless it is a sidecar."""

    def state(spec: Body, before: Body) -> Body:
        well = exit_code == 0 and not is_sidecar(spec)
        return container(spec, terminated(before, now, reason, exit_code), before=before, ready=well)

    return state


def crash_back_off(pod: Stored, seconds: float) -> ContainerState:
    """Return the status of containers that have exited, and will be restarted in so many seconds."""

    def state(spec: Body, before: Body) -> Body:
        where = f"{spec['name']} pod={pod.name}_{pod.namespace}({pod.uid})"
        message = f"back-off {_go_time(seconds)} restarting failed container={where}"
        waits = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        return {**before, "lastState": before["state"], "state": waits, "started": False}

    return state


def restarted(fresh: ContainerState) -> ContainerState:
    """Return the status of containers that are started again after they have exited."""

    def state(spec: Body, before: Body) -> Body:
        last = before["lastState"]
        if "terminated" in before["state"]:
            last = before["state"]
        return {**fresh(spec, before), "restartCount": before["restartCount"] + 1, "lastState": last}

    return state


def _go_time(seconds: float) -> str:
    """Write seconds as Go does: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return f"{rest}s"
    return f"{minutes}m{rest}s"
