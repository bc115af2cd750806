"""What tests on the dev cluster share."""

import hashlib
import re
from collections.abc import Iterator

import pytest

from tests.real.namespaces import kubeconfig_within, namespace
from tests.real.shop import Shop
from tests.real.sums import pytest_terminal_summary
from tests.real.turns import pytest_configure

__all__ = ["pytest_configure", "pytest_terminal_summary", "shop"]


@pytest.fixture
def shop(request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A workload of the test's own, in a namespace of its own that is the current one; gone when the test is."""
    readable = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:34].strip("-")
    name = f"{readable}-{hashlib.sha256(request.node.name.encode()).hexdigest()[:5]}"
    with namespace(name):
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig_within(name, pytester.path / "administrator")))
        yield Shop(pytester, name)
