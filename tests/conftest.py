"""What tests of several folders share."""

from collections.abc import Iterator

import pytest

from tests.loopback.rawserver import RawServer


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A scripted server."""
    with RawServer() as server:
        yield server
