"""Scenarios: StatefulSets and DaemonSets."""

from typing import Any

from .disruptions import limit
from .manifests import budget, deployment, service
from .rollouts import change, is_unschedulable
from .script import Script, waiting

AGAIN = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2024-01-01T00:00:00Z"}}}


def stateful_create(run: Script) -> None:
    """A StatefulSet of 3 and its Service are created: one pod after the other."""
    run.create("services", service(run.name))
    run.deploy(3, kind="StatefulSet", serviceName=run.name)
    run.settled(3)


def stateful_kill(run: Script) -> None:
    """The middle one of 3 pods is deleted."""
    stateful_create(run)
    run.cut()
    run.delete(run.pods()[1], "delete a pod")
    run.settled(3)


def stateful_kill_parallel(run: Script) -> None:
    """Two of 3 pods are deleted right after each other, that need not wait for each other."""
    run.deploy(3, kind="StatefulSet", serviceName=run.name, podManagementPolicy="Parallel")
    run.settled(3)
    run.cut()
    _kill(run, 2)
    run.settled(3)


def stateful_kill_ordered(run: Script) -> None:
    """The same where each waits for the one before."""
    run.deploy(3, kind="StatefulSet", serviceName=run.name)
    run.settled(3)
    run.cut()
    _kill(run, 2)
    run.settled(3)


def _kill(run: Script, number: int) -> None:
    run.delete_all(sorted(run.pods(), key=lambda pod: str(pod["metadata"]["name"]))[:number], "delete a pod")


def stateful_evict(run: Script) -> None:
    """Two of 3 pods are evicted of which one may be missing: the second is refused, though the first is still there."""
    run.create("poddisruptionbudgets", budget(run.name, run.name, maxUnavailable=1))
    run.deploy(3, kind="StatefulSet", serviceName=run.name)
    run.settled(3)
    run.cut()
    run.evict(run.pods()[2], "evict a pod")
    run.recorder.until("a budget that knows", lambda: _healthy(run) == 2, 10)
    run.evict(run.pods()[1], "evict another")
    run.settled(3)


def _healthy(run: Script) -> object:
    (found,) = run.recorder.live["PodDisruptionBudget"].values()
    return found.get("status", {}).get("currentHealthy")


def stateful_min_ready(run: Script) -> None:
    """A StatefulSet of 2 is created and restarted; each pod waits until the other is available, 3 s after Ready."""
    run.deploy(2, kind="StatefulSet", serviceName=run.name, minReadySeconds=3)
    run.settled(2)
    run.patch("annotate the template", template=AGAIN)
    run.settled(2)


def daemon_min_ready(run: Script) -> None:
    """A DaemonSet is restarted, whose pods are available 3 s after Ready."""
    run.deploy(kind="DaemonSet", minReadySeconds=3)
    run.settled(2)
    run.cut()
    run.patch("annotate the template", template=AGAIN)
    run.settled(2)


def daemon_evict(run: Script) -> None:
    """One of 2 pods is evicted, whose budget needs to know how many are wanted: nobody can say."""
    run.deploy(kind="DaemonSet")
    run.settled(2)
    run.create("poddisruptionbudgets", budget(run.name, run.name, maxUnavailable=1))
    run.recorder.until("it fails, again", lambda: run.reported("CalculateExpectedPodCountFailed", 2), 10)
    run.cut()
    run.evict(run.pods()[0], "evict a pod")
    run.quiet()


def stateful_restart(run: Script) -> None:
    """An annotation of the template of 3 pods is changed, as kubectl does: the last one first."""
    run.deploy(3, kind="StatefulSet", serviceName=run.name)
    run.settled(3)
    run.cut()
    run.patch("annotate the template", template=AGAIN)
    run.settled(3)


def stateful_quota(run: Script) -> None:
    """The quota shrinks below the pods there are; then one of 2 is deleted and cannot come back."""
    run.deploy(2, kind="StatefulSet", serviceName=run.name)
    run.settled(2)
    limit(run, 1)
    run.cut()
    run.delete(run.pods()[1], "delete a pod")
    run.until("one pod and a failure", lambda: len(run.pods()) == 1 and run.reported("FailedCreate"))


def stateful_image_missing(run: Script) -> None:
    """The image becomes one that no registry has, and is put back: the broken pod stays until somebody deletes it."""
    run.deploy(2, kind="StatefulSet", serviceName=run.name)
    run.settled(2)
    run.cut()
    change(run, "break the image", image="localhost:1/none:9")
    run.until("ImagePullBackOff", lambda: _without_image(run))
    change(run, "mend the image")
    run.quiet()
    (broken,) = _without_image(run)
    run.delete(broken, "delete the broken pod")
    run.settled(2)


def _without_image(run: Script) -> list[dict[str, Any]]:
    return [pod for pod in run.pods() if waiting(pod) == "ImagePullBackOff"]


def daemon_image_missing(run: Script) -> None:
    """The same of a DaemonSet, which replaces what is broken."""
    run.deploy(kind="DaemonSet")
    run.settled(2)
    run.cut()
    change(run, "break the image", image="localhost:1/none:9")
    run.until("ImagePullBackOff", lambda: _without_image(run))
    change(run, "mend the image")
    run.settled(2)


def daemon_unschedulable(run: Script) -> None:
    """A DaemonSet's pods want more than either of two nodes has."""
    run.kind = "DaemonSet"
    manifest = deployment(run.name, kind=run.kind)
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    container["resources"] = {"requests": {"cpu": "1k"}}
    run.create("daemonsets", manifest)
    run.until("two pods that cannot be scheduled", lambda: sum(map(is_unschedulable, run.pods())) == 2)


def stateful_scale_up(run: Script) -> None:
    """From 1 to 3."""
    run.deploy(1, kind="StatefulSet", serviceName=run.name)
    run.settled(1)
    run.cut()
    run.scale(3)
    run.settled(3)


def stateful_scale_down(run: Script) -> None:
    """From 3 to 1."""
    run.deploy(3, kind="StatefulSet", serviceName=run.name)
    run.settled(3)
    run.cut()
    run.scale(1)
    run.settled(1)


def daemon_create(run: Script) -> None:
    """A DaemonSet and its Service are created: a pod on each of two nodes."""
    run.create("services", service(run.name))
    run.deploy(kind="DaemonSet")
    run.settled(2)


def daemon_kill(run: Script) -> None:
    """One of 2 pods is deleted."""
    daemon_create(run)
    run.cut()
    run.delete(run.pods()[0], "delete a pod")
    run.settled(2)


def daemon_restart(run: Script) -> None:
    """An annotation of the template is changed, as kubectl does: one node after the other."""
    run.deploy(kind="DaemonSet")
    run.settled(2)
    run.cut()
    run.patch("annotate the template", template=AGAIN)
    run.settled(2)
