"""A pod's startup probe: no other probe is made before it has passed."""

from collections.abc import Callable
from typing import Final

from ..clock import Timer, Timers
from ..failures import ReadinessFailure
from ..store.objects import Body, Stored
from . import statuses
from .probe import first_probe, message

EARLY: Final = 0.2
"""The seconds from a kubelet's first visit until the container runs."""


class Startup:
    """Calls `found` as `Liveness` does, and `passed(age)` once it has passed, so many seconds after it began."""

    def __init__(
        self, timers: Timers, found: Callable[[Body, str, bool], None], passed: Callable[[float], None]
    ) -> None:
        self._timers = timers
        self._found = found
        self._passed = passed
        self._timer: Timer | None = None

    @property
    def pending(self) -> bool:
        """Whether it is still being made."""
        return self._timer is not None

    def start(self, pod: Stored, failure: ReadinessFailure | None) -> None:
        """Begin to probe a container that has just been started; what has no such probe has passed."""
        self.stop()
        probed = statuses.probed(pod, "startupProbe")
        if not probed:
            self._passed(0.0)
            return
        began, spec = self._timers.now(), probed[0]["startupProbe"]

        def probe(number: int) -> None:
            age = self._timers.now() - began
            if failure is None or not failure.slow or failure.passes(age):
                self._timer = None
                self._passed(age)
                return
            last = number >= spec["failureThreshold"]
            if not last:
                self._timer = self._timers.after(spec["periodSeconds"], lambda: probe(number + 1))
            self._found(probed[0], message(spec), last)

        # A kubelet's first visit is before the container runs, and nothing but the next period brings another.
        self._timer = self._timers.after(first_probe(spec, skipped=1) - EARLY, lambda: probe(1))

    def stop(self) -> None:
        """Probe no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
