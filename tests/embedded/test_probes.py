"""Probes beside a recovery, through our own client."""

import threading

import pytest

from kubechaos import NotRecoveredError, kill
from kubechaos.errors import ArgumentError, NotSteadyError
from tests.embedded.client import Client


class Switch:
    """A probe that fails while its switch is off."""

    __name__ = "switch"

    def __init__(self) -> None:
        self.broken = threading.Event()
        self.hangs = threading.Event()
        self.free = threading.Event()

    def __call__(self) -> None:
        """Pass, fail or hang."""
        if self.hangs.is_set():
            self.free.wait()
        assert not self.broken.is_set(), "switched off"


def test_a_probe_that_passes_is_counted_and_part_of_the_recovery(client: Client) -> None:
    outage = client.chaos.run(kill(1), client.web.steady_when(Switch()))
    assert (outage.verdict, outage.probe_availability) == ("recovered", {"switch": 1.0})
    assert outage.probes["switch"].samples == outage.probes["switch"].passed > 0


def test_the_service_is_asked_through_the_proxy_of_the_api_server(client: Client) -> None:
    outage = client.chaos.run(kill(1), client.web.steady_when(client.cluster.http("/", service="web", port=80)))
    assert outage.verdict == "recovered"
    assert list(outage.probes) == ["http / of web:80"]


def test_a_probe_that_fails_before_is_not_steady(client: Client) -> None:
    switch = Switch()
    switch.broken.set()
    with pytest.raises(NotSteadyError, match="probe switch fails: AssertionError: switched off"):
        client.chaos.run(kill(1), client.web.steady_when(switch))


def test_a_probe_that_keeps_failing_after_the_fault_is_not_recovered(client: Client) -> None:
    switch = Switch()
    with (
        pytest.raises(NotRecoveredError, match="probe switch fails"),
        client.chaos.inject(kill(1), client.web.steady_when(switch)),
    ):
        switch.broken.set()
    (outage,) = client.experiments.outages
    assert outage.probe_availability["switch"] < 1
    assert "ProblemDetected" in outage.alerts


def test_a_probe_that_hangs_is_not_recovered_and_holds_nothing_up(client: Client) -> None:
    switch = Switch()
    with (
        pytest.raises(NotRecoveredError, match="probe switch fails: no answer"),
        client.chaos.inject(kill(1), client.web.steady_when(switch), within=60),
    ):
        switch.hangs.set()
    switch.free.set()  # it has hung all the time, and here we are
    assert client.experiments.outages[0].phases.added[0].ready is not None


def test_what_cannot_be_called_is_no_probe(client: Client) -> None:
    with pytest.raises(ArgumentError, match="a probe is 7"):
        client.web.steady_when(7)  # type: ignore[arg-type]
