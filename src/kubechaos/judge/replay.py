"""The facts of a run from its recording alone, by the same folds as live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..records import Mark, Record
from . import alerts
from .alerts import Alarm, Alert
from .facts import BUILT_IN
from .outage import Alerts, Outage, outage
from .recovery import Limits
from .timeline import State, step
from .verdict import Verdict


@dataclass(slots=True)
class Replay:
    """One target's stream, played again: records and the alerts of users' rules in the order of the recording."""

    state: State = field(default_factory=State)
    alarm: Alarm = field(default_factory=Alarm)
    limits: Limits | None = None
    end: Mark | None = None
    known: frozenset[str] = BUILT_IN

    def play(self, entry: Record | Alert) -> Outage | None:
        """Take in one entry; return the facts of an experiment once its end and the alerts raised at it are told."""
        if isinstance(entry, Alert):
            self.alarm = Alarm((*self.alarm.alerts, entry))
            self.known |= {entry.name}
            return None
        found = self.finish()
        self.state = step(self.state, entry)
        if isinstance(entry, Mark) and entry.name == "experiment":
            self.alarm, self.limits = Alarm(), Limits(entry.facts["within"], entry.facts["stable_for"])
        if self.limits is not None:
            self.alarm = alerts.watch(self.alarm, self.state, self.limits)
        if isinstance(entry, Mark) and entry.name == "ended":
            self.end = entry
        return found

    def finish(self) -> Outage | None:
        """Return the facts of the experiment whose end was played last, if it was."""
        end, limits = self.end, self.limits
        if end is None or limits is None:
            return None
        self.end = self.limits = None
        overruled = Verdict(end.facts["verdict"], end.facts["cause"]) if "verdict" in end.facts else None
        found = Alerts(self.alarm.alerts, self.known)
        return outage(self.state, limits, found, tuple(end.facts.get("unobserved", ())), overruled)

    def cut(self) -> Outage | None:
        """Return the facts of what the recording leaves: an experiment that it does not end has no result."""
        experiment = self.state.experiment
        if self.end is None and experiment is not None and experiment.running:
            facts = {"verdict": "interrupted", "cause": "the recording ends before the experiment does"}
            self.play(Mark(self.state.at, "ended", facts))
        return self.finish()


def replay(entries: Iterable[tuple[str, Record | Alert]]) -> Iterator[Outage]:
    """Yield the outages of a recording: `entries` are its lines after the header, each with its stream."""
    streams: dict[str, Replay] = {}
    for stream, entry in entries:
        found = streams.setdefault(stream, Replay()).play(entry)
        if found is not None:
            yield found
    for each in streams.values():
        if (found := each.cut()) is not None:
            yield found
