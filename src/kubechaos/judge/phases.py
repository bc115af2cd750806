"""The pods that went and those that came after a fault, and when each reached its stages."""

from collections.abc import Sequence
from math import inf

from msgspec import Struct

from ..kube.kinds import KINDS
from .pod_history import PodHistory
from .recovery import added
from .state import State


class Victim(Struct, frozen=True):
    """A pod that was chosen for the fault.

    name: its name.
    uid: its uid.
    node: the name of its node.
    gone: when it left the API, in seconds from t0; None if that was not seen, as of a pod that is restarted in place.
    """

    name: str
    uid: str
    node: str
    gone: float | None


class Removed(Struct, frozen=True):
    """A pod of the target that went. Times are seconds from t0; None if the stage was not seen.

    name: its name.
    uid: its uid.
    node: the name of its node; "" if it was never scheduled.
    deleted: when it got its deletionTimestamp.
    stopped: when none of its containers was running any more.
    gone: when it left the API.
    """

    name: str
    uid: str
    node: str
    deleted: float | None
    stopped: float | None
    gone: float | None


class Added(Struct, frozen=True):
    """A pod of the target that came. Times are seconds from t0; None if the stage was not seen.

    name: its name.
    uid: its uid.
    node: the name of its node; "" if it was not scheduled.
    created: when it was first in the API.
    scheduled: when it had a node.
    started: when all its containers were running.
    ready: when its Ready condition was true.
    serving: when it was a ready endpoint of a Service.
    replaces: the uid of the pod whose place it took, where Kubernetes pairs them: by the ordinal of a StatefulSet, by
        the node of a DaemonSet; None elsewhere.
    """

    name: str
    uid: str
    node: str
    created: float | None
    scheduled: float | None
    started: float | None
    ready: float | None
    serving: float | None
    replaces: str | None


class Phases(Struct, frozen=True):
    """The pods that went and those that came after t0.

    removed: the pods that went, in the order in which they were first seen.
    added: the pods that came, in the order in which they were first seen.

    A Deployment pairs neither with the other; `Added.replaces` says where Kubernetes does.
    """

    removed: tuple[Removed, ...]
    added: tuple[Added, ...]


def phases(state: State, t0: float) -> Phases:
    """Return the target's pods that went and came since t0."""
    gone = [history for history in state.owned if history.deleted is not None and history.deleted >= t0]
    return Phases(
        tuple(_removed(history, t0) for history in gone),
        tuple(_added(history, t0, _predecessor(history, gone, state.target.kind)) for history in added(state)),
    )


def victim(history: PodHistory, t0: float) -> Victim:
    """Return a pod that was chosen for the fault, and when it left the API."""
    return Victim(history.pod.name, history.pod.uid, history.pod.node, _after(history.gone, t0))


def _removed(history: PodHistory, t0: float) -> Removed:
    pod = history.pod
    deleted, stopped, gone = (_after(at, t0) for at in (history.deleted, history.stopped, history.gone))
    return Removed(pod.name, pod.uid, pod.node, deleted, stopped, gone)


def _predecessor(history: PodHistory, gone: Sequence[PodHistory], kind: str) -> str | None:
    """Return the uid of the pod whose place this one took; None if Kubernetes does not pair them."""
    place_of = KINDS[kind].place
    place = place_of(history.pod)
    if not place:
        return None
    # A place may have been taken more than once: the last pod before this one is the predecessor.
    before = [each.pod for each in gone if (each.created or -inf) < (history.created or inf)]
    same_place = [pod.uid for pod in before if place_of(pod) == place]
    return same_place[-1] if same_place else None


def _added(history: PodHistory, t0: float, replaces: str | None) -> Added:
    pod = history.pod
    stages = (history.created, history.scheduled, history.started, history.ready, history.serving)
    created, scheduled, started, ready, serving = (_after(at, t0) for at in stages)
    return Added(pod.name, pod.uid, pod.node, created, scheduled, started, ready, serving, replaces)


def _after(at: float | None, t0: float) -> float | None:
    return None if at is None else at - t0
