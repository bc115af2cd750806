"""The history of each pod: when it was first seen at each stage."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..kube.objects import EndpointSlice, Event, Pod, older
from ..records import Begun, Gone, Listed, Record, Seen
from .pod_trouble import is_starting

# Of some troubles the status of a pod says nothing, or not yet: a hanging image pull or mount leaves its container in
# ContainerCreating, and an Event is the only word on it. They are used to explain a verdict, never to reach one.
BEFORE_PULL = ("Pulling", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
"""The reasons of Events on a start that are over once the image of a container is there."""
SCHEDULING = "FailedScheduling"
"""The reason of the scheduler's Events, which are over once a pod has a node."""
PROGRESS = ("Pulled", "Created")
"""The reasons of Events that such a start goes on: the image is there."""
UNHEALTHY = ("Unhealthy", "NodeNotReady")
"""The reasons of Events that say why a started pod is not Ready."""

PodHistories = Mapping[str, "PodHistory"]
"""The history of each pod by its uid."""


class PodHistory(Struct, frozen=True):
    """When a pod was first seen at each stage, on the run's clock; None if it was not seen, or before the listing.

    pod: its last version.
    listed: whether it was there already in a listing, so that its earlier stages have no time.
    created: it was first seen.
    scheduled: it had a node.
    started: all its containers were running.
    ready: its Ready condition was true.
    serving: it was a ready endpoint of a Service.
    deleted: it had a deletionTimestamp.
    stopped: none of its containers was running any more.
    gone: it was no longer in the API.
    losses: each time at which it lost its readiness.
    restarts: each restart in place: the name of the container, and when it was seen.
    ready_since: since when it was Ready the last time it was seen so, by the server's clock; 0.0 before.
    start_event: the last Event on what its start waits for, as "Reason: message"; "" for none, or once it has started.
    health_event: the last Event on why it is not Ready, as "Reason: message"; "" for none, or when it becomes Ready for
        the first time.
    proof: the first sign that a kill had its effect, and when: "stopped" (terminating, and nothing of it running) or
        "gone".
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
    ready_since: float = 0.0
    start_event: str = ""
    health_event: str = ""
    proof: tuple[str, float] | None = None


def with_record(histories: PodHistories, record: Record, at: float) -> PodHistories:
    """Return the histories after a record; the same object where it changes none of them."""
    match record:
        case Begun(injection=0):
            # Memory must not grow with the number of experiments: a pod that was gone before this one can be neither a
            # victim nor a replacement in it.
            return {uid: history for uid, history in histories.items() if history.gone is None}
        case Listed(kind="Pod", objects=objects):
            pods = [each for each in objects if isinstance(each, Pod)]
            listed = {pod.uid: PodHistory(pod, listed=True, ready_since=pod.ready_since) for pod in pods}
            return {**histories, **listed} if pods else histories
        case Seen(object=Pod() as pod):
            return {**histories, pod.uid: _after_seen(histories.get(pod.uid), pod, at)}
        case Gone(object=Pod() as pod):
            return {**histories, pod.uid: _after_gone(histories.get(pod.uid), pod, at)}
        case Seen(object=Event(about=about) as event) if about.uid in histories:
            return _with_event(histories, event)
        case Seen(object=EndpointSlice(ready=uids)):
            return _with_endpoints(histories, uids, at)
    return histories


def with_events(histories: PodHistories, events: Iterable[Event]) -> PodHistories:
    """Return the histories after Events of a listing, in the order in which they occurred."""
    for event in sorted(events, key=lambda event: event.last):
        if event.about.uid in histories:
            histories = _with_event(histories, event)
    return histories


def _with_event(histories: PodHistories, event: Event) -> PodHistories:
    """Return the histories after an Event about a pod in them."""
    history = histories[event.about.uid]
    after = _after_event(history, event)
    if after is history:
        return histories
    return {**histories, event.about.uid: after}


def _after_event(history: PodHistory, event: Event) -> PodHistory:
    """Return the history of a pod after an Event about it; the same object if that explains nothing."""
    text, starting = f"{event.reason}: {event.message}", is_starting(history.pod)
    # An Event explains only what came after it, and their stream may be late: what is said of the time before the
    # pod became Ready does not explain that it lost its readiness. Both times are whole seconds of one node's clock.
    if 0.0 < event.last < history.ready_since or (event.reason == SCHEDULING and history.pod.node):
        return history
    if starting and event.reason in PROGRESS:
        over = not history.start_event or history.start_event.startswith((*BEFORE_PULL, *PROGRESS))
        return replace(history, start_event=text) if over else history
    if starting and (event.type == "Warning" or event.reason == "Pulling") and event.reason not in UNHEALTHY:
        return replace(history, start_event=text)
    # On a started pod, a mount that fails is that of a deleted volume, and does not touch what runs. Any other Warning
    # may be the reason for what is wrong, but none is as sure as that of a probe.
    vague = event.type == "Warning" and event.reason not in BEFORE_PULL
    probed = history.health_event.startswith(UNHEALTHY)
    if event.reason in UNHEALTHY or (vague and not starting and not probed):
        return replace(history, health_event=text)
    return history


def _with_endpoints(histories: PodHistories, ready_uids: tuple[str, ...], at: float) -> PodHistories:
    """Return the histories after a slice has shown its ready endpoints."""
    known = (histories[uid] for uid in ready_uids if uid in histories)
    newly_serving = [history for history in known if history.serving is None and not history.listed]
    if not newly_serving:
        return histories
    return {**histories, **{history.pod.uid: replace(history, serving=at) for history in newly_serving}}


def _after_seen(history: PodHistory | None, pod: Pod, at: float) -> PodHistory:
    """Return the history of a pod after it was added or modified."""
    if history is None:
        history = PodHistory(pod, created=at)
    # Consecutive versions of a pod differ in little, so only what changed is collected.
    changes: dict[str, Any] = {**_outdated_events(history, pod)}
    if not history.listed:
        changes.update(_new_stages(history, pod, at))
    if history.deleted is None and pod.deleting:
        changes["deleted"] = at
    if history.stopped is None and pod.stopped:
        changes["stopped"] = at
    if history.pod.ready and not pod.ready and pod.active:
        changes["losses"] = (*history.losses, at)
    if pod.containers != history.pod.containers:
        changes["restarts"] = history.restarts + tuple((name, at) for name in _restarted(history.pod, pod))
    # A pod with a finalizer, or on a dead node, may stay in the API for long after its containers have stopped: the
    # fault has had its effect by then. A deletionTimestamp alone is no proof, as its containers run on.
    if history.proof is None and pod.deleting and pod.stopped:
        changes["proof"] = ("stopped", at)
    return replace(history, pod=pod, ready_since=pod.ready_since or history.ready_since, **changes)


def _outdated_events(history: PodHistory, pod: Pod) -> dict[str, str]:
    """Return the Events that explain nothing any more with this version, as fields without a text."""
    outdated = {}
    scheduled = pod.node and not history.pod.node
    if history.start_event and (scheduled or not is_starting(pod)):
        outdated["start_event"] = ""
    # What was said before a pod became Ready is of its start. One that has lost its readiness before keeps it: that is
    # why it flaps.
    if history.health_event and pod.ready and not history.pod.ready and not history.losses:
        outdated["health_event"] = ""
    return outdated


def _new_stages(history: PodHistory, pod: Pod, at: float) -> dict[str, float]:
    """Return the stages that a pod has reached with this version."""
    # The kubelet merges statuses, so a pod may be running, or Ready, in the first status that is published. No stage
    # waits for the one before it.
    now = {"scheduled": bool(pod.node), "started": pod.started, "ready": pod.ready}
    return {stage: at for stage, reached in now.items() if reached and getattr(history, stage) is None}


def _restarted(before: Pod, pod: Pod) -> list[str]:
    """Return the names of the containers that were restarted between two versions of a pod."""
    counts = {container.name: container.restarts for container in before.containers}
    return [container.name for container in pod.containers if container.restarts > counts.get(container.name, 0)]


def _after_gone(history: PodHistory | None, pod: Pod, at: float) -> PodHistory:
    """Return the history of a pod after it left the API."""
    if history is None:
        history = PodHistory(pod, created=at)
    deleted = at if history.deleted is None else history.deleted
    return replace(history, pod=pod, deleted=deleted, gone=at, proof=history.proof or ("gone", at))


def stale(histories: PodHistories, record: Record) -> bool:
    """Whether a record shows a version of a pod that is older than the known one, or one of a pod that is gone."""
    # `isinstance` with tuples, as every record comes by here: `Seen | Gone` would be made anew each time.
    if not isinstance(record, (Seen, Gone)) or not isinstance(record.object, Pod):
        return False
    history = histories.get(record.object.uid)
    # A uid is never used again, so a pod that is gone cannot come back, whatever a late record says.
    return history is not None and (history.gone is not None or older(record.object, history.pod))
