"""How often threads switch: quickly while an experiment runs, and as before afterwards."""

import sys
from collections.abc import Iterator

import pytest

from kubechaos.observe.switching import QUICK, quick_switching


@pytest.fixture(autouse=True)
def usual() -> Iterator[float]:
    """The interval of the test run, whatever a test does to it."""
    before = sys.getswitchinterval()
    yield before
    sys.setswitchinterval(before)


def test_threads_switch_quickly_inside_and_as_before_outside(usual: float) -> None:
    with quick_switching():
        assert sys.getswitchinterval() == pytest.approx(QUICK)
    assert sys.getswitchinterval() == usual


def test_nested_blocks_switch_back_at_the_end_of_the_outermost() -> None:
    with quick_switching():
        with quick_switching():
            pass
        assert sys.getswitchinterval() == pytest.approx(QUICK)


def test_an_error_restores_the_interval_too(usual: float) -> None:
    with pytest.raises(ValueError, match="inside"), quick_switching():
        raise ValueError("inside")
    assert sys.getswitchinterval() == usual


def test_a_shorter_interval_is_kept() -> None:
    sys.setswitchinterval(QUICK / 2)
    with quick_switching():
        assert sys.getswitchinterval() == pytest.approx(QUICK / 2)
    assert sys.getswitchinterval() == pytest.approx(QUICK / 2)


def test_an_interval_that_was_set_meanwhile_is_kept() -> None:
    with quick_switching():
        sys.setswitchinterval(0.02)
    assert sys.getswitchinterval() == pytest.approx(0.02)
