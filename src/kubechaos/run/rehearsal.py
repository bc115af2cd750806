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

    def deployment(self, name: str, *, namespace: str = "", replacements: "Failure | str" = "") -> Target:
        """Return a Deployment of the manifests as a target; `replacements` is the failure that its new pods have.

        A failure is a class of `kubesim.failures` with its parameters, or the name of one; "" stands for none.
        Raises ValueError for an unknown workload or failure, naming those that there are.
        """
        return self._target("Deployment", name, namespace, replacements)

    def statefulset(self, name: str, *, namespace: str = "", replacements: "Failure | str" = "") -> Target:
        """Return a StatefulSet of the manifests as a target, as `deployment` does."""
        return self._target("StatefulSet", name, namespace, replacements)

    def daemonset(self, name: str, *, namespace: str = "", replacements: "Failure | str" = "") -> Target:
        """Return a DaemonSet of the manifests as a target, as `deployment` does."""
        return self._target("DaemonSet", name, namespace, replacements)

    def _target(self, kind: str, name: str, namespace: str, replacements: "Failure | str") -> Target:
        self.simulation.require(kind, name, namespace)
        if replacements:
            self.simulation.inject(replacements, name, namespace=namespace, replacements=True)
        return self.cluster.workload(kind, name, namespace=namespace or None)
