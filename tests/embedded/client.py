"""Our own client at work on a simulation."""

import json
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import Any

import pytest

from kubechaos.api.credentials import pin
from kubechaos.api.mutate import send
from kubechaos.judge.alerts import AlertRule
from kubechaos.kube.objects import Ref
from kubechaos.observe.cluster import Access, Cluster
from kubechaos.observe.observation import Observation
from kubechaos.run import observers
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.chaos import Chaos
from kubechaos.run.experiments import Experiments
from kubechaos.settings import Settings
from kubechaos.target import Target
from kubesim import Simulation

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
        given_up: set[Ref] | None = None,
    ) -> None:
        self.sim = sim
        place = pin("embedded", sim.kubeconfig)
        access = Access.to(place, sim.clock)
        self.transport = access.client
        self.cluster = Cluster(access, place.namespace)
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
        time_of_day = iter(f"2026-01-01T00:00:{number:06}" for number in range(10**6)).__next__
        self.experiments = Experiments(
            access, settings, "test", rules, artifacts, time_of_day=time_of_day, left=left, given_up=given_up
        )
        self.chaos = Chaos(self.experiments)
        self.web: Target = self.cluster.deployment("web")
        self.observations: list[Observation] = []
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(observers, "Observation", self._observe)

    def _observe(self, *args: Any) -> Observation:
        self.observations.append(Observation(*args))
        return self.observations[-1]

    @property
    def observation(self) -> Observation:
        """The only observation so far."""
        (observation,) = self.observations
        return observation

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """GET a path; raises the ApiError of the answer."""
        return json.loads(self.transport.get(path, query))

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Send a body; raises the ApiError of the answer."""
        return json.loads(send(self.transport, method, path, body))

    def names(self) -> list[str]:
        """The names of the pods."""
        return [pod["metadata"]["name"] for pod in self.get(PODS)["items"]]

    def close(self) -> None:
        """Close what is open."""
        self.experiments.close()
        self._patch.undo()
        self.transport.close()
