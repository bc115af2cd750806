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
_TELLS = {**dict.fromkeys(WAITS, "said"), **dict.fromkeys(UNWELL, "unwell")}

Lives = Mapping[str, "Life"]


class Life(Struct, frozen=True):
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


def live(lives: Lives, record: Record, at: float) -> Lives:
    """Return the lives after a record."""
    match record:
        case Begun(injection=0):
            # Who was gone before is nobody's victim or replacement any more: a long test must not remember all pods.
            return {uid: life for uid, life in lives.items() if life.gone is None}
        case Listed(objects=objects):
            pods = [each for each in objects if isinstance(each, Pod)]
            return {**lives, **{pod.uid: Life(pod, listed=True) for pod in pods}} if pods else lives
        case Seen(object=Pod() as pod):
            return {**lives, pod.uid: _seen(lives.get(pod.uid), pod, at)}
        case Gone(object=Pod() as pod):
            return {**lives, pod.uid: _gone(lives.get(pod.uid), pod, at)}
        case Seen(object=Event(about=about) as event) if about.uid in lives and event.reason in _TELLS:
            told: dict[str, Any] = {_TELLS[event.reason]: f"{event.reason}: {event.message}"}
            return {**lives, about.uid: replace(lives[about.uid], **told)}
        case Seen(object=EndpointSlice(ready=uids)):
            fresh = [
                lives[uid] for uid in uids if uid in lives and lives[uid].serving is None and not lives[uid].listed
            ]
            return {**lives, **{life.pod.uid: replace(life, serving=at) for life in fresh}} if fresh else lives
    return lives


def _seen(life: Life | None, pod: Pod, at: float) -> Life:
    """The life after a pod was seen: most of what an event tells is as it was."""
    life = life or Life(pod, created=at)
    news: dict[str, Any] = {} if life.listed else _reached(life, pod, at)
    if life.deleted is None and pod.deleting:
        news["deleted"] = at
    if life.stopped is None and pod.stopped:
        news["stopped"] = at
    if life.pod.ready and not pod.ready and pod.active:
        news["losses"] = (*life.losses, at)
    if pod.containers != life.pod.containers:
        news["restarts"] = life.restarts + tuple((name, at) for name in _restarted(life.pod, pod))
    if life.proof is None and pod.deleting and pod.stopped:
        news["proof"] = ("stopped", at)
    return replace(life, pod=pod, **news)


def _reached(life: Life, pod: Pod, at: float) -> dict[str, float]:
    """The stages that a pod has only now; what a listed pod had reached before we looked has no time."""
    now = {"scheduled": bool(pod.node), "started": pod.started, "ready": pod.ready}
    return {stage: at for stage, reached in now.items() if reached and getattr(life, stage) is None}


def _restarted(before: Pod, pod: Pod) -> list[str]:
    """Name the containers that have been restarted since."""
    known = {each.name: each.restarts for each in before.containers}
    return [each.name for each in pod.containers if each.restarts > known.get(each.name, 0)]


def _gone(life: Life | None, pod: Pod, at: float) -> Life:
    life = life or Life(pod, created=at)
    deleted = at if life.deleted is None else life.deleted
    return replace(life, pod=pod, deleted=deleted, gone=at, proof=life.proof or ("gone", at))


def stale(lives: Lives, record: Record) -> bool:
    """Whether a record tells of a pod what is older than what is known: it changes nothing."""
    # A tuple here and there on the way of every record: `Seen | Gone` would be made anew each time.
    if not isinstance(record, (Seen, Gone)) or not isinstance(record.object, Pod):
        return False
    life = lives.get(record.object.uid)
    return life is not None and (life.gone is not None or older(record.object, life.pod))
