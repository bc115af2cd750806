"""Which pods went and which came after a fault, and when each reached its stages."""

from collections.abc import Sequence
from math import inf

from msgspec import Struct

from ..kube.kinds import KINDS
from .pod_history import PodHistory
from .recovery import added
from .state import State


class Victim(Struct, frozen=True):
    """A pod that was chosen for the fault.

    `name`, `uid` and `node` are the pod's; `gone` is when it had left the API, in seconds from t0, None if that was not
    seen (a victim whose container is restarted in place stays).
    """

    name: str
    uid: str
    node: str
    gone: float | None


class Removed(Struct, frozen=True):
    """A pod that went.

    `name`, `uid` and `node` are the pod's. When it was `deleted` (got its deletionTimestamp), `stopped` (none of its
    containers ran any more) and `gone` (left the API): seconds from t0, None if that was not seen.
    """

    name: str
    uid: str
    node: str
    deleted: float | None
    stopped: float | None
    gone: float | None


class Added(Struct, frozen=True):
    """A pod that came.

    `name`, `uid` and `node` are the pod's. When it was first seen `created`, `scheduled` on its node, `started` (all
    its containers run), `ready` (its Ready condition) and `serving` (a ready endpoint of a Service): seconds from t0,
    None if that was not seen. `replaces` is the uid of the pod whose place it took, where Kubernetes pairs them: the
    ordinal of a StatefulSet, the node of a DaemonSet; None elsewhere.
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
    """The pods that went, `removed`, and those that came, `added`; paired only by `Added.replaces`."""

    removed: tuple[Removed, ...]
    added: tuple[Added, ...]


def phases(state: State, t0: float) -> Phases:
    """Return the target's pods that went and came since t0."""
    gone = [history for history in state.owned if history.deleted is not None and history.deleted >= t0]
    return Phases(
        tuple(_removed(history, t0) for history in gone),
        tuple(_added(history, t0, _place_of(history, gone, state.target.kind)) for history in added(state)),
    )


def victim(history: PodHistory, t0: float) -> Victim:
    """Return what became of a pod that was chosen for the fault."""
    return Victim(history.pod.name, history.pod.uid, history.pod.node, _after(history.gone, t0))


def _removed(history: PodHistory, t0: float) -> Removed:
    pod = history.pod
    return Removed(
        pod.name, pod.uid, pod.node, *(_after(at, t0) for at in (history.deleted, history.stopped, history.gone))
    )


def _place_of(history: PodHistory, gone: Sequence[PodHistory], kind: str) -> str | None:
    """Return the uid of the last pod before this one whose place it took, where Kubernetes pairs them."""
    place = KINDS[kind].place
    mine = place(history.pod)
    before = [each.pod for each in gone if (each.created or -inf) < (history.created or inf)]
    same = [pod.uid for pod in before if mine and place(pod) == mine]
    return same[-1] if same else None


def _added(history: PodHistory, t0: float, replaces: str | None) -> Added:
    pod = history.pod
    stages = (history.created, history.scheduled, history.started, history.ready, history.serving)
    created, scheduled, started, ready, serving = (_after(at, t0) for at in stages)
    return Added(pod.name, pod.uid, pod.node, created, scheduled, started, ready, serving, replaces)


def _after(at: float | None, t0: float) -> float | None:
    return None if at is None else at - t0
