"""The stages of each pod's life, as first seen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..model import EndpointSlice, Gone, Listed, Pod, Record, Seen

Lives = Mapping[str, "Life"]


@dataclass(frozen=True, slots=True)
class Life:
    """When the stages of a pod were first seen, on the run's clock; None: not seen, or before the listing."""

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
    lost_ready: int = 0
    proof: tuple[str, float] | None = None
    """The effect of a kill: "gone", or "stopped": terminating with nothing running; and when it was first seen."""


def live(lives: Lives, record: Record, at: float) -> Lives:
    """Return the lives after a record."""
    match record:
        case Listed(kind="Pod", objects=objects):
            pods = [each for each in objects if isinstance(each, Pod)]
            return {**lives, **{pod.uid: Life(pod, listed=True) for pod in pods}}
        case Seen(object=Pod() as pod):
            return {**lives, pod.uid: _seen(lives.get(pod.uid), pod, at)}
        case Gone(object=Pod() as pod):
            return {**lives, pod.uid: _gone(lives.get(pod.uid), pod, at)}
        case Seen(object=EndpointSlice(ready=uids)):
            fresh = [
                lives[uid] for uid in uids if uid in lives and lives[uid].serving is None and not lives[uid].listed
            ]
            return {**lives, **{life.pod.uid: replace(life, serving=at) for life in fresh}} if fresh else lives
    return lives


def _seen(life: Life | None, pod: Pod, at: float) -> Life:
    life = life or Life(pod, created=at)
    lost = life.pod.ready and not pod.ready and pod.active
    dying = pod.deleting and pod.stopped
    return replace(
        life,
        pod=pod,
        scheduled=_first(life, "scheduled", bool(pod.node), at),
        started=_first(life, "started", pod.started, at),
        ready=_first(life, "ready", pod.ready, at),
        deleted=at if life.deleted is None and pod.deleting else life.deleted,
        stopped=at if life.stopped is None and pod.stopped else life.stopped,
        lost_ready=life.lost_ready + lost,
        proof=life.proof or (("stopped", at) if dying else None),
    )


def _gone(life: Life | None, pod: Pod, at: float) -> Life:
    life = life or Life(pod, created=at)
    return replace(life, pod=pod, deleted=life.deleted or at, gone=life.gone or at, proof=life.proof or ("gone", at))


def _first(life: Life, stage: str, reached: bool, at: float) -> float | None:
    """The first time of a stage; what a listed pod had reached before we looked has no time."""
    known: float | None = getattr(life, stage)
    return at if known is None and reached and not life.listed else known
