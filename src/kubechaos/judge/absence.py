"""What should have happened long ago and did not, where the API gives no reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..kube.kinds import KINDS
from .pod_history import PodHistory
from .pod_trouble import running_init_container, trouble, why_not_gone
from .reasons import ALERTS
from .recovery import added, experiment_of
from .state import State
from .target_state import TargetState

SILENCE: Final = 3.0
"""How many seconds a pod may wait for its next step before an alert says that the step is missing."""


@dataclass(frozen=True, slots=True)
class Absence:
    """One step that did not happen.

    name: the name of the alert on it, like "NotScheduled".
    object: what it did not happen to, like "pod/web-1"; "" for the target as a unit.
    since: from when on it was expected, on the run's clock.
    message: what is missing, or what the pod waits for.
    """

    name: str
    object: str
    since: float
    message: str


def absences(state: State) -> Iterator[Absence]:
    """Yield the pods that are not created, scheduled or started in time."""
    yield from _missing_pods(state)
    for history in added(state):
        yield from _missing_step(history, state.at)


def _missing_pods(state: State) -> Iterator[Absence]:
    """Yield one absence if there are fewer pods than wanted and the API names no reason."""
    target, since = state.target, _missing_since(state)
    missing = state.health.wanted - len(target.active)
    if missing <= 0 or target.failure or target.lost or state.at < since + SILENCE:
        return
    message = f"{missing} of {state.health.wanted} pods not created{_blocking_pod(target)}"
    yield Absence("NotCreated", "", since, message)


def _missing_since(state: State) -> float:
    """Return since when a pod is missing: the recovery was owed, or later if one more was lost, or is wanted."""
    experiment = experiment_of(state)
    others = [history for history in state.owned if history.pod.uid not in experiment.victims]
    lost = [history.deleted for history in others if history.deleted is not None]
    wanted = [change.at for change in experiment.changes if change.spec]
    return max([experiment.recovery_starts, *lost, *wanted])


def _missing_step(history: PodHistory, now: float) -> Iterator[Absence]:
    """Yield the next step of a new pod if it has taken longer than SILENCE."""
    pod, name = history.pod, f"pod/{history.pod.name}"
    if not pod.active or history.started is not None:
        return
    since = history.scheduled if pod.node else history.created
    if since is None or now < since + SILENCE:
        return
    if not pod.node and not pod.unschedulable:
        yield Absence("NotScheduled", name, since, history.start_event or "the scheduler said nothing")
    elif pod.node and not _has_alert(history):
        yield Absence("NotStarted", name, since, _start_waits_for(history))


def _blocking_pod(target: TargetState) -> str:
    """Return the end of a message: which terminating pod keeps its successor from being created; "" if none does."""
    # A StatefulSet creates no pod whose name is still in use. A ReplicaSet does not wait: it replaces a pod as soon as
    # that has a deletionTimestamp.
    terminating = [pod for pod in target.owned if pod.deleting]
    if not terminating or not KINDS[target.kind].keeps_names:
        return ""
    first = min(terminating, key=lambda pod: pod.name)
    return f": pod {first.name} is {why_not_gone(first)}"


def _start_waits_for(history: PodHistory) -> str:
    """Return what the start of a pod waits for, as far as its status or an Event says."""
    known = trouble(history.pod) or running_init_container(history.pod)
    if known:
        return known.text
    return history.start_event or history.health_event or "the kubelet said nothing"


def _has_alert(history: PodHistory) -> bool:
    """Whether a container of the pod gives a reason that has an alert of its own."""
    containers = (*history.pod.init_containers, *history.pod.containers)
    return any(container.reason in ALERTS for container in containers)
