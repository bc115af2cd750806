"""Test your test: chaos on a simulated cluster of the test's own, whose workloads can be made sick on purpose."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..observe.cluster import Cluster
from ..target import Target
from .chaos import Chaos

if TYPE_CHECKING:
    from kubesim import Simulation


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the fixture `sim` gives: `chaos` and `cluster` as on a real one, and the `simulation` itself."""

    chaos: Chaos
    cluster: Cluster
    simulation: "Simulation"

    def deployment(self, name: str, *, replacements: str = "", **options: Any) -> Target:
        """Return a Deployment of the manifests as a target; its replacements suffer from a sickness, if one is named.

        Raises ValueError naming the sicknesses that there are. `options` are those of `kubesim.Sickness`.
        """
        return self._sick("Deployment", name, replacements, options)

    def statefulset(self, name: str, *, replacements: str = "", **options: Any) -> Target:
        """Return a StatefulSet of the manifests as a target, as `deployment` does."""
        return self._sick("StatefulSet", name, replacements, options)

    def daemonset(self, name: str, *, replacements: str = "", **options: Any) -> Target:
        """Return a DaemonSet of the manifests as a target, as `deployment` does."""
        return self._sick("DaemonSet", name, replacements, options)

    def _sick(self, kind: str, name: str, sickness: str, options: dict[str, Any]) -> Target:
        if sickness:
            self.simulation.sicken(sickness, name, replacements=True, **options)
        return self.cluster.workload(kind, name)
