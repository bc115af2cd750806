"""What a kubelet says of one pod: its status, and events about it."""

from collections.abc import Collection
from typing import Any

from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..store.kinds import NODE
from ..store.objects import Stored
from . import images, statuses


class Voice:
    """Speaks of one pod, as long as it is there."""

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

    def tell(self, pod: Stored, phase: str, state: statuses.ContainerState, **more: Any) -> Stored:
        """Report a phase, with each container's status as `state(spec, status before)` gives it."""
        status = statuses.told(pod, self.now(), phase, ready=more.pop("ready", False), reason=more.pop("reason", ""))
        told = [state(each, statuses.known(pod, each["name"])) for each in pod.spec["containers"]]
        return self._registry.status(pod, {**status, **more, "containerStatuses": told})

    def host(self, pod: Stored) -> str:
        """Return the address of the pod's node."""
        node = self._registry.find(NODE, "", pod.spec["nodeName"])
        return str(node.status["addresses"][0]["address"])

    def say_no_image(self, pod: Stored, trouble: images.Trouble) -> None:
        """Say that there is no image, and why."""
        image = pod.spec["containers"][0]["image"]
        if trouble.reason == "ErrImagePull":
            self._recorder.normal(pod, "Pulling", f'Pulling image "{image}"')
            self._recorder.warn(pod, "Failed", f'Failed to pull image "{image}": {trouble.message}')
        else:
            about = "InspectFailed" if trouble.reason == "InvalidImageName" else trouble.reason
            self._recorder.warn(pod, about, trouble.message)
        self._recorder.warn(pod, "Failed", f"Error: {trouble.reason}")

    def say_killing(self, pod: Stored | None) -> None:
        """Say that the containers are told to end."""
        if pod is not None and statuses.running(pod):
            for each in pod.spec["containers"]:
                self._recorder.normal(pod, "Killing", f"Stopping container {each['name']}")

    def say_changed(self, pod: Stored, names: Collection[str]) -> None:
        """Say that containers are told to end because they have been changed."""
        for name in names:
            self._recorder.normal(pod, "Killing", f"Container {name} definition changed, will be restarted")

    def say_started(self, pod: Stored, names: Collection[str] = ()) -> None:
        """Say that the containers have been started; `names` are which, if not all."""
        for each in pod.spec["containers"]:
            if names and each["name"] not in names:
                continue
            self._recorder.normal(pod, "Pulled", images.PRESENT.format(each["image"]))
            self._recorder.normal(pod, "Created", "Container created")
            self._recorder.normal(pod, "Started", "Container started")

    def say_unready(self, pod: Stored, why: str) -> None:
        """Say that a readiness probe failed."""
        self._recorder.warn(pod, "Unhealthy", f"Readiness probe failed: {why}")

    def say_back_off(self, pod: Stored) -> None:
        """Say that containers that failed will be restarted later; so often that it is always seen to be repeated."""
        for each in (*pod.spec["containers"], *pod.spec["containers"]):
            where = f"{each['name']} in pod {pod.name}_{pod.namespace}({pod.uid})"
            self._recorder.warn(pod, "BackOff", f"Back-off restarting failed container {where}")

    def say_pull_back_off(self, pod: Stored, message: str) -> None:
        """Say that the image will be pulled again later."""
        self._recorder.normal(pod, "BackOff", message)
        self._recorder.warn(pod, "Failed", "Error: ImagePullBackOff")
