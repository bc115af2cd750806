"""What should have happened long ago and did not, where the API gives no reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..kube.kinds import KINDS
from .health import awaited, lingers
from .pod_history import Life
from .reasons import ALERTS
from .recovery import added, begun
from .state import State
from .target_state import World

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
    experiment, world = begun(state), state.world
    missing = state.health.wanted - len(world.active)
    if missing > 0 and not world.failure and not world.lost and state.at >= experiment.owed_from + SILENCE:
        message = f"{missing} of {state.health.wanted} pods not created{_in_the_way(world)}"
        yield Absence("NotCreated", "", experiment.owed_from, message)
    for life in added(state):
        since = life.created if not life.pod.node else life.scheduled
        if not life.pod.active or life.started is not None or since is None or state.at < since + SILENCE:
            continue
        pod = f"pod/{life.pod.name}"
        if not life.pod.node and not life.pod.unschedulable:
            yield Absence("NotScheduled", pod, since, "the scheduler said nothing")
        elif life.pod.node and not _told(life):
            yield Absence("NotStarted", pod, since, _start_waits_for(life))


def _in_the_way(world: World) -> str:
    """Name the pod that its successor waits for, where one is made only once that of the same name is gone."""
    dying = [pod for pod in world.owned if pod.deleting]
    if not dying or not KINDS[world.kind].keeps_names:
        return ""
    first = min(dying, key=lambda pod: pod.name)
    return f": pod {first.name} is {lingers(first)}"


def _start_waits_for(life: Life) -> str:
    if init := awaited(life.pod):
        return init.text
    return life.said or "the kubelet said nothing"


def _told(life: Life) -> bool:
    return any(each.reason in ALERTS for each in (*life.pod.init_containers, *life.pod.containers))
