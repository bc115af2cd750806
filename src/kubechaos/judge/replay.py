"""The facts of a run from its recording alone, by the same folds as live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import Verdict
from ..records import Begun, Ended, Record
from . import alerts
from .alerts import Alarm, Alert, Alerts
from .builtin_alerts import BUILT_IN
from .outage import Outage, outages
from .recovery import Limits
from .state import State, step


@dataclass(slots=True)
class Replay:
    """One target's stream, played again: records and the alerts of users' rules in the order of the recording."""

    state: State = field(default_factory=State)
    alarm: Alarm = field(default_factory=Alarm)
    limits: Limits | None = None
    end: Ended | None = None
    known: frozenset[str] = BUILT_IN

    def play(self, entry: Record | Alert) -> list[Outage]:
        """Take in one entry; return the facts of an experiment once its end and the alerts raised at it are played."""
        if isinstance(entry, Alert):
            self.alarm = Alarm((*self.alarm.alerts, entry))
            self.known |= {entry.name}
            return []
        found = self.finish()
        self.state = step(self.state, entry)
        if isinstance(entry, Begun) and entry.injection == 0:
            self.alarm, self.limits = Alarm(), Limits(entry.within, entry.stable_for)
        if self.limits is not None:
            self.alarm = alerts.watch(self.alarm, self.state, self.limits)
        if isinstance(entry, Ended):
            self.end = entry
        return found

    def finish(self) -> list[Outage]:
        """Return the outages of the experiment whose end was played last, if it was: one for each of its faults."""
        end, limits = self.end, self.limits
        if end is None or limits is None:
            return []
        self.end = self.limits = None
        return list(outages(self.state, limits, Alerts(self.alarm.alerts, self.known), end).values())

    def cut(self) -> list[Outage]:
        """Return the facts of what the recording leaves: an experiment that it does not end has no result."""
        experiment = self.state.experiment
        if self.end is None and experiment is not None and experiment.running:
            cause = "the recording ends before the experiment does"
            self.play(Ended(self.state.at, verdict=Verdict.INTERRUPTED, cause=cause, cause_code="Cut"))
        return self.finish()


def replay(entries: Iterable[tuple[str, Record | Alert]]) -> Iterator[Outage]:
    """Yield the outages of a recording: `entries` are its lines after the header, each with its stream."""
    streams: dict[str, Replay] = {}
    for stream, entry in entries:
        yield from streams.setdefault(stream, Replay()).play(entry)
    for each in streams.values():
        yield from each.cut()
