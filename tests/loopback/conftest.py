"""What the tests against a scripted server share."""

from collections.abc import Iterator

import pytest

from tests.loopback.rawserver import RawServer
from tests.loopback.recorded_watch import Heard


@pytest.fixture(autouse=True)
def _no_cluster_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")


@pytest.fixture
def heard(server: RawServer) -> Iterator[Heard]:
    """A watch of the scripted server, to be started by the test."""
    heard = Heard(server)
    yield heard
    heard.end()
