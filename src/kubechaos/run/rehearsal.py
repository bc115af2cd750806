"""Test your test: chaos on a simulated cluster of the test's own, whose workloads can be made to fail on purpose."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..observe.cluster import Cluster
from ..target import Target
from .chaos import Chaos

if TYPE_CHECKING:
    from kubesim import Simulation
    from kubesim.failures import Failure


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the fixture `sim` gives: `chaos` and `cluster` as on a real one, and the `simulation` itself."""

    chaos: Chaos
    cluster: Cluster
    simulation: "Simulation"

    def deployment(self, name: str, *, replacements: "Failure | str" = "") -> Target:
        """Return a Deployment of the manifests as a target; `replacements` is the failure that its new pods have.

        A failure is a class of `kubesim.failures` with its parameters, or the name of one; "" stands for none.
        Raises ValueError for an unknown name, naming the failures that there are.
        """
        return self._target("Deployment", name, replacements)

    def statefulset(self, name: str, *, replacements: "Failure | str" = "") -> Target:
        """Return a StatefulSet of the manifests as a target, as `deployment` does."""
        return self._target("StatefulSet", name, replacements)

    def daemonset(self, name: str, *, replacements: "Failure | str" = "") -> Target:
        """Return a DaemonSet of the manifests as a target, as `deployment` does."""
        return self._target("DaemonSet", name, replacements)

    def _target(self, kind: str, name: str, replacements: "Failure | str") -> Target:
        if replacements:
            self.simulation.inject(replacements, name, replacements=True)
        return self.cluster.workload(kind, name)
