"""The facts of a run from its recording alone, by the same folds as live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..model import Mark, Record
from . import alerts
from .alerts import Alarm, Alert
from .facts import BUILT_IN
from .outage import Alerts, Outage, outage
from .timeline import State, step
from .verdict import Limits, Verdict


@dataclass(slots=True)
class Replay:
    """One target's stream, played again: records and the alerts of users' rules in the order of the recording."""

    state: State = field(default_factory=State)
    alarm: Alarm = field(default_factory=Alarm)
    limits: Limits | None = None
    known: frozenset[str] = BUILT_IN

    def play(self, entry: Record | Alert) -> Outage | None:
        """Take in one entry; return the facts of the experiment that it ends, if it does."""
        if isinstance(entry, Alert):
            self.alarm = Alarm((*self.alarm.alerts, entry))
            self.known |= {entry.name}
            return None
        self.state = step(self.state, entry)
        if isinstance(entry, Mark) and entry.name == "experiment":
            self.alarm, self.limits = Alarm(), Limits(entry.facts["within"], entry.facts["stable_for"])
        if self.limits is None:
            return None
        self.alarm = alerts.watch(self.alarm, self.state, self.limits)
        return self._end(entry) if isinstance(entry, Mark) and entry.name == "ended" else None

    def cut(self) -> Outage | None:
        """Return what is known of an experiment that the recording does not end; it has no result."""
        experiment = self.state.experiment
        if experiment is None or not experiment.running:
            return None
        facts = {"verdict": "interrupted", "cause": "the recording ends before the experiment does"}
        return self.play(Mark(self.state.at, "ended", facts))

    def _end(self, mark: Mark) -> Outage | None:
        experiment, limits = self.state.experiment, self.limits
        if experiment is None or limits is None:
            return None
        facts = mark.facts
        overruled = Verdict(facts["verdict"], facts["cause"]) if "verdict" in facts else None
        found = Alerts(self.alarm.alerts, self.known)
        self.limits = None
        return outage(self.state, limits, found, tuple(facts.get("unobserved", ())), overruled)


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
