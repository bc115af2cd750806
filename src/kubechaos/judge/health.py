"""What all right means: the one predicate behind steady and recovered."""

from msgspec import Struct

from ..kube.objects import Container, Pod
from .reasons import ALERTS, Cause, quoted
from .target_state import TargetState


class Health(Struct, frozen=True):
    """How the target is: pods ready and wanted, and `unmet`, the first condition that does not hold (None if all do).

    `counted` says how many pods of the current template are Ready.
    """

    ready: int
    wanted: int
    serving: int | None
    unmet: Cause | None
    counted: str = ""

    @property
    def good(self) -> bool:
        """Whether every condition holds."""
        return self.unmet is None


def health(
    target: TargetState, *, wanted_before: int = 0, unproven: frozenset[str] = frozenset(), in_force: bool = False
) -> Health:
    """Look at the target.

    `wanted_before` is the number of replicas wanted before the fault, `unproven` the uids of the victims that show no
    effect of it yet. While a fault is `in_force`, it has itself changed what is wanted.
    """
    wanted = max(1, wanted_before if in_force or target.lost else target.wanted)
    active = target.active
    mine = target.updated(active)
    updated = sum([pod.ready for pod in mine])
    counted = f"{updated} of {wanted} pods of the current template are Ready"
    missing = _missing(target, mine, wanted, counted) if updated < wanted else None
    unmet = _unmet(target, wanted_before, in_force) or _untouched(active, unproven) or missing or _failing(target)
    ready = updated if len(mine) == len(active) else sum([pod.ready for pod in active])
    return Health(ready, wanted, target.serving(active), unmet, counted)


def _unmet(target: TargetState, wanted_before: int, in_force: bool) -> Cause | None:
    """The first condition on the workload that does not hold."""
    workload = target.workload
    if not target.complete:
        return Cause("NotListed", "not everything has been listed yet")
    if target.lost or (workload and workload.deleting):
        return Cause("TargetDeleted", f"the {target.kind} has been deleted")
    if workload and workload.observed_generation < workload.generation:
        text = f"its controller has not observed generation {workload.generation}"
        return Cause("GenerationNotObserved", text)
    if in_force:
        return Cause("FaultInForce", "the fault is still in force")
    if target.wanted < max(1, wanted_before):
        before = f", {wanted_before} were before" if wanted_before else ""
        return Cause("TooFewReplicas", f"{target.wanted} replicas are wanted{before}")
    return None


def _untouched(active: tuple[Pod, ...], unproven: frozenset[str]) -> Cause | None:
    """The first victim that shows no effect of the fault."""
    if unproven:
        for pod in active:
            if pod.uid in unproven:
                return Cause("NotGone", f"victim {pod.name} is still there")
    return None


def _missing(target: TargetState, mine: list[Pod], wanted: int, counted: str) -> Cause:
    """Say why there are fewer Ready pods than wanted, as far as the API says."""
    if unready := _first(mine):
        return Cause(unready.code, f"{counted}; {unready.text}")
    if target.failure and len(mine) < wanted:
        return Cause("FailedCreate", f"{counted}; FailedCreate: {target.failure}")
    keeps = target.workload.keeps if target.workload and len(mine) < len(target.active) else ""
    if keeps:
        return Cause("UpdateStrategy", f"{counted}; {keeps} keeps pods of an old template")
    return Cause("NotCreated", counted)


def _failing(target: TargetState) -> Cause | None:
    """The first probe that does not pass."""
    for name, sample in target.probes.items():
        if sample is None:
            return Cause("ProbeUnanswered", f"probe {name} has not answered yet")
        if not sample.passed:
            return Cause("ProbeFailed", f"probe {name} fails: {sample.why}")
    return None


def still_changing(target: TargetState) -> Cause | None:
    """Return what keeps a healthy target from being steady: a rollout, a terminating pod; None if nothing does."""
    workload, updated = target.workload, {pod.uid for pod in target.updated(target.active)}
    if workload and workload.paused:
        return Cause("Paused", f"the {target.kind} is paused")
    if old := [pod.name for pod in target.active if pod.uid not in updated]:
        return Cause("RolloutInProgress", f"a rollout is in progress: pod {old[0]} is of an old template")
    if workload and workload.updated_replicas != workload.replicas:
        counted = f"{workload.updated_replicas} of {workload.replicas} replicas are updated"
        return Cause("RolloutInProgress", f"a rollout is in progress: {counted}")
    if target.expect and len(target.active) != target.expect:
        return Cause("UnexpectedPods", f"{len(target.active)} pods are there, {target.expect} are expected")
    if dying := [pod.name for pod in target.owned if pod.deleting]:
        return Cause("Terminating", f"pod {dying[0]} is terminating")
    return None


def _first(pods: list[Pod]) -> Cause | None:
    """Say of a pod that is not Ready why it is not: of the one whose trouble the API names, if there is one."""
    unready = sorted((pod for pod in pods if not pod.ready), key=lambda pod: (not trouble(pod), pod.name))
    if not unready:
        return None
    why = trouble(unready[0]) or running_init_container(unready[0]) or _pending(unready[0])
    return Cause(why.code, f"pod {unready[0].name}: {why.text}")


def _pending(pod: Pod) -> Cause:
    """Say how far a pod has come that nothing is known to be wrong with."""
    if not pod.node:
        return Cause("NotScheduled", "not scheduled yet")
    return quoted(pod.not_ready or f"phase {pod.phase}", default="NotReady")


def trouble(pod: Pod) -> Cause | None:
    """Return what the API says is wrong with a pod, in its own words; None if it only is not Ready yet."""
    if pod.unschedulable:
        return Cause("Unschedulable", f"Unschedulable: {pod.unschedulable}")
    return next((said for each in (*pod.init_containers, *pod.containers) if (said := _container(each))), None)


def running_init_container(pod: Pod) -> Cause | None:
    """Say which init container the start of a pod waits for; None if for none. A sidecar that has started is ready."""
    if not any(each.reason == "PodInitializing" for each in pod.containers):
        return None
    running = (each.name for each in pod.init_containers if each.state == "running" and not each.ready)
    return next((Cause("PodInitializing", f"init container {name} is still running") for name in running), None)


def why_not_gone(pod: Pod) -> str:
    """Say what keeps a pod that has been deleted."""
    return f"kept by finalizers {', '.join(pod.finalizers)}" if pod.finalizers else "still terminating"


def crashed(each: Container) -> bool:
    """Whether a container has ended and was not meant to."""
    code = each.exit_code if each.state == "terminated" else each.last_exit_code
    return each.state in ("terminated", "waiting") and code not in (None, 0)


def _container(each: Container) -> Cause | None:
    exit_code = each.exit_code if each.state == "terminated" else each.last_exit_code
    ended = f" (last exit code {exit_code}{_because(each.last_reason)})" if exit_code is not None else ""
    if each.state == "waiting" and each.reason not in ("", "ContainerCreating", "PodInitializing"):
        return Cause(_code(each), f"{each.reason}: {each.message or each.name}{ended}")
    if each.state == "terminated" and each.reason not in ("", "Completed"):
        return Cause(_code(each), f"{each.reason}: container {each.name} ended with exit code {exit_code}")
    return None


def _code(each: Container) -> str:
    """The alert or the reason that names a container's trouble."""
    # A container that is killed for its memory again and again is in CrashLoopBackOff: that it waits is not why.
    if each.last_reason == "OOMKilled":
        return each.last_reason
    return ALERTS.get(each.reason, each.reason)


def _because(reason: str) -> str:
    return f", {reason}" if reason not in ("", "Error", "Completed") else ""
