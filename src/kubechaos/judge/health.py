"""What all right means: the one predicate behind steady and recovered."""

from dataclasses import dataclass

from ..model import Pod
from .world import REQUIRED, World


@dataclass(frozen=True, slots=True)
class Health:
    """How the target is: pods ready and wanted, and `unmet`, the first condition that does not hold ("" if all do)."""

    ready: int
    wanted: int
    serving: int | None
    unmet: str

    @property
    def good(self) -> bool:
        """Whether every condition holds."""
        return not self.unmet


def health(world: World, *, floor: int = 0, victims: frozenset[str] = frozenset()) -> Health:
    """Look at the target: `floor` is what was wanted before the fault, `victims` the uids chosen for it."""
    wanted = max(1, world.workload.replicas) if world.workload else max(1, floor)
    active = world.active
    ready = sum(pod.ready for pod in active)
    return Health(ready, wanted, world.serving, _unmet(world, active, wanted, floor, victims))


def _unmet(world: World, active: tuple[Pod, ...], wanted: int, floor: int, victims: frozenset[str]) -> str:
    workload = world.workload
    if not world.listed >= REQUIRED:
        return "not everything has been listed yet"
    if workload is None or workload.deleting:
        return "the Deployment has been deleted"
    if workload.observed_generation < workload.generation:
        return f"its controller has not observed generation {workload.generation}"
    if workload.replicas < max(1, floor):
        return f"{workload.replicas} replicas are wanted, {max(1, floor)} were before"
    if untouched := [pod.name for pod in active if pod.uid in victims]:
        return f"victim {untouched[0]} is still there"
    current = world.current
    mine = [pod for pod in active if current and pod.owner == current.uid]
    if sum(pod.ready for pod in mine) >= wanted:
        return ""
    return f"{sum(pod.ready for pod in mine)} of {wanted} pods of the current template are Ready{_trouble(mine)}"


def unrest(world: World) -> str:
    """Return what keeps a healthy target from being steady: a rollout, a terminating pod; "" if nothing does."""
    workload, current = world.workload, world.current
    if workload is None or current is None:
        return ""
    if workload.paused:
        return "the Deployment is paused"
    if old := [pod.name for pod in world.active if pod.owner != current.uid]:
        return f"a rollout is in progress: pod {old[0]} is of an old template"
    if workload.updated_replicas != workload.replicas:
        return f"a rollout is in progress: {workload.updated_replicas} of {workload.replicas} replicas are updated"
    if dying := [pod.name for pod in world.owned if pod.deleting]:
        return f"pod {dying[0]} is terminating"
    return ""


def _trouble(pods: list[Pod]) -> str:
    """Say of the first pod that is not Ready why it is not."""
    first = next((pod for pod in sorted(pods, key=lambda p: p.name) if not pod.ready), None)
    return f"; pod {first.name}: {trouble(first)}" if first else ""


def trouble(pod: Pod) -> str:
    """Return why a pod is not Ready, in the API's own words."""
    if pod.unschedulable:
        return f"Unschedulable: {pod.unschedulable}"
    for each in pod.containers:
        if each.state == "waiting" and each.reason not in ("", "ContainerCreating", "PodInitializing"):
            exit_code = f" (last exit code {each.last_exit_code})" if each.last_exit_code is not None else ""
            return f"{each.reason}: {each.message or each.name}{exit_code}"
    if not pod.node:
        return "not scheduled yet"
    return pod.not_ready or f"phase {pod.phase or 'unknown'}"
