"""What healthy means: the one predicate behind steady and recovered."""

from collections.abc import Iterator

from msgspec import Struct

from ..kube.objects import Container, Pod
from .reasons import ALERTS, Cause, quoted
from .target_state import TargetState


class Health(Struct, frozen=True):
    """The health of the target at one time.

    ready: how many active pods are Ready, of whichever template.
    wanted: how many pods are wanted, at least 1; those before the fault while it has changed that number itself.
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
    target: TargetState, *, wanted_before: int = 0, unproven: frozenset[str] = frozenset(), in_force: bool = False
) -> Health:
    """Return the health of the target.

    wanted_before: how many pods were wanted before the fault; 0 without one.
    unproven: the uids of the victims that show no effect of the fault yet.
    in_force: whether a fault that itself changed what is wanted is still in force.
    """
    wanted = wanted_before if in_force or target.lost else target.wanted
    wanted = max(1, wanted)
    active = target.active
    current = target.updated(active)
    ready_current = sum([pod.ready for pod in current])
    # The first condition that does not hold is the cause that is reported. So they go from those that make the others
    # meaningless to the symptoms: before a listing nothing is known, and while a generation is not observed the counts
    # are those of the old spec. Victims come before the counts, as right after a kill three of three pods are still
    # Ready, and a recovery without a loss would be the classic false green.
    unmet = (
        _workload_condition(target, wanted_before, in_force)
        or _victims_condition(active, unproven)
        or _pods_condition(target, current, ready_current, wanted)
        or _probes_condition(target)
    )
    ready = ready_current
    if len(current) < len(active):
        ready = sum([pod.ready for pod in active])
    return Health(ready, wanted, target.serving(active), unmet, _counted(ready_current, wanted))


def _workload_condition(target: TargetState, wanted_before: int, in_force: bool) -> Cause | None:
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
    if in_force:
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
                return Cause("NotGone", f"victim {pod.name} is still there")
    return None


def _counted(ready: int, wanted: int) -> str:
    return f"{ready} of {wanted} pods of the current template are Ready"


def _pods_condition(target: TargetState, current: list[Pod], ready: int, wanted: int) -> Cause | None:
    """Return why fewer pods of the current template are Ready than wanted, as far as the API says."""
    if ready >= wanted:
        return None
    counted = _counted(ready, wanted)
    unready = _unready_cause(current)
    if unready:
        return Cause(unready.code, f"{counted}; {unready.text}")
    if target.failure and len(current) < wanted:
        return Cause("FailedCreate", f"{counted}; FailedCreate: {target.failure}")
    has_old_pods = len(current) < len(target.active)
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
    if workload and workload.paused:
        return Cause("Paused", f"the {target.kind} is paused")
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
    why = trouble(pod) or running_init_container(pod) or _progress(pod)
    return Cause(why.code, f"pod {pod.name}: {why.text}")


def _progress(pod: Pod) -> Cause:
    """Return how far a pod has come that is not Ready and has no trouble that the API names."""
    if not pod.node:
        return Cause("NotScheduled", "not scheduled yet")
    return quoted(pod.not_ready or f"phase {pod.phase}", default="NotReady")


def trouble(pod: Pod) -> Cause | None:
    """Return what is wrong with a pod in the words of the API; None if it is merely not Ready yet."""
    if pod.unschedulable:
        return Cause("Unschedulable", f"Unschedulable: {pod.unschedulable}")
    causes = map(_container_trouble, (*pod.init_containers, *pod.containers))
    return next(filter(None, causes), None)


def running_init_container(pod: Pod) -> Cause | None:
    """Return which init container the start of a pod waits for; None if it waits for none."""
    if not any(container.reason == "PodInitializing" for container in pod.containers):
        return None
    for name in _unfinished(pod):
        return Cause("PodInitializing", f"init container {name} is still running")
    return None


def _unfinished(pod: Pod) -> Iterator[str]:
    """Yield the names of the init containers that still run."""
    # A sidecar (an init container with restartPolicy Always, KEP-753) runs as long as the pod does. The kubelet reports
    # it as ready once it has started, and the next container is started then.
    return (each.name for each in pod.init_containers if each.state == "running" and not each.ready)


def why_not_gone(pod: Pod) -> str:
    """Say what keeps a pod in the API that has been deleted."""
    if pod.finalizers:
        return f"kept by finalizers {', '.join(pod.finalizers)}"
    return "still terminating"


def crashed(container: Container) -> bool:
    """Whether a container ended with an error and does not run now."""
    return container.state in ("terminated", "waiting") and _exit_code(container) not in (None, 0)


def _exit_code(container: Container) -> int | None:
    """Return the exit code of a container's last end; None if it has not ended."""
    if container.state == "terminated":
        return container.exit_code
    return container.last_exit_code


def _container_trouble(container: Container) -> Cause | None:
    """Return what is wrong with a container in the words of the API; None if nothing is."""
    exit_code = _exit_code(container)
    # The reasons that are left out are those of every normal start and end.
    if container.state == "waiting" and container.reason not in ("", "ContainerCreating", "PodInitializing"):
        ended = ""
        if exit_code is not None:
            ended = f" (last exit code {exit_code}{_end_reason(container)})"
        return Cause(_trouble_code(container), f"{container.reason}: {container.message or container.name}{ended}")
    if container.state == "terminated" and container.reason not in ("", "Completed"):
        text = f"{container.reason}: container {container.name} ended with exit code {exit_code}"
        return Cause(_trouble_code(container), text)
    return None


def _trouble_code(container: Container) -> str:
    """Return the name of the alert on a container's trouble, or the reason itself if there is no alert on it."""
    # A container that is killed for its memory again and again is waiting in CrashLoopBackOff. That is only how the
    # kubelet restarts it; the reason of its last end is the cause.
    if container.last_reason == "OOMKilled":
        return container.last_reason
    return ALERTS.get(container.reason, container.reason)


def _end_reason(container: Container) -> str:
    """Return the reason of a container's last end for people; "" if it says no more than the exit code."""
    if container.last_reason in ("", "Error", "Completed"):
        return ""
    return f", {container.last_reason}"
