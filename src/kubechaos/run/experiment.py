"""One fault on one target, from its injection to its outage."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

from msgspec.structs import replace

from ..act.act import Act
from ..act.evictions import Evictions, Waiting
from ..act.heal import heal
from ..act.write import Writer
from ..api.client import Client
from ..changes import Change
from ..clock import WALL_TIME
from ..errors import (
    ApiError,
    FaultError,
    FaultNotProvenError,
    InconclusiveError,
    NotEndedError,
    NotHealedError,
    RefusedError,
    Verdict,
)
from ..judge import alerts
from ..judge.alerts import Alarm, Alert, AlertRule, Alerts
from ..judge.builtin_alerts import BUILT_IN
from ..judge.outage import Outage, outages
from ..judge.reasons import Cause
from ..judge.recovery import ends_at, proof_deadline, recovery_time
from ..judge.state import State
from ..judge.verdict import Judgement
from ..observe.logs import log_tails
from ..observe.observation import Observation
from ..records import Begun, Due, Ended, Healed, Lasts, Log, Record
from ..untrusted import safe
from .failures import do_despite, judgement_of
from .preflight import Plan, check_unchanged
from .preflight import limits as limits_of
from .write_permit import WritePermit

logger = logging.getLogger("kubechaos")


@dataclass(frozen=True, slots=True)
class RunContext:
    """The facts about a run that every experiment of a test needs.

    `rules` are the user's own alert rules, `time_of_day` returns an RFC 3339 timestamp, and `random` what chooses the
    victims of the next fault; `permit` is held during each write.
    """

    id: str
    client: Client
    rules: Sequence[AlertRule]
    time_of_day: Callable[[], str]
    random: Callable[[], Random]
    permit: WritePermit


class Experiment:
    """A fault on its target. Inside of the block of an `outer` one on the same target, both share one recovery.

    The steps are called in this order: `inject`, `hold` or the test's own block, `heal`, `conclude`; `abandon` ends
    them after an error.
    """

    def __init__(
        self, plan: Plan, observation: Observation, run: RunContext, outer: "Experiment | None" = None
    ) -> None:
        self.plan = plan
        self.outer = outer
        self.inner: list[Experiment] = []
        self.outage: Outage | None = None
        self._observation = observation
        self._run = run
        self._rules = run.rules
        self._rule_names = alerts.names(run.rules)
        self._alarm = Alarm()
        self._alerting = False
        # The verdict of an error that ended an experiment inside of this one. It replaces what the state would give.
        self._imposed: Judgement | None = None
        # Records carry it: all faults on one target share one stream and one recovery. The outermost one is number 0.
        self._injection_number = 0
        if outer is not None:
            outer.inner.append(self)
            self._injection_number = len(outer.inner)
        self._writer = Writer(
            run.client, observation.put_own, observation.now, WALL_TIME, run.permit, self._injection_number
        )

    def __str__(self) -> str:
        return f"{self.plan.fault!r} on {self.plan.target}"

    @property
    def known_outage(self) -> Outage:
        """The facts; raises NotEndedError where they are not complete, inside the block."""
        if self.outage is None:
            block = "its block" if self.outer is None else f"the block of {self.outer}"
            raise NotEndedError(f"the outage of {self.plan.fault!r} is known once {block} has ended")
        return self.outage

    def inject(self) -> None:
        """Choose, note t0 and act; where the fault lasts, wait for its effect.

        Raises what the fault raises, and the ApiError of a write that was refused.
        """
        plan, put, now = self.plan, self._observation.put_own, self._observation.now
        state = put(
            Begun(
                now(),
                fault=plan.fault.name,
                args=plan.fault.args,
                target=plan.ref,
                effect=plan.fault.effect,
                lasts=plan.fault.lasts,
                within=plan.limits.within,
                stable_for=plan.limits.stable_for,
                started=self._run.time_of_day(),
                hold=plan.hold,
                injection=self._injection_number,
            )
        )
        if self.outer is None:
            check_unchanged(plan, state)
        plan.fault.steps(self._act(), plan.target)
        if not self._writer.has_written:
            raise FaultNotProvenError(f"{self}: the fault has written nothing through `act`, so nothing was done")
        put(Due(now(), self._injection_number))
        # Held before it has had its effect, a fault would be healed without having hurt anybody.
        if plan.fault.lasts is not Lasts.INSTANT:
            self._wait_for_proof()

    def _act(self) -> Act:
        return Act(
            self._writer,
            Evictions(
                self._writer,
                self._run.client,
                Waiting(self._observation.now, self.hold, self.plan.limits.within),
            ),
            self.plan.target,
            self._run.id,
            keep=self.plan.fault.lasts is not Lasts.INSTANT,
            look=lambda: self._observation.state,
            found=0 if self.outer is not None else self.plan.generation,
            time_of_day=self._run.time_of_day,
            chance=self._run.random(),
        )

    def _wait_for_proof(self) -> None:
        def until(state: State) -> float:
            if state.experiment is None:
                return state.at
            injection = state.experiment.injections[self._injection_number]
            return state.at if injection.proven else proof_deadline(state, injection)

        self._observation.wait(until)

    def hold(self, seconds: float) -> None:
        """Let so many seconds of the run's clock pass, watching."""
        until = self._observation.now() + seconds
        self._observation.wait(lambda state: until)

    def recovered_within(self, seconds: float) -> float:
        """Wait, inside the block, for a recovery that lasts; returns its recovery_time, inf if none comes in time."""
        if self.outer is not None:
            raise RefusedError(f"{self} is inside of the block of {self.outer}: ask that one whether it has recovered")
        limits = limits_of(seconds, self.plan.limits.stable_for)
        state = self._observation.wait(lambda state: ends_at(state, limits))
        return recovery_time(state, limits, at=self._observation.now())

    def evaluate_alerts(self, record: Record, state: State) -> list[Alert]:
        """Evaluate the alert rules after a record, and log new alerts; return those of the user's own rules.

        Raises FaultError for a rule that raised; from then on no rule of the user is evaluated.
        """
        if isinstance(record, Begun):
            self._alerting = True
        if not self._alerting:
            return []
        self._alerting = not isinstance(record, Ended)
        before = len(self._alarm.alerts)
        try:
            self._alarm = alerts.watch(self._alarm, state, self.plan.limits, self._rules)
        except FaultError:
            # Once is enough: the records that follow must be taken in, and the cluster healed.
            self._rules = ()
            raise
        new = self._alarm.alerts[before:]
        for alert in new:
            level = logging.INFO if alert.severity == "info" else logging.WARNING
            logger.log(level, "%+.3f s %s %s %s", alert.at, alert.name, alert.object, safe(alert.message))
        return [alert for alert in new if alert.name not in BUILT_IN]

    def heal(self, *, owed: bool = True) -> None:
        """Undo what the fault changed. From then on the recovery from a lasting fault is owed, if `owed`.

        Raises NotHealedError.
        """
        self.undo()
        if self.plan.fault.lasts is not Lasts.INSTANT:
            self._observation.put_own(Healed(self._observation.now(), owed, self._injection_number))

    def undo(self) -> None:
        """Undo what has been changed and not been undone yet; raises NotHealedError."""
        put, now = self._observation.put_own, self._observation.now
        heal(self._writer.changes, self._run.client, put, now, injection=self._injection_number)

    def conclude(self, *, heal_last: bool = False) -> list[Outage]:
        """Heal, watch until it has recovered or time is up, confirm that by a fresh listing, and derive the outages.

        With `heal_last` the target is to recover while the fault is in force, and the heal comes after that. An
        experiment inside of another's block has no outage yet: it is healed, and its proof is waited for.
        """
        if not heal_last:
            self.heal()
        if self.outer is None and all(each.plan.fault.effect.preparing for each in (self, *self.inner)):
            raise FaultNotProvenError(f"{self} hurts nobody by itself, and no other fault was injected in its block")
        if self.outer is not None:
            self._wait_for_proof()
            return []
        imposed, version = self._imposed, ""
        try:
            version = self._watch_to_the_end()
        except (InconclusiveError, ApiError) as error:
            # An answer that does not come, or a gap: nobody could look, so there is no other verdict.
            imposed = imposed or Judgement(Verdict.INCONCLUSIVE, Cause(error.code, str(error)))
        if heal_last:
            self.heal(owed=False)
        return self._end(imposed, version)

    def _watch_to_the_end(self) -> str:
        """Watch to the end, and return the version of the pods' listing that confirmed it."""
        version = ""
        # The confirmation may bring records after which there is more to wait for: a pod that was not Ready any more.
        while not version or self._observation.seconds_until(self._ends_at) > 0:
            self._observation.wait(self._ends_at)
            version = self._observation.confirm()
        recovered_in = recovery_time(self._observation.state, self.plan.limits, at=self._observation.now())
        if recovered_in > self.plan.limits.within:
            for pod, text in log_tails(self._run.client, self._observation.state.target.active):
                self._observation.put_own(Log(self._observation.now(), pod.uid, text))
        return version

    def _ends_at(self, state: State) -> float:
        return ends_at(state, self.plan.limits)

    def abandon(self, error: BaseException, *, of_another_target: bool = False) -> list[Outage]:
        """Heal, and derive what is known of an experiment that an error ended; nothing if nothing was touched.

        The verdict is that of the error, unless it says something `of_another_target`.
        """
        # A heal that failed was tried for its full time; `Experiments.close` tries again.
        if not isinstance(error, NotHealedError):
            error = do_despite(error, self.heal if self._has_touched else self.undo)
        error = do_despite(error, self._observation.catch_up)
        if not self._has_touched:
            return []
        judgement = judgement_of(error, landed=self.may_have_landed, of_another_target=of_another_target)
        if self.outer is not None:
            self.outer._imposed = self.outer._imposed or judgement
            return []
        return self._end(judgement)

    @property
    def changes_left(self) -> tuple[Change, ...]:
        """What has been changed and not been undone yet."""
        return tuple(self._writer.changes)

    @property
    def may_have_landed(self) -> bool:
        """Whether a write of this experiment, or of another one in the same block, may be in the cluster."""
        outermost = self.outer or self
        return any(each._writer.may_have_landed for each in (outermost, *outermost.inner))

    @property
    def _has_touched(self) -> bool:
        """True once the fault has written to the cluster, until the experiment has ended."""
        experiment = self._observation.state.experiment
        if experiment is None or not experiment.running or len(experiment.injections) <= self._injection_number:
            return False
        return experiment.injections[self._injection_number].t0 < inf

    def _end(self, imposed: Judgement | None, version: str = "") -> list[Outage]:
        """Record the end, and derive one outage for each fault; the verdict and the recovery are shared."""
        end = Ended(self._observation.now(), self._observation.unobserved, resource_version=version)
        if imposed:
            cause = imposed.cause
            end = replace(end, verdict=imposed.verdict, cause=cause.text, cause_code=cause.code)
        state = self._observation.put_own(end)
        found = outages(state, self.plan.limits, Alerts(self._alarm.alerts, self._rule_names), end)
        for each in (self, *self.inner):
            each.outage = found.get(each._injection_number)
        return list(found.values())
