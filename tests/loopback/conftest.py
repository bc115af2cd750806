"""What the tests against a scripted server share."""

from collections.abc import Iterator

import pytest

from tests.loopback.rawserver import RawServer
from tests.loopback.recorded_watch import RecordedWatch


@pytest.fixture(autouse=True)
def _no_cluster_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")


@pytest.fixture
def watched(server: RawServer) -> Iterator[RecordedWatch]:
    """A watch of the scripted server, to be started by the test."""
    watched = RecordedWatch(server)
    yield watched
    watched.end()
