"""Which pods went and which came after a fault, and when each reached its stages."""

from collections.abc import Sequence
from math import inf

from msgspec import Struct

from ..kube.kinds import KINDS
from .pod_history import Life
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
    gone = [life for life in state.owned if life.deleted is not None and life.deleted >= t0]
    return Phases(
        tuple(_removed(life, t0) for life in gone),
        tuple(_added(life, t0, _place_of(life, gone, state.world.kind)) for life in added(state)),
    )


def victim(life: Life, t0: float) -> Victim:
    """Return what became of a pod that was chosen for the fault."""
    return Victim(life.pod.name, life.pod.uid, life.pod.node, _after(life.gone, t0))


def _removed(life: Life, t0: float) -> Removed:
    pod = life.pod
    return Removed(pod.name, pod.uid, pod.node, *(_after(at, t0) for at in (life.deleted, life.stopped, life.gone)))


def _place_of(life: Life, gone: Sequence[Life], kind: str) -> str | None:
    """Return the uid of the last pod before this one whose place it took, where Kubernetes pairs them."""
    place = KINDS[kind].place
    mine = place(life.pod)
    before = [each.pod for each in gone if (each.created or -inf) < (life.created or inf)]
    same = [pod.uid for pod in before if mine and place(pod) == mine]
    return same[-1] if same else None


def _added(life: Life, t0: float, replaces: str | None) -> Added:
    pod = life.pod
    stages = (life.created, life.scheduled, life.started, life.ready, life.serving)
    created, scheduled, started, ready, serving = (_after(at, t0) for at in stages)
    return Added(pod.name, pod.uid, pod.node, created, scheduled, started, ready, serving, replaces)


def _after(at: float | None, t0: float) -> float | None:
    return None if at is None else at - t0
