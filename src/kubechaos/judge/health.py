"""What all right means: the one predicate behind steady and recovered."""

from dataclasses import dataclass

from ..model import Container, Pod
from .world import REQUIRED, World


@dataclass(frozen=True, slots=True)
class Health:
    """How the target is: pods ready and wanted, and `unmet`, the first condition that does not hold ("" if all do).

    `counted` says how many pods of the current template are Ready.
    """

    ready: int
    wanted: int
    serving: int | None
    unmet: str
    counted: str = ""

    @property
    def good(self) -> bool:
        """Whether every condition holds."""
        return not self.unmet


def health(world: World, *, floor: int = 0, victims: frozenset[str] = frozenset()) -> Health:
    """Look at the target: `floor` is what was wanted before the fault, `victims` the uids chosen for it."""
    wanted = max(1, world.workload.replicas) if world.workload else max(1, floor)
    active, current = world.active, world.current
    mine = [pod for pod in active if current and pod.owner == current.uid]
    unmet = _unmet(world, wanted, floor) or _touched(active, victims) or _missing(mine, wanted)
    return Health(sum(pod.ready for pod in active), wanted, world.serving(active), unmet, _count(mine, wanted))


def _unmet(world: World, wanted: int, floor: int) -> str:
    """The first condition on the workload that does not hold."""
    workload = world.workload
    if not world.listed >= REQUIRED:
        return "not everything has been listed yet"
    if workload is None or workload.deleting:
        return "the Deployment has been deleted"
    if workload.observed_generation < workload.generation:
        return f"its controller has not observed generation {workload.generation}"
    if workload.replicas < max(1, floor):
        return f"{workload.replicas} replicas are wanted" + (f", {floor} were before" if floor else "")
    return ""


def _touched(active: tuple[Pod, ...], victims: frozenset[str]) -> str:
    untouched = next((pod.name for pod in active if pod.uid in victims), "") if victims else ""
    return f"victim {untouched} is still there" if untouched else ""


def _missing(mine: list[Pod], wanted: int) -> str:
    return "" if sum(pod.ready for pod in mine) >= wanted else f"{_count(mine, wanted)}{_first(mine)}"


def _count(mine: list[Pod], wanted: int) -> str:
    return f"{sum(pod.ready for pod in mine)} of {wanted} pods of the current template are Ready"


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


def _first(pods: list[Pod]) -> str:
    """Say of a pod that is not Ready why it is not: of the one whose trouble the API names, if there is one."""
    unready = sorted((pod for pod in pods if not pod.ready), key=lambda pod: (not trouble(pod), pod.name))
    if not unready:
        return ""
    first = unready[0]
    why = trouble(first) or ("not scheduled yet" if not first.node else first.not_ready or f"phase {first.phase}")
    return f"; pod {first.name}: {why}"


def trouble(pod: Pod) -> str:
    """Return what the API says is wrong with a pod, in its own words; "" if it only is not Ready yet."""
    if pod.unschedulable:
        return f"Unschedulable: {pod.unschedulable}"
    return next((said for each in (*pod.init_containers, *pod.containers) if (said := _container(each))), "")


def _container(each: Container) -> str:
    exit_code = each.exit_code if each.state == "terminated" else each.last_exit_code
    ended = f" (last exit code {exit_code}{_because(each.last_reason)})" if exit_code is not None else ""
    if each.state == "waiting" and each.reason not in ("", "ContainerCreating", "PodInitializing"):
        return f"{each.reason}: {each.message or each.name}{ended}"
    if each.state == "terminated" and each.reason not in ("", "Completed"):
        return f"{each.reason}: container {each.name} ended with exit code {exit_code}"
    return ""


def _because(reason: str) -> str:
    return f", {reason}" if reason not in ("", "Error", "Completed") else ""
