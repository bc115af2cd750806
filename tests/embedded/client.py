"""Our own client at work on a simulation."""

import json
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import Any

from kubechaos.api.credentials import pin
from kubechaos.api.mutate import send
from kubechaos.judge.alerts import AlertRule
from kubechaos.observe.cluster import Cluster, Target
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.chaos import Chaos
from kubechaos.settings import Settings
from kubechaos.sim import Simulation

PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class Client:
    """Our own client: `chaos` is what a test gets, `web` its target; recoveries must last for 2 s."""

    def __init__(
        self,
        sim: Simulation,
        folder: Path,
        *,
        settle: float = 20,
        rules: Sequence[AlertRule] = (),
        left: Callable[[], float] = lambda: inf,
    ) -> None:
        self.sim = sim
        self.cluster = Cluster(pin("embedded", sim.kubeconfig), None, sim.clock)
        settings = Settings(
            context="embedded",
            namespace=None,
            target=("deployment", "web"),
            within=10,
            settle=settle,
            stable_for=2,
            seed="7",
            results="results",
            manifests=(),
            run="run",
            started="now",
        )
        artifacts = Artifacts(folder / "results", folder)
        self.chaos = Chaos(self.cluster, settings, "test", rules, artifacts, wall=lambda: "now", left=left)
        self.web: Target = self.cluster.deployment("web")

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """GET a path; raises the ApiError of the answer."""
        return json.loads(self.cluster.transport.get(path, query))

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Send a body; raises the ApiError of the answer."""
        return json.loads(send(self.cluster.transport, method, path, body))

    def names(self) -> list[str]:
        """The names of the pods."""
        return [pod["metadata"]["name"] for pod in self.get(PODS)["items"]]

    def close(self) -> None:
        """Close what is open."""
        self.chaos.close()
        self.cluster.transport.close()
