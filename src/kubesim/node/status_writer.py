"""What a kubelet reports of one pod: its status, and events about it."""

from collections.abc import Collection
from typing import Any

from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..store.objects import Body, Stored
from . import images, statuses
from .statuses import ContainerState


class StatusWriter:
    """Writes the status of one pod and the events about it, as long as the pod is there; `number` gives its address."""

    def __init__(self, pod: Stored, registry: Registry, recorder: Recorder, number: int) -> None:
        address = f"10.244.{number // 250 % 250}.{number % 250 + 1}"
        self.addresses: Body = {"podIP": address, "podIPs": [{"ip": address}]}
        self._pod = pod
        self._registry = registry
        self._recorder = recorder

    def latest(self) -> Stored | None:
        """Return the pod as it is now; None if it is gone."""
        return self._registry.latest(self._pod)

    def now(self) -> str:
        """Return the time as statuses have it."""
        return self._registry.calendar.time()

    def write(
        self, pod: Stored, phase: str, state: ContainerState, init: ContainerState = statuses.unchanged, **more: Any
    ) -> Stored:
        """Report a phase, with each container's status as `state(spec, status before)` gives it.

        `init` gives those of the init containers.
        """
        ready, reason = more.pop("ready", False), more.pop("reason", "")
        more["containerStatuses"] = [state(each, statuses.known(pod, each["name"])) for each in pod.spec["containers"]]
        if "initContainers" in pod.spec:
            each_init = statuses.init_containers(pod)
            more["initContainerStatuses"] = [init(each, statuses.known(pod, each["name"])) for each in each_init]
        reported = Stored(pod.kind, {**pod.body, "status": {**pod.status, **more}}, pod.version)
        return self._registry.status(pod, statuses.pod_status(reported, self.now(), phase, ready=ready, reason=reason))

    def wait(self, pod: Stored, state: ContainerState) -> Stored:
        """Report what the start of a pod waits for: an init container, or else all of the others."""
        if statuses.next_init_container(pod) is None:
            return self.write(pod, statuses.without_container(pod), state)
        init = statuses.only([statuses.to_start(pod)["name"]], state)
        return self.write(pod, "Pending", statuses.unchanged, init)

    def running(self, *, ready: bool) -> ContainerState:
        """Return the status of containers that start now, each under an id of its own."""

        def state(spec: Body, before: Body) -> Body:
            identity = f"containerd://{self._registry.chance.getrandbits(256):064x}"
            running = {"running": {"startedAt": self.now()}}
            image = {"imageID": images.identity(spec["image"])}
            return statuses.container(spec, running, before=before, ready=ready, containerID=identity, **image)

        return state

    def image_problem(self, pod: Stored, problem: images.Problem) -> None:
        """Record that there is no image, and why."""
        container = statuses.to_start(pod)
        image, part = container["image"], _part(pod, container)
        if problem.reason == "ErrImagePull":
            self._recorder.normal(pod, "Pulling", f'Pulling image "{image}"', part)
            self._recorder.warn(pod, "Failed", f'Failed to pull image "{image}": {problem.message}', part)
        elif problem.reason == "InvalidImageName":
            self._recorder.warn(pod, "InspectFailed", problem.message, part)
        else:
            self._recorder.warn(pod, problem.reason, problem.message, part)
        self._recorder.warn(pod, "Failed", f"Error: {problem.reason}", part)

    def pull_back_off(self, pod: Stored, message: str) -> None:
        """Record that the image will be pulled again later."""
        part = _part(pod, statuses.to_start(pod))
        self._recorder.normal(pod, "BackOff", message, part)
        self._recorder.warn(pod, "Failed", "Error: ImagePullBackOff", part)

    def not_mounted(self, pod: Stored, problems: Collection[str]) -> None:
        """Record that volumes cannot be mounted, and why."""
        for each in problems:
            self._recorder.warn(pod, "FailedMount", each)

    def not_created(self, pod: Stored, name: str, problem: str) -> None:
        """Record that a container cannot be created although its image is there, and why."""
        container = next(each for each in _all(pod) if each["name"] == name)
        part = _part(pod, container)
        self._recorder.normal(pod, "Pulled", images.PRESENT.format(container["image"]), part)
        self._recorder.warn(pod, "Failed", f"Error: {problem}", part)

    def killing(self, pod: Stored) -> None:
        """Record that the containers that run are sent SIGTERM."""
        for each in _all(pod):
            if "running" in statuses.known(pod, each["name"]).get("state", {}):
                self._recorder.normal(pod, "Killing", f"Stopping container {each['name']}", _part(pod, each))

    def definition_changed(self, pod: Stored, names: Collection[str]) -> None:
        """Record that containers are stopped because their image was changed."""
        for each in _all(pod):
            message = f"Container {each['name']} definition changed, will be restarted"
            if statuses.is_sidecar(each):
                message = f"Init container {each['name']} definition changed"
            if each["name"] in names:
                self._recorder.normal(pod, "Killing", message, _part(pod, each))

    def started(self, pod: Stored, names: Collection[str] = ()) -> None:
        """Record that containers have been started; `names` are which, if not all but the init containers."""
        for each in _all(pod):
            if each["name"] not in (names or _names(pod)):
                continue
            part = _part(pod, each)
            self._recorder.normal(pod, "Pulled", images.PRESENT.format(each["image"]), part)
            self._recorder.normal(pod, "Created", "Container created", part)
            self._recorder.normal(pod, "Started", "Container started", part)

    def unhealthy(self, pod: Stored, container: Body, probe: str, why: str) -> None:
        """Record that a probe of a container failed."""
        self._recorder.warn(pod, "Unhealthy", f"{probe} probe failed: {why}", _part(pod, container))

    def not_alive(self, pod: Stored, container: Body, probe: str) -> None:
        """Record that a container is stopped because its liveness or startup probe has failed too often."""
        message = f"Container {container['name']} failed {probe} probe, will be restarted"
        self._recorder.normal(pod, "Killing", message, _part(pod, container))

    def back_off(self, pod: Stored, names: Collection[str] = ()) -> None:
        """Record that containers that exited will be restarted later; `names` are which, as for `started`."""
        # Twice: a real kubelet repeats it every few seconds, so a reader always finds a count above one.
        for each in (*_all(pod), *_all(pod)):
            if each["name"] in (names or _names(pod)):
                where = f"{each['name']} in pod {pod.name}_{pod.namespace}({pod.uid})"
                self._recorder.warn(pod, "BackOff", f"Back-off restarting failed container {where}", _part(pod, each))


def _names(pod: Stored) -> list[str]:
    return [each["name"] for each in pod.spec["containers"]]


def _all(pod: Stored) -> list[Body]:
    return [*statuses.init_containers(pod), *pod.spec["containers"]]


def _part(pod: Stored, container: Body) -> str:
    """Return the path of a container in its pod, as events name it."""
    if container in statuses.init_containers(pod):
        return f"spec.initContainers{{{container['name']}}}"
    return f"spec.containers{{{container['name']}}}"
