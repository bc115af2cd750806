"""The targets that one test watches, each from its first use to the end of the test and as a stream of its own."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NoReadinessProbeWarning, SlowLivenessProbeWarning
from ..judge.alerts import Alert
from ..judge.state import State
from ..observe.cluster import Access
from ..observe.observation import Observation
from ..records import Record
from ..target import Target
from .artifacts import Artifacts
from .probes import Probes


class Observers:
    """The observations and the probes of one test.

    `header` returns what the recording begins with. `evaluate_alerts` is given each record, with its target and the
    state after it, and returns the new alerts of the user's own rules. `stable_for` returns how long a recovery of a
    target must last.
    """

    def __init__(
        self,
        access: Access,
        artifacts: Artifacts,
        header: Callable[[], Mapping[str, Any]],
        evaluate_alerts: Callable[[Target, Record, State], list[Alert]],
        stable_for: Callable[[Target], float],
    ) -> None:
        self._access = access
        self._artifacts = artifacts
        self._header = header
        self._evaluate_alerts = evaluate_alerts
        self._stable_for = stable_for
        self._observations: dict[Target, Observation] = {}
        self._probes: list[Probes] = []

    def observe(self, target: Target) -> Observation:
        """Return the observation of a target; the first call opens it, and starts its probes.

        Raises what `Observation.open` raises.
        """
        if target in self._observations:
            return self._observations[target]
        clock = self._access.clock
        self._artifacts.open({**self._header(), "at": clock.now()})
        stream = self._stream(target)
        observation = Observation(
            self._access.client, target, clock, lambda record, state: self._write(target, stream, record, state)
        )
        try:
            observation.open()
        except BaseException:
            observation.close()
            raise
        self._observations[target] = observation
        if target.probes:
            self._probes.append(Probes(target.probes, observation.put, clock.now))
            self._probes[-1].start()
        _warn_without_readiness(target, observation.state)
        _warn_of_slow_liveness(target, observation.state, self._stable_for(target))
        return observation

    def _stream(self, target: Target) -> str:
        """Return the name of a target's stream in the recording; different targets of one workload are numbered."""
        name = f"{target.ref.namespace}/{target.ref}"
        before = sum(other.ref == target.ref for other in self._observations)
        if before:
            name += f" #{before + 1}"
        return name

    def _write(self, target: Target, stream: str, record: Record, state: State) -> None:
        # To disk before anything is concluded from it: a rule that raises must not cost the record.
        self._artifacts.record(record, stream)
        for alert in self._evaluate_alerts(target, record, state):
            self._artifacts.alert(alert, stream)

    def close(self) -> None:
        """End every watch and every probe."""
        for probes in self._probes:
            probes.stop()
        for observation in self._observations.values():
            observation.close()
        self._observations.clear()


def _warn_without_readiness(target: Target, state: State) -> None:
    workload = state.target.workload
    if workload is not None and not workload.probed and not target.probes:
        # The stack level of the test's own line, through chaos.steady or chaos.run and contextlib.
        warnings.warn(
            f"{target} has no readiness probe: its pods are Ready as soon as they run",
            NoReadinessProbeWarning,
            stacklevel=5,
        )


def _warn_of_slow_liveness(target: Target, state: State, stable_for: float) -> None:
    workload = state.target.workload
    if workload is None or workload.liveness_fails_after <= max(stable_for, workload.min_ready_seconds):
        return
    warnings.warn(
        f"{target}: a liveness probe needs {workload.liveness_fails_after} s to fail, and a recovery must last for "
        f"{max(stable_for, workload.min_ready_seconds):g} s only: to see a container that hangs and is restarted, set "
        f"--chaos-stable-for or stable_for= to more",
        SlowLivenessProbeWarning,
        stacklevel=5,
    )
