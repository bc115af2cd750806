"""A pod's readiness probe: made while its result may still change, and not after that."""

import math
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from ..clock import Timer, Timers
from ..failures import ReadinessFailure
from ..store.objects import Stored, is_ready
from . import statuses

FIRST: Final = 0.02
PERIOD: Final = 10
"""The seconds from one probe to the next of a probe that says nothing."""
GATES: Final = frozenset(("readinessProbe", "startupProbe"))
"""The probes without which a container is not Ready at once."""


class Probe:
    """Calls `found(ready, message)` after every probe; the message is None for a probe that passed."""

    def __init__(self, timers: Timers, found: Callable[[bool, str | None], None]) -> None:
        self._timers = timers
        self._found = found
        self._timer: Timer | None = None
        self._began = 0.0
        self._failed = 0
        self._ready = False
        self._spec: dict[str, float] = {}
        self._failure: ReadinessFailure | None = None

    @staticmethod
    def needed(pod: Stored, names: Container[str] = ()) -> bool:
        """Return whether any container, or one of these names, has a readiness or startup probe.

        One without is Ready as soon as it runs.
        """
        probed = [each["name"] for each in statuses.running_on(pod) if each.keys() & GATES]
        return any(name in names for name in probed) or bool(probed and not names)

    def start(self, pod: Stored, failure: ReadinessFailure | None, *, at_once: bool, age: float = 0.0) -> None:
        """Begin to probe: at once for a container that was started so many seconds ago, else after a period."""
        self.stop()
        probed = statuses.probed(pod, "readinessProbe")
        if not probed:
            return
        self._spec = probed[0]["readinessProbe"]
        self._failure, self._failed, self._ready = failure, 0, is_ready(pod)
        # Failures that depend on the age of a container count it from here, not from its start: a failure that is
        # injected into a running container begins with its first seconds, too.
        self._began = self._timers.now() - age
        if at_once:
            self._timer = self._timers.after(first_probe(self._spec, age=age), self._probe)
        elif failure is not None or not is_ready(pod):
            self._timer = self._timers.after(self._spec["periodSeconds"], self._probe)

    def stop(self) -> None:
        """Probe no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _probe(self) -> None:
        passes = self._failure is None or self._failure.passes(self._timers.now() - self._began)
        recurs = self._failure is not None and self._failure.recurs
        if passes:
            self._failed = 0
            self._ready = True
            self._found(self._ready, None)
        else:
            self._failed += 1
            self._ready = self._ready and self._failed < self._spec["failureThreshold"]
            self._found(self._ready, message(self._spec))
        # A container that has passed goes on passing unless its failure recurs. Probing it for ever would only keep
        # the heap of timers busy: a thousand pods that are Ready cost nothing.
        if not passes or recurs:
            self._timer = self._timers.after(self._spec["periodSeconds"], self._probe)


def first_probe(spec: Mapping[str, Any], *, age: float = 0.0, skipped: int = 0) -> float:
    """Return in how many seconds a container that was started `age` seconds ago is first asked.

    A kubelet comes by once a period from the start on, and asks nothing before `initialDelaySeconds` are over: of a
    delay of 5 s and a period of 10 s the first probe is after 10 s. Its first `skipped` visits ask nothing either.
    """
    period: float = spec.get("periodSeconds", PERIOD)
    waits: int = math.ceil((spec.get("initialDelaySeconds", 0) - age) / period)
    return max(waits, skipped) * period + FIRST


def message(spec: Mapping[str, Any]) -> str:
    """Return what a kubelet says of a probe that has failed."""
    if "httpGet" in spec:
        return "HTTP probe failed with statuscode: 503"
    return ""
