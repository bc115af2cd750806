"""What tests on the dev cluster share."""

import hashlib
import re
from collections.abc import Iterator

import pytest

from tests.real.shop import Shop
from tests.real.sums import pytest_terminal_summary
from tests.real.turns import pytest_configure

__all__ = ["pytest_configure", "pytest_terminal_summary", "shop"]


@pytest.fixture
def shop(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Iterator[Shop]:
    """A workload of the test's own; gone when the test is."""
    readable = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:34].strip("-")
    shop = Shop(pytester, f"{readable}-{hashlib.sha256(request.node.name.encode()).hexdigest()[:5]}")
    yield shop
    shop.remove()
