"""The stages of each pod's life, as first seen."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..kube.objects import EndpointSlice, Event, Pod, older
from ..records import Begun, Gone, Listed, Record, Seen

WAITS = ("Pulling", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
"""The reasons of Events that say what the start of a pod waits for."""
UNWELL = ("Unhealthy", "NodeNotReady")
"""The reasons of Events that say why a pod that runs is not Ready, or does not stay so."""
_FIELD_OF_REASON = {**dict.fromkeys(WAITS, "said"), **dict.fromkeys(UNWELL, "unwell")}

PodHistories = Mapping[str, "PodHistory"]


class PodHistory(Struct, frozen=True):
    """When the stages of a pod were first seen, on the run's clock; None: not seen, or before the listing.

    `losses` are when it lost its readiness, `restarts` which container was seen to have been restarted and when, and
    `said` is what an Event says that its start waits for, `unwell` what one says of its health.
    """

    pod: Pod
    listed: bool = False
    created: float | None = None
    scheduled: float | None = None
    started: float | None = None
    ready: float | None = None
    serving: float | None = None
    deleted: float | None = None
    stopped: float | None = None
    gone: float | None = None
    losses: tuple[float, ...] = ()
    restarts: tuple[tuple[str, float], ...] = ()
    said: str = ""
    unwell: str = ""
    proof: tuple[str, float] | None = None
    """The effect of a kill: "gone", or "stopped": terminating with nothing running; and when it was first seen."""


def with_record(histories: PodHistories, record: Record, at: float) -> PodHistories:
    """Return the lives after a record."""
    match record:
        case Begun(injection=0):
            # Who was gone before is nobody's victim or replacement any more: a long test must not remember all pods.
            return {uid: history for uid, history in histories.items() if history.gone is None}
        case Listed(objects=objects):
            pods = [each for each in objects if isinstance(each, Pod)]
            return {**histories, **{pod.uid: PodHistory(pod, listed=True) for pod in pods}} if pods else histories
        case Seen(object=Pod() as pod):
            return {**histories, pod.uid: _seen(histories.get(pod.uid), pod, at)}
        case Gone(object=Pod() as pod):
            return {**histories, pod.uid: _gone(histories.get(pod.uid), pod, at)}
        case Seen(object=Event(about=about) as event) if about.uid in histories and event.reason in _FIELD_OF_REASON:
            said: dict[str, Any] = {_FIELD_OF_REASON[event.reason]: f"{event.reason}: {event.message}"}
            return {**histories, about.uid: replace(histories[about.uid], **said)}
        case Seen(object=EndpointSlice(ready=uids)):
            fresh = [
                histories[uid]
                for uid in uids
                if uid in histories and histories[uid].serving is None and not histories[uid].listed
            ]
            return (
                {**histories, **{history.pod.uid: replace(history, serving=at) for history in fresh}}
                if fresh
                else histories
            )
    return histories


def _seen(history: PodHistory | None, pod: Pod, at: float) -> PodHistory:
    """The life after a pod was seen: most of what an event tells is as it was."""
    history = history or PodHistory(pod, created=at)
    changes: dict[str, Any] = {} if history.listed else _reached(history, pod, at)
    if history.deleted is None and pod.deleting:
        changes["deleted"] = at
    if history.stopped is None and pod.stopped:
        changes["stopped"] = at
    if history.pod.ready and not pod.ready and pod.active:
        changes["losses"] = (*history.losses, at)
    if pod.containers != history.pod.containers:
        changes["restarts"] = history.restarts + tuple((name, at) for name in _restarted(history.pod, pod))
    if history.proof is None and pod.deleting and pod.stopped:
        changes["proof"] = ("stopped", at)
    return replace(history, pod=pod, **changes)


def _reached(history: PodHistory, pod: Pod, at: float) -> dict[str, float]:
    """The stages that a pod has only now; what a listed pod had reached before we looked has no time."""
    now = {"scheduled": bool(pod.node), "started": pod.started, "ready": pod.ready}
    return {stage: at for stage, reached in now.items() if reached and getattr(history, stage) is None}


def _restarted(before: Pod, pod: Pod) -> list[str]:
    """Name the containers that have been restarted since."""
    known = {each.name: each.restarts for each in before.containers}
    return [each.name for each in pod.containers if each.restarts > known.get(each.name, 0)]


def _gone(history: PodHistory | None, pod: Pod, at: float) -> PodHistory:
    history = history or PodHistory(pod, created=at)
    deleted = at if history.deleted is None else history.deleted
    return replace(history, pod=pod, deleted=deleted, gone=at, proof=history.proof or ("gone", at))


def stale(histories: PodHistories, record: Record) -> bool:
    """Whether a record tells of a pod what is older than what is known: it changes nothing."""
    # A tuple here and there on the way of every record: `Seen | Gone` would be made anew each time.
    if not isinstance(record, (Seen, Gone)) or not isinstance(record.object, Pod):
        return False
    history = histories.get(record.object.uid)
    return history is not None and (history.gone is not None or older(record.object, history.pod))
