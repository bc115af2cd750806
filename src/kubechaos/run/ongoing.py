"""One experiment, from its fault to its facts."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..act.door import Act
from ..api.client import Client
from ..errors import ApiError, ChaosError, FaultError, InconclusiveError, NotEndedError, NotHealedError
from ..judge import alerts
from ..judge.alerts import Alarm, Alert, AlertRule
from ..judge.facts import BUILT_IN
from ..judge.outage import Alerts, Outage, outage
from ..judge.recovery import Limits, ends_at, proof, proof_deadline, recovery_time
from ..judge.timeline import State
from ..judge.verdict import Verdict
from ..observe.cluster import Target
from ..observe.logs import last_words
from ..observe.observation import Observation
from ..records import Mark, Record
from ..report.text import safe
from .faults import Fault

logger = logging.getLogger("kubechaos")


class Ongoing:
    """A fault that has been injected; `outage` tells what came of it once the block has ended."""

    def __init__(
        self,
        fault: Fault,
        target: Target,
        observation: Observation,
        limits: Limits,
        rules: Sequence[AlertRule],
        transport: Client,
    ) -> None:
        self.target = target
        self._fault = fault
        self._observation = observation
        self._limits = limits
        self._rules = rules
        self._transport = transport
        self._known = alerts.names(rules)
        self._alarm = Alarm()
        self._act: Act | None = None
        self._hearing = False
        self._outage: Outage | None = None

    @property
    def outage(self) -> Outage:
        """The facts; raises NotEndedError inside the block, where they are not complete."""
        if self._outage is None:
            raise NotEndedError(f"the outage of {self._fault!r} is known once its block has ended")
        return self._outage

    def recovered_within(self, seconds: float) -> float:
        """Wait, inside the block, for a recovery that lasts; returns its recovery_time, inf if none comes in time."""
        limits = Limits(seconds, self._limits.stable_for)
        state = self._observation.wait(lambda state: ends_at(state, limits))
        return recovery_time(state, limits, at=self._observation.now())

    def hear(self, record: Record, state: State) -> list[Alert]:
        """Raise what has become worth an alert; return the new alerts of the user's own rules."""
        if isinstance(record, Mark) and record.name == "experiment":
            self._hearing = True
        if not self._hearing:
            return []
        self._hearing = not (isinstance(record, Mark) and record.name == "ended")
        before = len(self._alarm.alerts)
        try:
            self._alarm = alerts.watch(self._alarm, state, self._limits, self._rules)
        except FaultError:
            self._rules = ()
            raise
        for alert in self._alarm.alerts[before:]:
            level = logging.INFO if alert.severity == "info" else logging.WARNING
            logger.log(level, "%+.3f s %s %s %s", alert.at, alert.name, alert.object, safe(alert.message))
        return [alert for alert in self._alarm.alerts[before:] if alert.name not in BUILT_IN]

    def begin(self, act: Act, **facts: Any) -> None:
        """Do it: choose, note t0, act, and wait for the effect of what is to last; recovery is due at once."""
        self._act = act
        self._observation.mark(
            "experiment",
            fault=self._fault.name,
            args=list(self._fault.args),
            target=str(self.target),
            within=self._limits.within,
            stable_for=self._limits.stable_for,
            **facts,
        )
        self._fault.steps(act)
        self._observation.mark("due")
        if not self._fault.instant:
            self._observation.wait(lambda state: state.at if proof(state) else proof_deadline(state))

    def hold(self, seconds: float) -> None:
        """Keep a lasting fault in force for so long, watching."""
        until = self._observation.now() + seconds
        self._observation.wait(lambda state: until)

    def _heal(self) -> None:
        """Put back what the fault changed; what a lasting one broke is due from then on."""
        if self._act is not None and not self._fault.instant:
            self._act.heal()
            self._observation.mark("due", healed=True)

    def conclude(self) -> Outage:
        """Watch until it has recovered or time is up, confirm that by a fresh listing, and derive the facts."""
        self._heal()
        try:
            version = self._watch()
        except (InconclusiveError, ApiError) as error:
            return self._end(Verdict("inconclusive", str(error)))
        return self._end(None, resource_version=version)

    def _watch(self) -> str:
        version = None
        while version is None or self._observation.until(self._ends_at) > 0:
            self._observation.wait(self._ends_at)
            version = self._observation.confirm()
        if recovery_time(self._observation.state, self._limits, at=self._observation.now()) > self._limits.within:
            for pod, text in last_words(self._transport, self._observation.state.world.active):
                self._observation.mark("log", uid=pod.uid, text=text)
        return version

    def _ends_at(self, state: State) -> float:
        return ends_at(state, self._limits)

    def abandon(self, error: BaseException) -> Outage | None:
        """Heal, and derive what is known of an experiment that an error ended; None if nothing was touched."""
        if not isinstance(error, NotHealedError):
            error = _despite(error, self._heal)
        error = _despite(error, self._observation.catch_up)
        experiment = self._observation.state.experiment
        if experiment is None or not experiment.running:
            return None
        if isinstance(error, ChaosError) and not isinstance(error, ApiError):
            return self._end(Verdict(error.verdict, str(error)))
        return self._end(Verdict("interrupted", f"{type(error).__name__}: {error}"))

    def _end(self, overruled: Verdict | None, **facts: Any) -> Outage:
        unobserved = self._observation.unobserved
        if overruled:
            facts |= {"verdict": overruled.word, "cause": overruled.cause}
        state = self._observation.mark("ended", unobserved=list(unobserved), **facts)
        self._outage = outage(state, self._limits, Alerts(self._alarm.alerts, self._known), unobserved, overruled)
        self._observation.mark("released")
        return self._outage


def _despite(error: BaseException, deed: Callable[[], None]) -> BaseException:
    """Do it after an error, and return that; not to have healed is the worse one."""
    try:
        deed()
    except Exception as other:  # noqa: BLE001  # whatever it is, it must not hide the first
        error.add_note(f"kubechaos: {other}")
        return other if isinstance(other, NotHealedError) else error
    return error
