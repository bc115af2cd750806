"""What attacks on the dev cluster share with all other tests on it: a workload of each test's own."""

from tests.real.conftest import pytest_configure, shop

__all__ = ["pytest_configure", "shop"]
