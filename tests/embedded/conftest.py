"""What the tests of the simulated cluster share."""

from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest

from kubechaos.api.connect import pin
from kubechaos.observe.cluster import Cluster, Target
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.chaos import Chaos
from kubechaos.settings import Settings
from kubechaos.sim import Simulation
from tests.embedded.lab import Lab
from tests.embedded.shop import deployment, service


@pytest.fixture
def lab() -> Lab:
    """A cluster of two nodes on a stepped clock, with nothing in it."""
    return Lab()


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """The lab with `web` in it: three replicas behind a Service, all Ready."""
    lab.apply(service(), deployment())
    lab.step(3)
    assert lab.ready == 3
    return lab


@pytest.fixture
def sim() -> Iterator[Simulation]:
    """A cluster that serves, twenty times as fast as real time."""
    with Simulation() as sim:
        yield sim


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Simulation], Cluster]:
    """Names a simulation's cluster in our own words."""

    def use(sim: Simulation) -> Cluster:
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(sim.kubeconfig))
        return Cluster(pin("embedded"), None)

    return use


class Client:
    """Our own client at work on a simulation: `chaos` is what a test gets, `web` its target."""

    def __init__(self, sim: Simulation, cluster: Cluster, folder: Path) -> None:
        self.sim = sim
        self.cluster = cluster
        settings = Settings("embedded", None, ("Deployment", "web"), 20, 20, 2, "7", "results", "run", "now")
        artifacts = Artifacts(folder / "results", folder)
        self.chaos = Chaos(
            cluster, settings, "test", [], artifacts, clock=sim.clock, wall=lambda: "now", left=lambda: inf
        )
        self.web: Target = cluster.deployment("web")

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """GET a path; raises the ApiError of the answer."""
        import json

        return json.loads(self.cluster.transport.get(path, query))

    def pods(self) -> list[dict[str, Any]]:
        """The pods."""
        items: list[dict[str, Any]] = self.get("/api/v1/namespaces/default/pods")["items"]
        return items

    def close(self) -> None:
        """Close what is open."""
        self.chaos.close()
        self.cluster.transport.close()


@pytest.fixture
def client(sim: Simulation, use: Callable[[Simulation], Cluster], tmp_path: Path) -> Iterator[Client]:
    """Our own client, on a cluster in which `web` begins to start."""
    sim.apply(service())
    sim.apply(deployment())
    client = Client(sim, use(sim), tmp_path)
    yield client
    client.close()
