"""The experiments of one test, and THE order of their steps.

1. Refuse arguments that make no sense.
2. Open the watch; nothing is done before its listing is complete.
3. Plan: what the fault may do, and for how long at worst. Refuse what is not permitted, or takes too long.
4. Wait until the target is steady.
5. Inject: choose the victims, note t0, act.
6. Hold, or run the test's own block; then heal what a lasting fault changed.
7. Watch until the target has been healthy for `stable_for`, or time is up; confirm with a fresh listing; judge; save.
8. Raise what the verdict means, or return the facts.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

from msgspec.structs import asdict

from ..act.heal import not_healed
from ..act.permissions import ask
from ..errors import FaultError, NotHealedError, RefusedError, Verdict
from ..faults.fault import Fault
from ..judge.alerts import Alert, AlertRule
from ..judge.outage import Outage
from ..judge.state import State
from ..kube.objects import Ref
from ..observe.cluster import Access
from ..observe.observation import Observation
from ..observe.switching import quick_switching
from ..records import Lasts, Record
from ..report import text
from ..report.run import result
from ..settings import Settings
from ..target import Target
from ..untrusted import safe
from . import preflight
from .artifacts import Artifacts
from .experiment import Experiment, RunContext
from .failures import Failures, judgement_of, raise_for
from .observers import Observers
from .ongoing import Block
from .preflight import Plan
from .steady import settle
from .write_permit import WritePermit

logger = logging.getLogger("kubechaos")


class Experiments:
    """Everything of one test: its watches, its experiments, what they found and what went wrong.

    `rules` are the user's own alert rules, `time_of_day` returns an RFC 3339 timestamp, and `left` the seconds of wall
    time until the item's pytest-timeout fires; `killer` names the setting by which that would end the process without a
    teardown, "" if none does. `given_up` are the targets that the run has waited for in vain. Raises ArgumentError for
    an alert rule that makes no sense.
    """

    def __init__(
        self,
        access: Access,
        settings: Settings,
        nodeid: str,
        rules: Sequence[AlertRule],
        artifacts: Artifacts,
        *,
        time_of_day: Callable[[], str],
        left: Callable[[], float],
        killer: Callable[[], str] = str,
        given_up: set[Ref] | None = None,
    ) -> None:
        preflight.check_rules(rules)
        self.outages: list[Outage] = []
        self.failures = Failures()
        self.artifacts = artifacts
        self.nodeid = nodeid
        self.closed = False
        self._settings = settings
        self._access = access
        self._time_left = left
        self._killer = killer
        self._given_up = set() if given_up is None else given_up
        self._time_of_day = time_of_day
        self._permit = WritePermit()
        self._run = RunContext(settings.run, access.client, rules, time_of_day, self._random, self._permit)
        self._observers = Observers(access, artifacts, self._recording_header, self._evaluate_alerts, self._stable_for)
        self._blocks: list[Block] = []
        self._started: list[Experiment] = []
        self._running: dict[Ref, list[Experiment]] = {}

    def steady(self, target: Target) -> None:
        """Wait until the target is steady."""
        with self.failures.noting(_ref(target)):
            self._permit.check()
            self._settle(self._observers.observe(target))

    def run(self, fault: Fault, target: Target, *, within: float | None, hold: float | None, check: bool) -> Outage:
        """Do all steps and return the outage; between inject and heal, wait for the hold or for the recovery."""
        with self.failures.noting(_ref(target)):
            preflight.check_run(fault, hold)
            self._check_alone(fault, target)
        with self.inject(fault, target, within=within, hold=hold, check=check, outlasts_block=True) as experiment:
            experiment.hold(hold or 0.0)
        return experiment.known_outage

    def block(self, fault: Fault, target: Target, within: float | None) -> Block:
        """Return the block of a test's own around which a fault is injected."""
        manager = self.inject(fault, target, within=within)
        self._blocks.append(Block(f"chaos.inject({fault!r}, {target})", manager))
        return self._blocks[-1]

    @contextmanager
    def inject(
        self,
        fault: Fault,
        target: Target,
        *,
        within: float | None,
        hold: float | None = None,
        check: bool = True,
        outlasts_block: bool = False,
    ) -> Iterator[Experiment]:
        """Do all steps, with the caller's block in the sixth.

        `outlasts_block`: a fault that lasts UNTIL_RECOVERED is healed after the recovery, not at the end of the block.
        """
        with self.failures.noting(_ref(target)):
            self._permit.check()
            outer = self._outer(fault, target)
            preflight.check_undoing(fault, self._killer())
            limits = preflight.limits(self._settings.within if within is None else within, self._stable_for(target))
            observation = self._observers.observe(target)
            plan = preflight.plan(fault, target, limits, hold, observation.state)
            ask(self._access.client, target.ref.namespace, plan.permissions)
            self._check_time(plan)
            # Inside of another fault's block on the target it is not steady, and need not be.
            if outer is None:
                steady = self._settle(observation)
                # Settling took time, of the item's timeout too, and may have brought other pods, or a paused workload.
                plan = preflight.plan(fault, target, limits, hold, steady)
                self._check_time(plan)
            experiment = Experiment(plan, observation, self._run, outer)
            with self._registered(experiment), quick_switching():
                experiment.inject()
                yield experiment
                heal_last = outlasts_block and hold is None and fault.lasts is Lasts.UNTIL_RECOVERED
                found = experiment.conclude(heal_last=heal_last)
            # Saved before anything is raised: an error must not cost the facts.
            self._save(found)
            raise_for(found, check)

    def _outer(self, fault: Fault, target: Target) -> Experiment | None:
        """Refuse what makes no sense; return the outermost experiment that is running on the target, if any."""
        preflight.check(fault, target)
        running = self._running.get(target.ref, [])
        # There will be one recovery, so there must be one target: the same probes, stable_for and so on.
        if running and running[0].plan.target != target:
            raise RefusedError(
                f"{target}: a fault is already being injected, with other probes or arguments of the target; one at a "
                f"time on the same target, or use the same target in both blocks"
            )
        return running[0] if running else None

    def _check_alone(self, fault: Fault, target: Target) -> None:
        """Refuse a `run` inside of a block on the same target: it would judge a recovery that is not its own."""
        if not isinstance(target, Target):
            return  # refused by `inject`, which checks the arguments
        running = self._running.get(target.ref)
        if running:
            raise RefusedError(
                f"{target}: {running[0]} is being injected; one at a time on the same target, or write: "
                f"with chaos.inject({fault!r}, target):"
            )

    @contextmanager
    def _registered(self, experiment: Experiment) -> Iterator[None]:
        """Keep an experiment in the list while it runs; note an error that ends it early, and save what is known."""
        ref = experiment.plan.target.ref
        self._started.append(experiment)
        self._running.setdefault(ref, []).append(experiment)
        try:
            yield
        except BaseException as error:
            self._abandon(experiment, error)
            raise
        finally:
            # `close` may have been first: it empties the lists of what was never left.
            if experiment in self._running.get(ref, []):
                self._running[ref].remove(experiment)

    def _abandon(self, experiment: Experiment, error: BaseException) -> None:
        """Note an error that ended an experiment, and save what is known of it; add its verdict to the error."""
        ref, failures = experiment.plan.target.ref, self.failures
        of_another = failures.is_of_another(error, ref)
        try:
            found = experiment.abandon(error, of_another_target=of_another)
            if not found:
                failures.note(error, ref)
                return
            failures.note(error, ref, found[0].verdict)
            self._save(found)
            error.add_note(text.verdict_line(found[0]))
        except Exception as other:  # noqa: BLE001  # it may hide neither the first nor what is left to be healed
            for each in (error, other):
                # A full disk refuses what has not begun, and interrupts what has.
                judged = judgement_of(each, landed=experiment.may_have_landed, of_another_target=of_another)
                failures.note(each, ref, judged.verdict)
            error.add_note(f"kubechaos: {safe(str(other))}")

    def close(self) -> None:
        """End every watch and the recording; a block that was never entered or never left is an error of the test."""
        if self.closed:
            return
        self._permit.withdraw()
        try:
            self._end_blocks()
            # Once more, also after a failed heal: the API server may answer by now.
            for each in self._started:
                self._undo(each)
        finally:
            self._note_changes_left()
            self.closed = True
            self._observers.close()
            self.artifacts.close()

    def _end_blocks(self) -> None:
        for block in self._blocks:
            if not block.entered:
                self.failures.note(FaultError(f"{block.call} does nothing by itself; write: with {block.call}:"))
        # The last first: an inner experiment ends before the outer one, whose recovery it shares.
        for each in [experiment for running in self._running.values() for experiment in reversed(running)]:
            why = f"{each}: its block was never left, or its thread went on after the test: there is no result"
            self._abandon(each, FaultError(why))
        self._running.clear()

    def _undo(self, experiment: Experiment) -> None:
        try:
            experiment.undo()
        except Exception as error:  # noqa: BLE001  # whatever it is, the cluster was left broken
            self.failures.note(error, verdict=Verdict.NOT_HEALED)

    def _note_changes_left(self) -> None:
        """Note what is still changed where no heal has done so: a signal came between two of them."""
        left = [change for each in self._started for change in each.changes_left]
        if left and not any(isinstance(error, NotHealedError) for error in self.failures.errors):
            self.failures.note(not_healed(left, "interrupted"))

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of every outage, and of every error that no outage came of."""
        verdicts = [outage.verdict for outage in self.outages]
        return verdicts + [verdict for verdict in self.failures.verdicts if verdict not in verdicts]

    def _recording_header(self) -> dict[str, object]:
        run, seed = self._settings.run, self._settings.seed
        return {"run": run, "nodeid": self.nodeid, "seed": seed, "started": self._time_of_day()}

    def _evaluate_alerts(self, target: Target, record: Record, state: State) -> list[Alert]:
        """Give a record to the experiment whose recovery is judged; return the new alerts of the user's own rules."""
        running = self._running.get(target.ref)
        if running and running[0].plan.target == target:
            return running[0].evaluate_alerts(record, state)
        return []

    def _settle(self, observation: Observation) -> State:
        stable_for = self._stable_for(observation.target)
        return settle(observation, self._settings.settle, stable_for, self._access.clock, self._given_up)

    def _stable_for(self, target: Target) -> float:
        return self._settings.stable_for if target.stable_for is None else target.stable_for

    def _check_time(self, plan: Plan) -> None:
        preflight.check_time(plan, self._access.clock.wall, self._time_left())

    def _random(self) -> Random:
        """Return what chooses the victims of the next fault: the same for the same seed, test and number of faults."""
        faults = len(self.outages) + sum(len(running) for running in self._running.values()) - 1
        return Random(f"{self._settings.seed}:{self.nodeid}:{faults}")

    def _save(self, found: Sequence[Outage]) -> None:
        if not found:
            return
        self.outages += found
        for each in found:
            logger.info(text.verdict_line(each))
        self.artifacts.save("outage.json", result(self.verdicts, self.artifacts.place, self.outages))
        alerts = [
            {"experiment": number, **asdict(alert)}
            for number, each in enumerate(self.outages, 1)
            for alert in each.alerts.all
        ]
        self.artifacts.save("alerts.json", alerts)


def _ref(target: Target) -> Ref | None:
    """Return the workload of a target; None for what is no target, which is refused later."""
    if isinstance(target, Target):
        return target.ref
    return None
