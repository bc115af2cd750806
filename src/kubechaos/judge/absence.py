"""What should have happened long ago and did not, where the API gives no reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..kube.kinds import KINDS
from .health import running_init_container, why_not_gone
from .pod_history import PodHistory
from .reasons import ALERTS
from .recovery import added, begun
from .state import State
from .target_state import TargetState

SILENCE: Final = 3.0
"""Seconds after which what the API should have said, and did not, is worth an alert."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Whose silence it is, and since when; `object` is the pod, "" for the whole target."""

    name: str
    object: str
    since: float
    message: str


def absences(state: State) -> Iterator[Absence]:
    """Yield what is missing: pods that nobody creates, schedules or starts."""
    experiment, target = begun(state), state.target
    missing = state.health.wanted - len(target.active)
    if missing > 0 and not target.failure and not target.lost and state.at >= experiment.recovery_starts + SILENCE:
        message = f"{missing} of {state.health.wanted} pods not created{_in_the_way(target)}"
        yield Absence("NotCreated", "", experiment.recovery_starts, message)
    for history in added(state):
        since = history.created if not history.pod.node else history.scheduled
        if not history.pod.active or history.started is not None or since is None or state.at < since + SILENCE:
            continue
        pod = f"pod/{history.pod.name}"
        if not history.pod.node and not history.pod.unschedulable:
            yield Absence("NotScheduled", pod, since, "the scheduler said nothing")
        elif history.pod.node and not _explained(history):
            yield Absence("NotStarted", pod, since, _start_waits_for(history))


def _in_the_way(target: TargetState) -> str:
    """Name the pod that its successor waits for, where one is made only once that of the same name is gone."""
    dying = [pod for pod in target.owned if pod.deleting]
    if not dying or not KINDS[target.kind].keeps_names:
        return ""
    first = min(dying, key=lambda pod: pod.name)
    return f": pod {first.name} is {why_not_gone(first)}"


def _start_waits_for(history: PodHistory) -> str:
    if init := running_init_container(history.pod):
        return init.text
    return history.start_event or "the kubelet said nothing"


def _explained(history: PodHistory) -> bool:
    return any(each.reason in ALERTS for each in (*history.pod.init_containers, *history.pod.containers))
