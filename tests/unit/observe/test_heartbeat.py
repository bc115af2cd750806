"""A process that did not run notices it when it runs again; a busy machine is no such thing."""

import pytest

from kubechaos.clock import WallTime
from kubechaos.observe.heartbeat import Heartbeat
from kubechaos.records import Delay


class Times:
    """The run's clock, the monotonic clock, and the one that goes on while the machine sleeps."""

    def __init__(self) -> None:
        self.now = self.monotonic = self.booted = 100.0
        self.put: list[Delay] = []
        wall = WallTime(monotonic=lambda: self.monotonic, boottime=lambda: self.booted)
        self.heartbeat = Heartbeat(self.put.append, lambda: self.now, wall)

    def beat_after(self, seconds: float, *, asleep: float = 0.0) -> None:
        self.now += seconds
        self.monotonic += seconds
        self.booted += seconds + asleep
        self.heartbeat.beat()


@pytest.mark.parametrize("seconds", [0.5, 0.9, 1.5, 2.4])
def test_a_beat_that_is_some_tenths_of_a_second_late_is_no_delay(seconds: float) -> None:
    times = Times()
    for _ in range(3):
        times.beat_after(seconds)
    assert times.put == []


def test_a_process_that_was_stopped_has_a_delay_from_its_last_beat_to_this_one() -> None:
    times = Times()
    times.beat_after(0.5)
    times.beat_after(15.0)
    times.beat_after(0.5)
    assert times.put == [Delay(115.5, "", 100.5, "kubechaos did not run for 15.0 s")]


def test_a_machine_that_was_asleep_has_a_delay_that_no_clock_of_the_run_has_counted() -> None:
    times = Times()
    times.beat_after(0.5, asleep=600.0)
    assert times.put == [Delay(100.5, "", 100.0, "the machine was asleep for 600 s", lost=600.0)]


def test_the_clocks_may_differ_by_what_they_round() -> None:
    times = Times()
    times.beat_after(15.0, asleep=0.01)
    assert [delay.lost for delay in times.put] == [0.0]
