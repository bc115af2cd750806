"""What the tests of the simulated cluster share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubesim import Simulation
from tests.embedded.client import Client
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
def client(sim: Simulation, tmp_path: Path) -> Iterator[Client]:
    """Our own client, on a cluster in which `web` begins to start."""
    sim.apply(service())
    sim.apply(deployment())
    client = Client(sim, tmp_path)
    yield client
    client.close()
