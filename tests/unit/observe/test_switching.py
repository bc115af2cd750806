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


def test_inside_another_it_changes_nothing() -> None:
    with quick_switching():
        with quick_switching():
            pass
        assert sys.getswitchinterval() == pytest.approx(QUICK)


def test_an_error_puts_it_back_too(usual: float) -> None:
    with pytest.raises(ValueError, match="inside"), quick_switching():
        raise ValueError("inside")
    assert sys.getswitchinterval() == usual


def test_an_interval_that_is_shorter_already_is_kept() -> None:
    sys.setswitchinterval(QUICK / 2)
    with quick_switching():
        assert sys.getswitchinterval() == pytest.approx(QUICK / 2)
    assert sys.getswitchinterval() == pytest.approx(QUICK / 2)


def test_what_somebody_else_has_set_meanwhile_stands() -> None:
    with quick_switching():
        sys.setswitchinterval(0.02)
    assert sys.getswitchinterval() == pytest.approx(0.02)
