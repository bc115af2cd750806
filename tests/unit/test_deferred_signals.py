"""Signals and what they must not break in two."""

import signal

import pytest

from kubechaos.deferred_signals import deferred, signals_deferred


class Cut(BaseException):
    """What a handler raises."""


def cut(number: int, frame: object) -> None:
    """A handler that raises."""
    raise Cut(number)


def test_outside_a_handler_is_called_at_once() -> None:
    with pytest.raises(Cut):
        deferred(cut)(2, None)


def test_inside_a_handler_waits_for_the_end_of_the_outermost() -> None:
    done: list[str] = []

    def work() -> None:
        with signals_deferred():
            with signals_deferred():
                deferred(cut)(2, None)
                done.append("inner")
            done.append("outer")

    with pytest.raises(Cut):
        work()
    assert done == ["inner", "outer"]


def test_an_error_inside_does_not_lose_the_signal() -> None:
    def work() -> None:
        with signals_deferred():
            deferred(cut)(2, None)
            raise ValueError("as it happens")

    with pytest.raises(Cut):
        work()
    with signals_deferred():
        pass


def test_a_second_signal_waits_for_nothing() -> None:
    done: list[str] = []

    def work() -> None:
        with signals_deferred():
            deferred(cut)(2, None)
            done.append("first")
            deferred(cut)(2, None)
            done.append("second")

    with pytest.raises(Cut):
        work()
    assert done == ["first"]


def test_an_alarm_that_a_second_signal_overtakes_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[float] = []
    monkeypatch.setattr(signal, "setitimer", lambda which, seconds: timers.append(seconds))

    def work() -> None:
        with signals_deferred():
            deferred(cut)(signal.SIGALRM, None)
            deferred(cut)(signal.SIGINT, None)

    with pytest.raises(Cut) as caught:
        work()
    assert (caught.value.args, timers) == ((signal.SIGINT,), [1.0, 0])


def test_the_deferred_handler_runs_before_that_of_the_second_signal() -> None:
    called: list[int] = []

    def note(number: int, frame: object) -> None:
        called.append(number)

    with signals_deferred():
        deferred(note)(signal.SIGINT, None)
        deferred(note)(signal.SIGTERM, None)
        assert called == [signal.SIGINT, signal.SIGTERM]
