"""One test's chaos, and THE order of its steps.

1. Refuse what cannot be meant: arguments, permissions, a timeout that is too short. Nothing is touched.
2. Open the watch; nothing is done before it is past its listing.
3. Wait until the target is steady.
4. Choose the victims, note t0, act.
5. Hold, or run the test's own block; then heal what a lasting fault changed.
6. Watch until the target has been all right for `stable_for`, or time is up; confirm with a fresh listing.
7. Save what was seen.
8. Judge: raise, or return the facts.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from random import Random

from ..act.door import Act
from ..act.permission import ask
from ..errors import (
    ChaosError,
    FaultError,
    FaultNotProvenError,
    InconclusiveError,
    NotRecoveredError,
    RefusedError,
    TimeoutTooShortError,
)
from ..judge.alerts import Alert, AlertRule
from ..judge.outage import Outage
from ..judge.recovery import Limits
from ..judge.timeline import State
from ..kube.objects import Ref
from ..observe.cluster import Cluster, Target
from ..observe.observation import Observation
from ..observe.switching import quick_switching
from ..records import Record
from ..report import records, text
from ..report.gate import EXCUSABLE
from ..settings import Settings
from . import arguments
from .artifacts import Artifacts
from .faults import Fault
from .ongoing import Ongoing
from .steady import settle
from .watching import Watching

logger = logging.getLogger("kubechaos")

_ERRORS: dict[str, type[ChaosError]] = {
    "inconclusive": InconclusiveError,
    "fault_not_proven": FaultNotProvenError,
    "not_recovered": NotRecoveredError,
}


class Chaos:
    """What a test injects faults with; it owns the watch and the artifacts of that one test.

    `wall` is the time of day, `left` the seconds until the item's timeout fires.
    """

    def __init__(
        self,
        cluster: Cluster,
        settings: Settings,
        nodeid: str,
        rules: Sequence[AlertRule],
        artifacts: Artifacts,
        *,
        wall: Callable[[], str],
        left: Callable[[], float],
    ) -> None:
        self.outages: list[Outage] = []
        self.errors: list[tuple[BaseException, str]] = []
        self.artifacts = artifacts
        self._cluster = cluster
        self._settings = settings
        self._nodeid = nodeid
        self._rules = rules
        self._clock = cluster.clock
        self._wall = wall
        self._left = left
        self._watching = Watching(cluster, artifacts, self._about, self._hear)
        self._acts: list[Act] = []
        self._ongoing: dict[Ref, Ongoing] = {}
        self._offered: list[str] = []
        arguments.check_rules(rules)

    def steady(self, target: Target) -> Target:
        """Wait until the target is steady, and return it.

        Raises NotFoundTargetError or TooFewReplicasError at once, NotSteadyError after `--chaos-settle` seconds.
        """
        with self._noted():
            self._settle(self._watching.observe(target))
        return target

    def run(
        self,
        fault: Fault,
        target: Target,
        *,
        within: float | None = None,
        hold: float | None = None,
        check: bool = True,
    ) -> Outage:
        """Inject a fault, watch the recovery and return its facts; a lasting fault is healed after `hold` seconds.

        Raises NotRecoveredError when the recovery took longer than `within` seconds (default `--chaos-within`), unless
        `check` is False; every other failure to give a verdict raises in any case.
        """
        with self._noted():
            arguments.check_hold(fault, hold)
        with self._inject(fault, target, within, check, hold) as ongoing:
            ongoing.hold(hold or 0.0)
        return ongoing.outage

    def inject(self, fault: Fault, target: Target, *, within: float | None = None) -> AbstractContextManager[Ongoing]:
        """Inject a fault around a block of the test's own; the recovery is judged when the block has ended."""
        self._offered.append(f"chaos.inject({fault!r}, {target})")
        return self._entered(self._offered[-1], fault, target, within)

    @contextmanager
    def _entered(self, offer: str, fault: Fault, target: Target, within: float | None) -> Iterator[Ongoing]:
        self._offered.remove(offer)
        with self._inject(fault, target, within, check=True) as ongoing:
            yield ongoing

    @contextmanager
    def _inject(
        self, fault: Fault, target: Target, within: float | None, check: bool, hold: float | None = None
    ) -> Iterator[Ongoing]:
        with self._noted():
            arguments.check(fault, target)
            limits = arguments.limits(self._settings.within if within is None else within, self._asked(target))
            if target.ref in self._ongoing:
                raise RefusedError(f"{target}: a fault is already being injected; one at a time on the same target")
            observation = self._watching.observe(target)
            ask(self._cluster.transport, target.ref.namespace, fault.permissions(target.ref.kind))
            limits = Limits(limits.within, self._stable_for(observation))
            needed = partial(arguments.seconds, fault, limits, hold or 0.0)
            self._check_timeout(needed(observation.state))
            self._settle(observation)
            self._check_timeout(needed(observation.state))
            ongoing = Ongoing(fault, target, observation, limits, self._rules, self._cluster.transport)
            self._ongoing[target.ref] = ongoing
            try:
                with quick_switching():
                    ongoing.begin(self._act(observation), hold=hold, **self._facts(observation))
                    yield ongoing
                    found = ongoing.conclude()
            except BaseException as error:
                self._abandon(ongoing, error)
                raise
            finally:
                self._ongoing.pop(target.ref, None)
            self._save(found)
            _raise_for(found, check)

    def _abandon(self, ongoing: Ongoing, error: BaseException) -> None:
        """Note an error that ended an experiment, and save what is known of it; its verdict tells of the error, too."""
        try:
            found = ongoing.abandon(error)
            self._note(error, found.verdict if found else "")
            if found is not None:
                self._save(found)
                error.add_note(text.verdict_line(found))
        except Exception as other:  # noqa: BLE001  # it may hide neither the first nor what is left to be healed
            self._note(error)
            self._note(other)
            error.add_note(f"kubechaos: {other}")

    def close(self) -> None:
        """End every watch and the recording; what was offered or begun and never ended is an error of the test."""
        for offer in self._offered:
            error: ChaosError = FaultError(f"{offer} does nothing by itself; write: with {offer}:")
            self.errors.append((error, error.verdict))
        for ongoing in self._ongoing.values():
            why = f"{ongoing.target}: the block of chaos.inject was never left, so there is no result"
            self._abandon(ongoing, FaultError(why))
        self._ongoing.clear()
        self._heal()
        self._watching.close()
        self.artifacts.close()

    def _heal(self) -> None:
        """Put back what an error or a signal kept its own experiment from putting back."""
        for act in self._acts:
            try:
                act.heal()
            except Exception as error:  # noqa: BLE001  # whatever it is, the cluster was left broken
                self.errors.append((error, "not_healed"))

    def __repr__(self) -> str:
        return f"<Chaos of {self._nodeid}, {len(self.outages)} outages>"

    @property
    def verdicts(self) -> list[str]:
        """The words for what happened here: of every outage, and of every error that no outage came of."""
        told = [outage.verdict for outage in self.outages]
        return told + [word for _, word in self.errors if word not in told]

    @property
    def inexcusable(self) -> list[BaseException]:
        """The errors that say there is no result; a test may not swallow them."""
        return [error for error, word in self.errors if word not in EXCUSABLE]

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._note(error)
            raise

    def _note(self, error: BaseException, word: str = "") -> None:
        if not any(error is each for each, _ in self.errors):
            self.errors.append((error, word or getattr(error, "verdict", "interrupted")))

    def _about(self) -> dict[str, object]:
        told = self._settings
        return {"run": told.run, "nodeid": self._nodeid, "seed": told.seed, "started": self._wall()}

    def _hear(self, target: Target, record: Record, state: State) -> list[Alert]:
        ongoing = self._ongoing.get(target.ref)
        return ongoing.hear(record, state) if ongoing is not None and ongoing.target == target else []

    def _settle(self, observation: Observation) -> None:
        settle(observation, self._settings.settle, self._asked(observation.target), self._clock)

    def _asked(self, target: Target) -> float:
        return self._settings.stable_for if target.stable_for is None else target.stable_for

    def _stable_for(self, observation: Observation) -> float:
        """How long a recovery must last: as asked, and until Kubernetes, too, calls the pods available."""
        workload = observation.state.world.workload
        return max(self._asked(observation.target), workload.min_ready_seconds if workload else 0)

    def _check_timeout(self, needed: float) -> None:
        """Refuse what may take so many seconds of the run's clock, where pytest-timeout would end it before."""
        needed = self._clock.wall(needed)
        if (left := self._left()) < needed:
            raise TimeoutTooShortError(
                f"this may take {needed:g} s, but pytest-timeout ends the test in {left:.0f} s; nothing was touched: "
                f"give it more, @pytest.mark.timeout({needed + 30:.0f}), or ask for less, within="
            )

    def _act(self, observation: Observation) -> Act:
        chance = Random(f"{self._settings.seed}:{self._nodeid}:{len(self.outages)}")
        act = Act(self._cluster.transport, observation.target.ref, lambda: observation.state, observation.mark, chance)
        self._acts.append(act)
        return act

    def _facts(self, observation: Observation) -> dict[str, object]:
        ref, workload = observation.target.ref, observation.state.world.workload
        uid = workload.uid if workload else ""
        return {"ref": [ref.kind, ref.namespace, ref.name, uid], "started": self._wall()}

    def _save(self, found: Outage) -> None:
        self.outages.append(found)
        logger.info(text.verdict_line(found))
        self.artifacts.save("outage.json", records.test(self.verdicts, self.artifacts.place, self.outages))
        alerts = [
            {"experiment": number, **alert}
            for number, each in enumerate(self.outages, 1)
            for alert in records.alerts(each.alerts.all)
        ]
        self.artifacts.save("alerts.json", alerts)


def _raise_for(found: Outage, check: bool) -> None:
    if found.verdict in _ERRORS and (check or found.verdict not in EXCUSABLE):
        raise _ERRORS[found.verdict](text.verdict_line(found))
