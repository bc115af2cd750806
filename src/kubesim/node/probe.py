"""A pod's readiness probe: asked while its answer may still change, and not after that."""

from collections.abc import Callable
from typing import Final

from ..clock import Timer, Timers
from ..failures import ReadinessFailure
from ..store.objects import Stored, is_ready

FIRST: Final = 0.02


class Probe:
    """Calls `found(ready, why not)` when a probe was made; a healthy container answers the first one."""

    def __init__(self, timers: Timers, found: Callable[[bool, str | None], None]) -> None:
        self._timers = timers
        self._found = found
        self._timer: Timer | None = None
        self._began = 0.0
        self._failures = 0
        self._ready = False
        self._spec: dict[str, float] = {}
        self._failure: ReadinessFailure | None = None

    @staticmethod
    def needed(pod: Stored) -> bool:
        """Whether any container has a readiness probe; without one, running is being ready."""
        return any("readinessProbe" in each for each in pod.spec["containers"])

    def start(self, pod: Stored, failure: ReadinessFailure | None, *, at_once: bool) -> None:
        """Begin to probe, at once for a container that has just been started, else at the next period."""
        self.stop()
        if not self.needed(pod):
            return
        self._spec = next(each["readinessProbe"] for each in pod.spec["containers"] if "readinessProbe" in each)
        self._failure, self._failures, self._ready = failure, 0, is_ready(pod)
        self._began = self._timers.now()
        if at_once or failure is not None or not is_ready(pod):
            wait = self._spec.get("initialDelaySeconds", 0) + FIRST if at_once else self._spec["periodSeconds"]
            self._timer = self._timers.after(wait, self._ask)

    def stop(self) -> None:
        """Probe no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _ask(self) -> None:
        answers = self._answers()
        self._failures = 0 if answers else self._failures + 1
        self._ready = answers or (self._ready and self._failures < self._spec["failureThreshold"])
        failed = "HTTP probe failed with statuscode: 503" if "httpGet" in self._spec else ""
        self._found(self._ready, None if answers else failed)
        if not answers or (self._failure is not None and self._failure.recurs):
            self._timer = self._timers.after(self._spec["periodSeconds"], self._ask)

    def _answers(self) -> bool:
        return self._failure is None or self._failure.passes(self._timers.now() - self._began)
