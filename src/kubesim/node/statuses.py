"""What a kubelet says of a pod: phases, conditions, containers."""

from collections.abc import Callable
from typing import Any, Final

from ..store.objects import Body, Stored, condition

ContainerState = Callable[[Body, Body], Body]
"""From a container's spec and its status before to its status."""

NOT_READY: Final = "ContainersNotReady"
NEVER_STARTED: Final = {
    "exitCode": 137,
    "reason": "ContainerStatusUnknown",
    "message": "The container could not be located when the pod was terminated",
    "startedAt": None,
    "finishedAt": None,
}


def told(pod: Stored, now: str, phase: str, *, ready: bool = False, reason: str = "") -> Body:
    """Return a pod's status with a phase, and conditions that say why it is not ready."""
    names = " ".join(each["name"] for each in pod.spec["containers"])
    unready = {"reason": reason or NOT_READY}
    if not reason:
        unready["message"] = f"containers with unready status: [{names}]"
    started = phase != "Pending"
    conditions = [
        _condition(pod, now, "PodReadyToStartContainers", started),
        _condition(pod, now, "Initialized", True),
        _condition(pod, now, "Ready", ready, unready),
        _condition(pod, now, "ContainersReady", ready, unready),
        condition(pod, "PodScheduled"),
    ]
    if disrupted := condition(pod, "DisruptionTarget"):
        conditions.insert(0, disrupted)
    return {**pod.status, "phase": phase, "conditions": conditions}


def _condition(pod: Stored, now: str, type_: str, holds: bool, why: Body | None = None) -> Body:
    before, status = condition(pod, type_), str(holds)
    since = before["lastTransitionTime"] if before.get("status") == status else now
    told: Body = {"type": type_, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    return told if holds or not why else {**told, **why}


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
    """Return what is known of a container; empty if nothing is."""
    return next((each for each in pod.status.get("containerStatuses") or () if each["name"] == name), {})


def terminated(before: Body, now: str, reason: str, exit_code: int) -> Body:
    """Return the state of a container that has ended."""
    began = before.get("state", {}).get("running", {}).get("startedAt", now)
    ended = {"exitCode": exit_code, "reason": reason, "startedAt": began, "finishedAt": now}
    return {"terminated": ended | {"containerID": before.get("containerID", "")}}


def running(pod: Stored) -> bool:
    """Whether any of a pod's containers runs."""
    return any("running" in each["state"] for each in pod.status.get("containerStatuses") or ())


def waiting(reason: str, message: str = "") -> ContainerState:
    """Return the status of containers that wait."""
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}

    def told(spec: Body, before: Body) -> Body:
        ended = "terminated" in before.get("state", {})
        return container(spec, state, before=before, **({"lastState": before["state"]} if ended else {}))

    return told


def lacks_image(pod: Stored) -> bool:
    """Whether any of a pod's containers waits for an image."""
    told = [each["state"].get("waiting") or {} for each in pod.status.get("containerStatuses") or ()]
    return any("Image" in each.get("reason", "") for each in told)


def without_container(pod: Stored) -> str:
    """Return the phase of a pod whose containers wait: Pending, unless they have run."""
    return (
        "Running" if any(each.get("containerID") for each in pod.status.get("containerStatuses") or ()) else "Pending"
    )


def ended(now: str, reason: str, exit_code: int) -> ContainerState:
    """Return the status of containers that have ended, now or before."""

    def state(spec: Body, before: Body) -> Body:
        if "running" not in before.get("state", {}):
            last = before.get("lastState", {}).get("terminated") or before.get("state", {}).get("terminated")
            return container(spec, {"terminated": last}, before=before)
        return container(spec, terminated(before, now, reason, exit_code), before=before)

    return state


def go_time(seconds: float) -> str:
    """Write seconds as Go does: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
