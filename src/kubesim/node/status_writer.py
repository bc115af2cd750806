"""What a kubelet reports of one pod: its status, and events about it."""

from collections.abc import Collection
from typing import Any

from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..store.objects import Body, Stored
from . import images, statuses


class StatusWriter:
    """Writes the status of one pod and the events about it, as long as the pod is there."""

    def __init__(self, pod: Stored, registry: Registry, recorder: Recorder) -> None:
        self._pod = pod
        self._registry = registry
        self._recorder = recorder

    def latest(self) -> Stored | None:
        """Return the pod as it is now; None if it is gone."""
        return self._registry.latest(self._pod)

    def now(self) -> str:
        """Return the time as statuses have it."""
        return self._registry.calendar.time()

    def write(self, pod: Stored, phase: str, state: statuses.ContainerState, **more: Any) -> Stored:
        """Report a phase, with each container's status as `state(spec, status before)` gives it."""
        ready, reason = more.pop("ready", False), more.pop("reason", "")
        status = statuses.pod_status(pod, self.now(), phase, ready=ready, reason=reason)
        containers = [state(each, statuses.known(pod, each["name"])) for each in pod.spec["containers"]]
        return self._registry.status(pod, {**status, **more, "containerStatuses": containers})

    def running(self, *, ready: bool) -> statuses.ContainerState:
        """Return the status of containers that start now, each under an id of its own."""

        def state(spec: Body, before: Body) -> Body:
            identity = f"containerd://{self._registry.chance.getrandbits(256):064x}"
            running = {"running": {"startedAt": self.now()}}
            image = {"imageID": images.identity(spec["image"])}
            return statuses.container(spec, running, before=before, ready=ready, containerID=identity, **image)

        return state

    def image_problem(self, pod: Stored, problem: images.Problem) -> None:
        """Record that there is no image, and why."""
        image = pod.spec["containers"][0]["image"]
        if problem.reason == "ErrImagePull":
            self._recorder.normal(pod, "Pulling", f'Pulling image "{image}"')
            self._recorder.warn(pod, "Failed", f'Failed to pull image "{image}": {problem.message}')
        elif problem.reason == "InvalidImageName":
            self._recorder.warn(pod, "InspectFailed", problem.message)
        else:
            self._recorder.warn(pod, problem.reason, problem.message)
        self._recorder.warn(pod, "Failed", f"Error: {problem.reason}")

    def pull_back_off(self, pod: Stored, message: str) -> None:
        """Record that the image will be pulled again later."""
        self._recorder.normal(pod, "BackOff", message)
        self._recorder.warn(pod, "Failed", "Error: ImagePullBackOff")

    def killing(self, pod: Stored) -> None:
        """Record that the containers are sent SIGTERM, if any runs."""
        if statuses.running(pod):
            for each in pod.spec["containers"]:
                self._recorder.normal(pod, "Killing", f"Stopping container {each['name']}")

    def definition_changed(self, pod: Stored, names: Collection[str]) -> None:
        """Record that containers are stopped because their image was changed."""
        for name in names:
            self._recorder.normal(pod, "Killing", f"Container {name} definition changed, will be restarted")

    def started(self, pod: Stored, names: Collection[str] = ()) -> None:
        """Record that containers have been started; `names` are which, if not all."""
        for each in pod.spec["containers"]:
            if names and each["name"] not in names:
                continue
            self._recorder.normal(pod, "Pulled", images.PRESENT.format(each["image"]))
            self._recorder.normal(pod, "Created", "Container created")
            self._recorder.normal(pod, "Started", "Container started")

    def unready(self, pod: Stored, why: str) -> None:
        """Record that a readiness probe failed."""
        self._recorder.warn(pod, "Unhealthy", f"Readiness probe failed: {why}")

    def back_off(self, pod: Stored) -> None:
        """Record that containers that exited will be restarted later."""
        # Twice: a real kubelet repeats it every few seconds, so a reader always finds a count above one.
        for each in (*pod.spec["containers"], *pod.spec["containers"]):
            where = f"{each['name']} in pod {pod.name}_{pod.namespace}({pod.uid})"
            self._recorder.warn(pod, "BackOff", f"Back-off restarting failed container {where}")
