"""What healthy means: the one predicate behind steady and recovered."""

from collections.abc import Sequence

from msgspec import Struct

from ..kube.objects import Pod
from .pod_trouble import not_ready_cause, trouble
from .reasons import Cause
from .target_state import TargetState


class Health(Struct, frozen=True):
    """The health of the target at one time.

    ready: how many active pods are Ready, of whichever template.
    wanted: how many pods are wanted, at least 1; while such a fault as scale is in force, or once the workload is gone,
        how many were before the fault.
    serving: how many active pods every Service of the target sends traffic to; None without a Service.
    unmet: the first condition that does not hold; None if all hold.
    counted: how many pods of the current template are Ready, as a sentence.
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
    target: TargetState,
    *,
    wanted_before: int = 0,
    unproven: frozenset[str] = frozenset(),
    prevents_recovery: bool = False,
) -> Health:
    """Return the health of the target.

    wanted_before: how many pods were wanted before the fault; 0 without one.
    unproven: the uids of the victims that show no effect of the fault yet.
    prevents_recovery: whether a fault is in force that the target cannot recover from before it is undone.
    """
    wanted = wanted_before if prevents_recovery or target.lost else target.wanted
    wanted = max(1, wanted)
    active = target.active
    current = target.updated(active)
    ready_current = sum([pod.ready for pod in current])
    # The first condition that does not hold is the cause that is reported. So they go from those that make the others
    # meaningless to the symptoms: before a listing nothing is known, and while a generation is not observed the counts
    # are those of the old spec. Victims come before the counts, as right after a kill three of three pods are still
    # Ready, and a recovery without a loss would be the classic false green.
    unmet = (
        _workload_condition(target, wanted_before, prevents_recovery)
        or _victims_condition(active, unproven)
        or _pods_condition(target, current, active, wanted)
        or _probes_condition(target)
    )
    ready = ready_current
    if len(current) < len(active):
        ready = sum([pod.ready for pod in active])
    return Health(ready, wanted, target.serving(active), unmet, _counted(target, current, active, wanted))


def _workload_condition(target: TargetState, wanted_before: int, prevents_recovery: bool) -> Cause | None:
    """Return the first condition on the workload that does not hold."""
    workload = target.workload
    if not target.complete:
        return Cause("NotListed", "not everything has been listed yet")
    if target.lost or (workload and workload.deleting):
        return Cause("TargetDeleted", f"the {target.kind} has been deleted")
    # Measured: right after a patch of the template, all pods were still counted as ready and updated in 10 of 10 reads;
    # only observedGeneration showed that the controller had not looked yet.
    if workload and workload.observed_generation < workload.generation:
        text = f"its controller has not observed generation {workload.generation}"
        return Cause("GenerationNotObserved", text)
    if prevents_recovery:
        return Cause("FaultInForce", "the fault is still in force")
    # A target that was scaled down, by whomever, is never recovered from a fault by needing less.
    if target.wanted < max(1, wanted_before):
        before = f", {wanted_before} were before" if wanted_before else ""
        return Cause("TooFewReplicas", f"{target.wanted} replicas are wanted{before}")
    return None


def _victims_condition(active: tuple[Pod, ...], unproven: frozenset[str]) -> Cause | None:
    """Return the first victim that shows no effect of the fault yet."""
    if unproven:
        for pod in active:
            if pod.uid in unproven:
                return Cause("NotGone", f"victim {pod.name} shows no effect of the fault yet")
    return None


def _counted(target: TargetState, current: Sequence[Pod], active: Sequence[Pod], wanted: int) -> str:
    """Return how many pods are Ready, as a sentence: those of the current template, and of an old one if there are any.

    "0 of 3" alone would sound like an outage where three old pods serve.
    """
    ready = sum([pod.ready for pod in current])
    counted = f"{ready} of {wanted} pods of the current template are Ready"
    if len(active) == len(current):
        return counted
    old_ready = sum([pod.ready for pod in active]) - ready
    counted = f"{counted}, and {old_ready} of an old one"
    if target.workload and target.workload.keeps:
        return counted
    return f"a rollout is in progress: {counted}"


def _pods_condition(target: TargetState, current: list[Pod], active: Sequence[Pod], wanted: int) -> Cause | None:
    """Return why fewer pods of the current template are Ready than wanted, as far as the API says."""
    if sum([pod.ready for pod in current]) >= wanted:
        return None
    counted = _counted(target, current, active, wanted)
    unready = _unready_cause(current)
    if unready:
        return Cause(unready.code, f"{counted}; {unready.text}")
    if target.failure and len(current) < wanted:
        return Cause("FailedCreate", f"{counted}; FailedCreate: {target.failure}")
    has_old_pods = len(current) < len(active)
    if has_old_pods and target.workload and target.workload.keeps:
        return Cause("UpdateStrategy", f"{counted}; {target.workload.keeps} keeps pods of an old template")
    return Cause("NotCreated", counted)


def _probes_condition(target: TargetState) -> Cause | None:
    """Return the first probe that did not pass."""
    for name, sample in target.probes.items():
        if sample is None:
            return Cause("ProbeUnanswered", f"probe {name} has not answered yet")
        if not sample.passed:
            return Cause("ProbeFailed", f"probe {name} fails: {sample.why}")
    return None


def still_changing(target: TargetState) -> Cause | None:
    """Return what keeps a healthy target from being steady, like a rollout in progress; None if nothing does."""
    # These are no conditions of a recovery: a victim that takes its grace period to end must not delay it. A fault is
    # begun only without them, as their pods come and go for another reason.
    workload, updated = target.workload, {pod.uid for pod in target.updated(target.active)}
    old = [pod.name for pod in target.active if pod.uid not in updated]
    if old:
        return Cause("RolloutInProgress", f"a rollout is in progress: pod {old[0]} is of an old template")
    if workload and workload.updated_replicas != workload.replicas:
        counted = f"{workload.updated_replicas} of {workload.replicas} replicas are updated"
        return Cause("RolloutInProgress", f"a rollout is in progress: {counted}")
    if target.expect and len(target.active) != target.expect:
        return Cause("UnexpectedPods", f"{len(target.active)} pods are there, {target.expect} are expected")
    terminating = [pod.name for pod in target.owned if pod.deleting]
    if terminating:
        return Cause("Terminating", f"pod {terminating[0]} is terminating")
    return None


def _unready_cause(pods: list[Pod]) -> Cause | None:
    """Return why one of the pods is not Ready, preferably one whose trouble the API names; None if all are Ready."""
    unready = [pod for pod in pods if not pod.ready]
    if not unready:
        return None
    pod = min(unready, key=lambda pod: (not trouble(pod), pod.name))
    why = not_ready_cause(pod)
    return Cause(why.code, f"pod {pod.name}: {why.text}")
