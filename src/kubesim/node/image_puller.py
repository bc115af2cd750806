"""Pulling a pod's image until there is one, at the pace of a real kubelet's back-off."""

from collections.abc import Callable

from ..failure_registry import FailureRegistry
from ..failures import ImagePull
from ..store.objects import Stored
from . import images, pace, statuses
from .pod_states import State, StateMachine
from .status_writer import StatusWriter


class ImagePuller:
    """Pulls the image of one pod; `start` is called with the pod once the image is there."""

    def __init__(
        self,
        machine: StateMachine,
        writer: StatusWriter,
        failures: FailureRegistry,
        start: Callable[[Stored], None],
    ) -> None:
        self._machine = machine
        self._writer = writer
        self._failures = failures
        self._start = start

    def problem(self, pod: Stored) -> images.Problem | None:
        """Return why the pod's image cannot be had; None if it can."""
        first = statuses.to_start(pod)
        fails = self._failures.of(pod, ImagePull) is not None
        return images.problem(first["image"], first["imagePullPolicy"], fails=fails)

    def begin(self, seconds: float) -> None:
        """Pull the image for the first time, or because it was changed; it takes so many seconds."""
        self._machine.enter(State.PULLING)
        self._machine.after(seconds, lambda pod: self._pull(pod, pace.SOON))

    def _pull(self, pod: Stored, wait: float) -> None:
        """Start, or report why there is no image and try again after `wait` seconds."""
        problem = self.problem(pod)
        if problem is None:
            self._start(pod)
            return
        self._machine.enter(State.IMAGE_FAILED)
        self._writer.wait(pod, statuses.waiting(problem.reason, problem.message))
        self._writer.image_problem(pod, problem)
        if problem.reason == "ErrImagePull":
            # A watcher of a real cluster sees ErrImagePull until the kubelet looks at the pod again, about 12 s later;
            # only then ImagePullBackOff is reported, and it stays until the next pull.
            self._machine.after(pace.PULL_BACK_OFF, lambda latest: self._back_off(latest, max(wait, pace.FIRST_PULL)))
        else:
            self._machine.after(wait, lambda latest: self._pull(latest, pace.PULL_BACK_OFF))

    def _back_off(self, pod: Stored, wait: float) -> None:
        """Report ImagePullBackOff, and pull again after `wait` seconds, twice as late each time."""
        problem = self.problem(pod)
        if problem is None:
            self._start(pod)
            return
        self._machine.enter(State.IMAGE_BACK_OFF)
        self._writer.image_problem(pod, problem)
        message = f'Back-off pulling image "{statuses.to_start(pod)["image"]}"'
        self._writer.pull_back_off(pod, message)
        reported = statuses.waiting("ImagePullBackOff", f"{message}: ErrImagePull: {problem.message}")
        self._writer.wait(pod, reported)
        self._machine.after(wait, lambda latest: self._pull(latest, min(2 * wait, pace.LONGEST_BACK_OFF)))
