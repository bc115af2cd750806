"""Sections that no signal handler interrupts, and the signals that end their waiting."""

import signal

import pytest

from kubechaos.deferred_signals import DEFERRED_SIGNALS


class Cut(BaseException):
    """What a handler raises."""


def cut(number: int, frame: object) -> None:
    """A handler that raises."""
    raise Cut(number)


def test_outside_of_a_section_a_handler_runs_at_once() -> None:
    with pytest.raises(Cut):
        DEFERRED_SIGNALS.wrap(cut)(2, None)


def test_a_handler_runs_at_the_end_of_the_outermost_section() -> None:
    done: list[str] = []

    def work() -> None:
        with DEFERRED_SIGNALS.section():
            with DEFERRED_SIGNALS.section():
                DEFERRED_SIGNALS.wrap(cut)(2, None)
                done.append("inner")
            done.append("outer")

    with pytest.raises(Cut):
        work()
    assert done == ["inner", "outer"]


def test_an_error_in_a_section_does_not_lose_the_signal() -> None:
    def work() -> None:
        with DEFERRED_SIGNALS.section():
            DEFERRED_SIGNALS.wrap(cut)(2, None)
            raise ValueError("as it happens")

    with pytest.raises(Cut):
        work()
    with DEFERRED_SIGNALS.section():
        pass


def test_a_second_signal_is_delivered_at_once() -> None:
    done: list[str] = []

    def work() -> None:
        with DEFERRED_SIGNALS.section():
            DEFERRED_SIGNALS.wrap(cut)(2, None)
            done.append("first")
            DEFERRED_SIGNALS.wrap(cut)(2, None)
            done.append("second")

    with pytest.raises(Cut):
        work()
    assert done == ["first"]


def test_an_alarm_that_has_run_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[float] = []
    monkeypatch.setattr(signal, "setitimer", lambda which, seconds: timers.append(seconds))

    def work() -> None:
        with DEFERRED_SIGNALS.section():
            DEFERRED_SIGNALS.wrap(cut)(signal.SIGALRM, None)
            DEFERRED_SIGNALS.wrap(cut)(signal.SIGINT, None)

    with pytest.raises(Cut) as caught:
        work()
    assert (caught.value.args, timers) == ((signal.SIGINT,), [1.0, 0])


def test_the_deferred_handler_runs_before_that_of_the_second_signal() -> None:
    called: list[int] = []

    def note(number: int, frame: object) -> None:
        called.append(number)

    with DEFERRED_SIGNALS.section():
        DEFERRED_SIGNALS.wrap(note)(signal.SIGINT, None)
        DEFERRED_SIGNALS.wrap(note)(signal.SIGTERM, None)
        assert called == [signal.SIGINT, signal.SIGTERM]
