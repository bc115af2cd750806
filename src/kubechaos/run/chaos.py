"""The object that tests inject faults with: all that users may call, and nothing else."""

from contextlib import AbstractContextManager

from ..faults.fault import Fault
from ..judge.outage import Outage
from ..target import Target
from .experiments import Experiments
from .ongoing import Ongoing


class Chaos:
    """Injects faults, watches what they do, judges, and undoes what they changed; a new one for every test."""

    def __init__(self, experiments: Experiments) -> None:
        self._experiments = experiments

    def steady(self, target: Target) -> Target:
        """Wait until the target is steady, and return it.

        Raises NotFoundTargetError, TooFewReplicasError or, for pods that no controller would replace, RefusedError
        at once; NotSteadyError after `--chaos-settle` seconds.
        """
        self._experiments.steady(target)
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
        return self._experiments.run(fault, target, within=within, hold=hold, check=check)

    def inject(self, fault: Fault, target: Target, *, within: float | None = None) -> AbstractContextManager[Ongoing]:
        """Inject a fault around a block of the test's own; the recovery is judged when the block has ended.

        Blocks nest, also on one target: then there is one recovery, judged when the outermost block has ended.
        """
        return self._experiments.block(fault, target, within)

    def __repr__(self) -> str:
        return f"<Chaos of {self._experiments.nodeid}, {len(self._experiments.outages)} outages>"
