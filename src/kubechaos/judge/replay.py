"""The facts of a run from its recording alone, by the same functions as live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import ChaosError, RecordingError, Verdict
from ..records import Begun, Ended, Record
from ..untrusted import described
from . import alerts
from .alerts import Alarm, Alert, Alerts
from .builtin_alerts import BUILT_IN
from .outage import Outage, outages
from .recovery import Limits
from .state import State, step


@dataclass(slots=True)
class Replay:
    """The stream of one target, played again: records, and the alerts of users' rules, in the order of the recording.

    state: the state of the target so far.
    alarm: the alerts so far.
    limits: the limits of the experiment that was begun last; None if there is none, or it was returned.
    end: the end of that experiment, once it was played.
    known: the names that a test may ask for: the built-in ones, and those of users' alerts in the recording.
    """

    state: State = field(default_factory=State)
    alarm: Alarm = field(default_factory=Alarm)
    limits: Limits | None = None
    end: Ended | None = None
    known: frozenset[str] = BUILT_IN

    def play(self, entry: Record | Alert) -> list[Outage]:
        """Play one entry; return the outages of an experiment once its end and the alerts raised at it were played."""
        if isinstance(entry, Alert):
            # A rule of a user is a function in a test and is not recorded, so its alerts are copied, not computed.
            self.alarm = Alarm((*self.alarm.alerts, entry))
            self.known |= {entry.name}
            return []
        # The alerts that are raised at the end stand after it in the recording: only the next record, or the end of the
        # recording, shows that there are no more.
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
        """Return the outages of the experiment whose end was played last, one for each of its faults."""
        end, limits = self.end, self.limits
        if end is None or limits is None:
            return []
        self.end = self.limits = None
        return list(outages(self.state, limits, Alerts(self.alarm.alerts, self.known), end).values())

    def cut(self) -> list[Outage]:
        """Return the outages that are left when the recording ends; an experiment without an end is interrupted."""
        experiment = self.state.experiment
        if self.end is None and experiment is not None and experiment.running:
            cause = "the recording ends before the experiment does"
            self.play(Ended(self.state.at, verdict=Verdict.INTERRUPTED, cause=cause, cause_code="Cut"))
        return self.finish()


def replay(entries: Iterable[tuple[str, Record | Alert]]) -> Iterator[Outage]:
    """Yield the outages of a recording: `entries` are its lines after the header, each with its stream.

    Raises RecordingError for records that no run can have made.
    """
    streams: dict[str, Replay] = {}
    number = 0
    # The fold is written for records that follow from each other, as those of a run do: to ask at each step whether
    # they do would be in the way of every reader. A file that somebody has edited may break it anywhere.
    try:
        for stream, entry in entries:
            number += 1
            yield from streams.setdefault(stream, Replay()).play(entry)
        for player in streams.values():
            yield from player.cut()
    except (LookupError, ArithmeticError, AttributeError, TypeError, ValueError) as error:
        if isinstance(error, ChaosError):
            raise
        what = f"its entry {number} does not follow from those before it"
        raise RecordingError(f"{what}, so this is not what kubechaos recorded: {described(error)}") from error
