"""What tests on the dev cluster share."""

import hashlib
import os
import re
from collections.abc import Iterator

import pytest

from tests.real.parts import STATE
from tests.real.shop import Shop


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run anywhere but on the dev cluster: a skip would read as green."""
    config.addinivalue_line("markers", "alone: a test that stops what the whole cluster shares")
    if STATE not in os.environ:
        raise pytest.UsageError("tests/real needs the dev cluster: make e2e, or devcluster/run -- pytest tests/real")


@pytest.fixture
def shop(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Iterator[Shop]:
    """A workload of the test's own; gone when the test is."""
    readable = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:34].strip("-")
    shop = Shop(pytester, f"{readable}-{hashlib.sha256(request.node.name.encode()).hexdigest()[:5]}")
    yield shop
    shop.remove()
