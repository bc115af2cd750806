"""A pod's liveness probe: made only while it fails, since one that passes changes nothing."""

from collections.abc import Callable

from ..clock import Timer, Timers
from ..failure_registry import FailureRegistry
from ..failures import LivenessFailure
from ..store.objects import Body, Stored
from . import statuses
from .probe import message


class Liveness:
    """Calls `found(container, message, last)` after every probe that has failed; the last one is one too many."""

    def __init__(self, timers: Timers, failures: FailureRegistry, found: Callable[[Body, str, bool], None]) -> None:
        self._timers = timers
        self._failures = failures
        self._found = found
        self._timer: Timer | None = None

    def start(self, pod: Stored, *, at_once: bool) -> None:
        """Begin to probe if that will fail: a container that has just been started, or one that runs."""
        self.stop()
        failure = self._failures.of(pod, LivenessFailure)
        probed = statuses.probed(pod, "livenessProbe")
        if failure is None or not probed:
            return
        begins = failure.seconds
        if at_once:
            begins = max(begins, probed[0]["livenessProbe"].get("initialDelaySeconds", 0))
        self._after(begins, probed[0], 1)

    def stop(self) -> None:
        """Probe no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _after(self, seconds: float, container: Body, number: int) -> None:
        period = container["livenessProbe"]["periodSeconds"]
        self._timer = self._timers.after(seconds + period, lambda: self._fail(container, number))

    def _fail(self, container: Body, number: int) -> None:
        spec = container["livenessProbe"]
        last = number >= spec["failureThreshold"]
        if not last:
            self._after(0, container, number + 1)
        self._found(container, message(spec), last)
