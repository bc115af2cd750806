"""Scenarios: the Deployment is scaled, rolled out, and made impossible."""

from .manifests import CRASHES, IMAGE, NEVER_READY, SERVER, deployment, service
from .script import Script, restarts, waiting


def scale_up(run: Script) -> None:
    """From 2 to 4."""
    run.create("services", service(run.name))
    run.deploy(2)
    run.settled(2)
    run.cut()
    run.scale(4)
    run.settled(4)


def scale_down(run: Script) -> None:
    """From 3 to 1."""
    run.create("services", service(run.name))
    run.deploy(3)
    run.settled(3)
    run.cut()
    run.scale(1)
    run.settled(1)


def scale_zero(run: Script) -> None:
    """From 2 to none and back."""
    run.create("services", service(run.name))
    run.deploy(2)
    run.settled(2)
    run.cut()
    run.scale(0)
    run.settled(0)
    run.scale(2)
    run.settled(2)


def rollout(run: Script) -> None:
    """The command of 3 replicas is changed."""
    run.create("services", service(run.name))
    run.deploy(3)
    run.settled(3)
    run.cut()
    change(run, "change the command", script=f"{SERVER} # again")
    run.settled(3)


def rollout_restart(run: Script) -> None:
    """An annotation of the template is changed, as kubectl does."""
    run.deploy(2)
    run.settled(2)
    run.cut()
    annotations = {"kubectl.kubernetes.io/restartedAt": "2024-01-01T00:00:00Z"}
    run.patch("annotate the template", template={"metadata": {"annotations": annotations}})
    run.settled(2)


def rollout_recreate(run: Script) -> None:
    """The command is changed under the strategy Recreate."""
    run.deploy(2, strategy={"type": "Recreate"})
    run.settled(2)
    run.cut()
    change(run, "change the command", script=f"{SERVER} # again")
    run.settled(2)


def min_ready(run: Script) -> None:
    """The command of 3 replicas is changed, each of which is available only 3 s after it has become Ready."""
    run.deploy(3, minReadySeconds=3)
    run.settled(3)
    run.cut()
    change(run, "change the command", script=f"{SERVER} # again")
    run.settled(3)


def change(run: Script, what: str, *, script: str = SERVER, image: str = IMAGE) -> None:
    """Change the command or the image of the workload's template."""
    containers = deployment(run.name, script=script, image=image)["spec"]["template"]["spec"]["containers"]
    run.patch(what, template={"spec": {"containers": containers}})


def image_missing(run: Script) -> None:
    """The image becomes one that no registry has, and is put back: the new pod goes, the old ones stay."""
    run.deploy(2)
    run.settled(2)
    run.cut()
    change(run, "break the image", image="localhost:1/none:9")
    run.until("ImagePullBackOff", lambda: any(waiting(pod) == "ImagePullBackOff" for pod in run.pods()))
    change(run, "mend the image")
    run.settled(2)


def image_malformed(run: Script) -> None:
    """The image becomes a name that is none, and is put back."""
    run.deploy(2)
    run.settled(2)
    run.cut()
    change(run, "break the image", image="UPPER/Case::1")
    run.until("InvalidImageName", lambda: any(waiting(pod) == "InvalidImageName" for pod in run.pods()))
    change(run, "mend the image")
    run.settled(2)


def unschedulable(run: Script) -> None:
    """A Deployment wants a node that nobody has."""
    run.deploy(2, pod={"nodeSelector": {"kubechaos.test/node": "none"}})
    run.until("two pods that cannot be scheduled", lambda: sum(map(is_unschedulable, run.pods())) == 2)


def is_unschedulable(pod: dict[str, object]) -> bool:
    """Whether the scheduler has said that it has no place for a pod."""
    status = pod["status"]
    assert isinstance(status, dict)
    return any(each.get("reason") == "Unschedulable" for each in status.get("conditions", ()))


def crash_loop(run: Script) -> None:
    """A Deployment's only container exits with 3, until it has been restarted twice."""
    run.deploy(1, script=CRASHES, failure="crash-loop")
    run.until("two restarts, then back-off", lambda: any(map(_looping, run.pods())))


def _looping(pod: dict[str, object]) -> bool:
    return restarts(pod) == 2 and waiting(pod) == "CrashLoopBackOff"


def never_ready(run: Script) -> None:
    """A Deployment's pods start and never become Ready."""
    run.create("services", service(run.name))
    run.deploy(2, script=NEVER_READY, failure="never-ready")
    run.until("two pods found unready", lambda: len(run.reported("Unhealthy", 2)) == 2)


def never_ready_published(run: Script) -> None:
    """A Service publishes the addresses of pods that are not Ready."""
    run.create("services", service(run.name, publishNotReadyAddresses=True))
    run.deploy(2, script=NEVER_READY, failure="never-ready")
    run.until("two pods found unready", lambda: len(run.reported("Unhealthy", 2)) == 2)
