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
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import isfinite
from random import Random

from ..act.door import Act
from ..act.permission import ask
from ..errors import (
    ArgumentError,
    ChaosError,
    FaultError,
    FaultNotProvenError,
    InconclusiveError,
    NoReadinessProbeWarning,
    NotRecoveredError,
    RefusedError,
    TimeoutTooShortError,
)
from ..judge.alerts import AlertRule
from ..judge.outage import Outage
from ..judge.recovery import PROOF_MARGIN, Limits
from ..judge.timeline import State
from ..model import Record
from ..observe.cluster import Cluster, Target
from ..observe.observation import Observation
from ..report import records, text
from ..report.gate import EXCUSABLE
from ..settings import Settings
from . import arguments
from .artifacts import Artifacts
from .faults import Fault
from .ongoing import Ongoing
from .probes import Probes
from .steady import settle

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
        self._observations: dict[Target, Observation] = {}
        self._acts: list[Act] = []
        self._probes: dict[Target, Probes] = {}
        self._ongoing: dict[Target, Ongoing] = {}
        self._offered: list[str] = []
        arguments.check_rules(rules)

    def steady(self, target: Target) -> Target:
        """Wait until the target is steady, and return it.

        Raises NotFoundTargetError or TooFewReplicasError at once, NotSteadyError after `--chaos-settle` seconds.
        """
        with self._noted():
            self._settle(self._observe(target))
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
            limits = self._limits(target, within)
            if target in self._ongoing:
                raise RefusedError(f"{target}: a fault is already being injected; one at a time on the same target")
            observation = self._observe(target)
            ask(self._cluster.transport, target.ref.namespace, fault.permissions(target.ref.kind))
            self._check_timeout(observation, limits, hold or 0.0)
            self._settle(observation)
            self._check_timeout(observation, limits, hold or 0.0)
            ongoing = self._ongoing[target] = Ongoing(
                fault, target, observation, limits, self._rules, self._cluster.transport
            )
            try:
                ongoing.begin(self._act(observation), hold=hold, **self._facts(observation))
                yield ongoing
                found = ongoing.conclude()
            except BaseException as error:
                if (found_so_far := ongoing.abandon(error)) is not None:
                    self._save(found_so_far)
                    error.add_note(text.verdict_line(found_so_far))
                raise
            finally:
                self._ongoing.pop(target, None)
            self._save(found)
            _raise_for(found, check)

    def close(self) -> None:
        """End every watch and the recording; what was offered or begun and never ended is an error of the test."""
        for offer in self._offered:
            error: ChaosError = FaultError(f"{offer} does nothing by itself; write: with {offer}:")
            self.errors.append((error, error.verdict))
        for target, ongoing in self._ongoing.items():
            error = FaultError(f"{target}: the block of chaos.inject was never left, so there is no result")
            self.errors.append((error, error.verdict))
            if (found := ongoing.abandon(error)) is not None:
                self._save(found)
        self._ongoing.clear()
        self._heal()
        for probes in self._probes.values():
            probes.stop()
        for observation in self._observations.values():
            observation.close()
        self._observations.clear()
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
            if not any(error is each for each, _ in self.errors):
                self.errors.append((error, getattr(error, "verdict", "interrupted")))
            raise

    def _observe(self, target: Target) -> Observation:
        if target in self._observations:
            return self._observations[target]
        self.artifacts.open(
            {
                "run": self._settings.run,
                "nodeid": self._nodeid,
                "seed": self._settings.seed,
                "started": self._wall(),
                "at": self._clock.now(),
            }
        )
        observation = Observation(
            self._cluster.transport, target, self._clock, lambda *heard: self._hear(target, *heard)
        )
        try:
            observation.open()
        except BaseException:
            observation.close()
            raise
        self._observations[target] = observation
        if target.probes:
            self._probes[target] = Probes(target.probes, observation.put, self._clock.now)
            self._probes[target].start()
        if (workload := observation.state.world.workload) and not workload.probed and not target.probes:
            warnings.warn(
                f"{target} has no readiness probe: its pods are Ready as soon as they run",
                NoReadinessProbeWarning,
                stacklevel=4,
            )
        return observation

    def _hear(self, target: Target, record: Record, state: State) -> None:
        stream = f"{target.ref.namespace}/{target.ref}"
        self.artifacts.record(record, stream)
        if (ongoing := self._ongoing.get(target)) is not None:
            for alert in ongoing.hear(state):
                self.artifacts.alert(alert, stream)

    def _settle(self, observation: Observation) -> None:
        settle(observation, self._settings.settle, self._stable_for(observation.target), self._clock)

    def _stable_for(self, target: Target) -> float:
        return self._settings.stable_for if target.stable_for is None else target.stable_for

    def _limits(self, target: Target, within: float | None) -> Limits:
        within = self._settings.within if within is None else within
        for name, value in (("within", within), ("stable_for", self._stable_for(target))):
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
                raise ArgumentError(f"{name} is {value!r}; give seconds, 0 or more")
        return Limits(float(within), self._stable_for(target))

    def _check_timeout(self, observation: Observation, limits: Limits, hold: float) -> None:
        grace = max((pod.grace for pod in observation.state.world.active), default=0.0)
        needed = self._clock.wall(hold + max(limits.within + limits.stable_for, grace + PROOF_MARGIN))
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
