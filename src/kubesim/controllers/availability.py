"""Whether a Ready pod is available: once it has been Ready for minReadySeconds."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..clock import Calendar
from ..store.objects import Stored, condition, is_ready


@dataclass(frozen=True, slots=True)
class Availability:
    """What one workload asks of its pods: `seconds` is its minReadySeconds."""

    calendar: Calendar
    seconds: int

    @classmethod
    def of(cls, workload: Stored, calendar: Calendar) -> "Availability":
        """Return what a workload asks."""
        return cls(calendar, workload.spec.get("minReadySeconds") or 0)

    def holds(self, pod: Stored) -> bool:
        """Return whether a pod is available."""
        return is_ready(pod) and (not self.seconds or self._missing(pod) <= 0)

    def next(self, pods: Iterable[Stored]) -> float | None:
        """Return in how many seconds the next of some pods becomes available; None if there is none to wait for."""
        missing = [self._missing(pod) for pod in pods if self.seconds and is_ready(pod)]
        return min((seconds for seconds in missing if seconds > 0), default=None)

    def _missing(self, pod: Stored) -> float:
        # Conditions have times in seconds, and the real controllers count from there: a pod may become available up to
        # a second before it has been Ready for that long.
        return self.seconds - self.calendar.since(condition(pod, "Ready")["lastTransitionTime"])
