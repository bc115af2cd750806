"""Who may use the dev cluster: many tests together, or one that is `alone` because it touches what all share."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.parts import STATE

ALONE = "alone"


@contextmanager
def turn(alone: bool) -> Iterator[None]:
    """Hold the dev cluster against other processes: against those that want it alone, or against all."""
    with Path(os.environ[STATE]).open() as state:
        fcntl.flock(state, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def is_alone(item: pytest.Item) -> bool:
    """Whether a test must not overlap with any other."""
    return item.get_closest_marker(ALONE) is not None


class Turns:
    """Lets no other test of any xdist worker overlap with one that is `alone`."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Hold the cluster from the first fixture's setup to the last one's teardown."""
        with turn(is_alone(item)):
            return (yield)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put those that are alone last: a worker that waits for its turn is a worker that does nothing."""
        items.sort(key=is_alone)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run anywhere but on the dev cluster: a skip would read as green."""
    if STATE not in os.environ:
        raise pytest.UsageError("these tests need the dev cluster: make e2e, or devcluster/run -- pytest PATH")
    config.addinivalue_line("markers", f"{ALONE}: a test that touches what all tests on the cluster share")
    if not config.pluginmanager.has_plugin("turns"):
        config.pluginmanager.register(Turns(), "turns")
