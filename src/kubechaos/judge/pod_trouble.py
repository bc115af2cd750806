"""What is wrong with a pod or one of its containers, in the words of the API, with the code for it."""

from collections.abc import Iterator

from ..kube.objects import Container, Pod
from .reasons import ALERTS, Cause, quoted


def not_ready_cause(pod: Pod) -> Cause:
    """Return why a pod is not Ready: the trouble that the API names, else what its start waits for."""
    return trouble(pod) or running_init_container(pod) or _progress(pod)


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


def is_starting(pod: Pod) -> bool:
    """Whether a container of a pod has not been started yet, or is being started in a new sandbox."""
    # A container that runs, or has run, has an id. Whether we saw it start does not matter.
    return not pod.containers or any(
        not container.id or container.reason in ("ContainerCreating", "PodInitializing") for container in pod.containers
    )


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
