"""What one test watches: each target from when it is first asked for, recorded as a stream of its own."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NoReadinessProbeWarning
from ..judge.alerts import Alert
from ..judge.state import State
from ..observe.cluster import Access
from ..observe.observation import Observation
from ..records import Record
from ..target import Target
from .artifacts import Artifacts
from .probes import Probes


class Observers:
    """The observations of one test; `handle` is given each record and returns the alerts of the user's own rules.

    `about` gives what the recording begins with.
    """

    def __init__(
        self,
        access: Access,
        artifacts: Artifacts,
        about: Callable[[], Mapping[str, Any]],
        handle: Callable[[Target, Record, State], list[Alert]],
    ) -> None:
        self._access = access
        self._artifacts = artifacts
        self._about = about
        self._handle = handle
        self._observations: dict[Target, Observation] = {}
        self._probes: list[Probes] = []

    def observe(self, target: Target) -> Observation:
        """Return the observation of a target; the first time, open it and ask its probes from then on."""
        if target in self._observations:
            return self._observations[target]
        clock = self._access.clock
        self._artifacts.open({**self._about(), "at": clock.now()})
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
        _warn(target, observation.state)
        return observation

    def _stream(self, target: Target) -> str:
        """Name the recording's stream; targets that differ in their probes only are numbered."""
        name = f"{target.ref.namespace}/{target.ref}"
        before = sum(other.ref == target.ref for other in self._observations)
        return f"{name} #{before + 1}" if before else name

    def _write(self, target: Target, stream: str, record: Record, state: State) -> None:
        self._artifacts.record(record, stream)
        for alert in self._handle(target, record, state):
            self._artifacts.alert(alert, stream)

    def close(self) -> None:
        """End every watch and every probe."""
        for probes in self._probes:
            probes.stop()
        for observation in self._observations.values():
            observation.close()
        self._observations.clear()


def _warn(target: Target, state: State) -> None:
    if (workload := state.target.workload) and not workload.probed and not target.probes:
        warnings.warn(
            f"{target} has no readiness probe: its pods are Ready as soon as they run",
            NoReadinessProbeWarning,
            stacklevel=5,
        )
