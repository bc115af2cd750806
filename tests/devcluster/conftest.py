"""Every test here leaves the machine as it found it, or fails."""

from collections.abc import Callable, Iterator

import pytest
from driven import Driven, leftovers


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """Fail a test that leaves anything behind; remove it, so that the next test is judged by itself."""
    yield
    left = leftovers()
    if left.returncode:
        leftovers("--remove")
    assert left.stdout == ""
    assert left.returncode == 0


@pytest.fixture
def start() -> Iterator[Callable[..., Driven]]:
    """Start any number of `devcluster/run`; end those that still run after the test."""
    started: list[Driven] = []

    def start_one(*arguments: str) -> Driven:
        started.append(Driven(*arguments))
        return started[-1]

    yield start_one
    for each in started:
        each.close()
