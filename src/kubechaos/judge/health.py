"""What all right means: the one predicate behind steady and recovered."""

from msgspec import Struct

from ..kube.objects import Container, Pod
from .world import World


class Health(Struct, frozen=True):
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


def health(world: World, *, floor: int = 0, owing: frozenset[str] = frozenset(), in_force: bool = False) -> Health:
    """Look at the target.

    `floor` is what was wanted before the fault, `owing` the uids of victims that show no effect of it yet; a fault that
    is `in_force` has changed what is wanted itself.
    """
    wanted = max(1, floor if in_force or world.lost else world.wanted)
    active = world.active
    mine = world.updated(active)
    updated = sum([pod.ready for pod in mine])
    counted = f"{updated} of {wanted} pods of the current template are Ready"
    missing = f"{counted}{_absent(world, mine, wanted)}" if updated < wanted else ""
    unmet = _unmet(world, floor, in_force) or _untouched(active, owing) or missing or _failing(world)
    ready = updated if len(mine) == len(active) else sum([pod.ready for pod in active])
    return Health(ready, wanted, world.serving(active), unmet, counted)


def _unmet(world: World, floor: int, in_force: bool) -> str:
    """The first condition on the workload that does not hold."""
    workload = world.workload
    if not world.complete:
        return "not everything has been listed yet"
    if world.lost or (workload and workload.deleting):
        return f"the {world.kind} has been deleted"
    if workload and workload.observed_generation < workload.generation:
        return f"its controller has not observed generation {workload.generation}"
    if in_force:
        return "the fault is still in force"
    if world.wanted < max(1, floor):
        return f"{world.wanted} replicas are wanted" + (f", {floor} were before" if floor else "")
    return ""


def _untouched(active: tuple[Pod, ...], owing: frozenset[str]) -> str:
    untouched = next((pod.name for pod in active if pod.uid in owing), "") if owing else ""
    return f"victim {untouched} is still there" if untouched else ""


def _absent(world: World, mine: list[Pod], wanted: int) -> str:
    """Say why there are fewer Ready pods than wanted, as far as the API says."""
    refused = f"; FailedCreate: {world.failure}" if world.failure and len(mine) < wanted else ""
    keeps = world.workload.keeps if world.workload and len(mine) < len(world.active) else ""
    return _first(mine) or refused or (f"; {keeps} keeps pods of an old template" if keeps else "")


def _failing(world: World) -> str:
    """The first probe that does not pass."""
    for name, sample in world.probes.items():
        if sample is None:
            return f"probe {name} has not answered yet"
        if not sample.passed:
            return f"probe {name} fails: {sample.why}"
    return ""


def unrest(world: World) -> str:
    """Return what keeps a healthy target from being steady: a rollout, a terminating pod; "" if nothing does."""
    workload, updated = world.workload, {pod.uid for pod in world.updated(world.active)}
    if workload and workload.paused:
        return f"the {world.kind} is paused"
    if old := [pod.name for pod in world.active if pod.uid not in updated]:
        return f"a rollout is in progress: pod {old[0]} is of an old template"
    if workload and workload.updated_replicas != workload.replicas:
        return f"a rollout is in progress: {workload.updated_replicas} of {workload.replicas} replicas are updated"
    if world.expect and len(world.active) != world.expect:
        return f"{len(world.active)} pods are there, {world.expect} are expected"
    if dying := [pod.name for pod in world.owned if pod.deleting]:
        return f"pod {dying[0]} is terminating"
    return ""


def _first(pods: list[Pod]) -> str:
    """Say of a pod that is not Ready why it is not: of the one whose trouble the API names, if there is one."""
    unready = sorted((pod for pod in pods if not pod.ready), key=lambda pod: (not trouble(pod), pod.name))
    if not unready:
        return ""
    first = unready[0]
    why = trouble(first) or awaited(first)
    why = why or ("not scheduled yet" if not first.node else first.not_ready or f"phase {first.phase}")
    return f"; pod {first.name}: {why}"


def trouble(pod: Pod) -> str:
    """Return what the API says is wrong with a pod, in its own words; "" if it only is not Ready yet."""
    if pod.unschedulable:
        return f"Unschedulable: {pod.unschedulable}"
    return next((said for each in (*pod.init_containers, *pod.containers) if (said := _container(each))), "")


def awaited(pod: Pod) -> str:
    """Say which init container the start of a pod waits for; "" if for none. A sidecar that has started is ready."""
    if not any(each.reason == "PodInitializing" for each in pod.containers):
        return ""
    running = (each.name for each in pod.init_containers if each.state == "running" and not each.ready)
    return next((f"init container {name} is still running" for name in running), "")


def lingers(pod: Pod) -> str:
    """Say what keeps a pod that has been deleted."""
    return f"kept by finalizers {', '.join(pod.finalizers)}" if pod.finalizers else "still terminating"


def crashed(each: Container) -> bool:
    """Whether a container has ended and was not meant to."""
    code = each.exit_code if each.state == "terminated" else each.last_exit_code
    return each.state in ("terminated", "waiting") and code not in (None, 0)


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
