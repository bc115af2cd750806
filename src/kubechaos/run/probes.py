"""Probes at work: each is called 20 times a second in a thread of its own, and its answers are samples.

A thread for each, as a probe is a function of the user's that may block as long as it likes: it must delay neither the
other probes nor the watch. One more thread notices silence, which the blocked one cannot.
"""

import threading
import time
from collections.abc import Callable, Sequence
from inspect import isasyncgen, isawaitable, iscoroutine, isfunction, isgenerator
from typing import Final

from ..observe.cluster import Http
from ..records import Sample
from ..target import Probe, names
from ..untrusted import described

PERIOD: Final = 0.05
"""Seconds between the beginnings of two samples of a probe: 20 Hz of wall time, unless it takes longer itself."""
SILENCE: Final = 2.0
"""Wall seconds without an answer that count as one failed sample; twice as many count as two, and so on."""
LONGEST_REASON: Final = 300
"""Characters of an exception that a sample keeps: 20 samples a second are recorded."""


class Probes:
    """The probes of one target; each sample is given to `put`, with its time on the clock `now`."""

    def __init__(self, probes: Sequence[Probe], put: Callable[[Sample], object], now: Callable[[], float]) -> None:
        self._askers = [_Asker(name, probe, put, now) for name, probe in zip(names(probes), probes, strict=True)]
        self._stopped = threading.Event()
        self._silence_watcher = threading.Thread(target=self._watch_for_silence, name="kubechaos-probes", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        for asker in self._askers:
            threading.Thread(target=asker.ask, args=(self._stopped,), name=f"probe {asker.name}", daemon=True).start()
        self._silence_watcher.start()

    def stop(self) -> None:
        """Call no probe again; a call that hangs is not waited for."""
        self._stopped.set()

    def _watch_for_silence(self) -> None:
        while not self._stopped.wait(PERIOD):
            for asker in self._askers:
                asker.report_silence()


class _Asker:
    """Calls one probe, one call after the other."""

    def __init__(self, name: str, probe: Probe, put: Callable[[Sample], object], now: Callable[[], float]) -> None:
        self.name = name
        self._probe = probe
        self._put = put
        self._now = now
        # When the call in hand began, or was last reported as silent, on the monotonic clock; None between two calls.
        self._waiting_since: float | None = None

    def ask(self, stopped: threading.Event) -> None:
        """Call the probe every PERIOD until `stopped` is set."""
        due = time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            # From the beginning of one call to that of the next. Calls that were missed are not made up for: a burst of
            # them would load a target that has just come back.
            due = max(due + PERIOD, time.monotonic())
            began, self._waiting_since = self._now(), time.monotonic()
            why = self._failure()
            self._waiting_since = None
            at = self._now()
            # After the end of a test its recording is closed.
            if not stopped.is_set():
                self._put(Sample(at, self.name, passed=not why, took=at - began, why=why))
        if isinstance(self._probe, Http):
            self._probe.close()

    def report_silence(self) -> None:
        """Add a failed sample when the probe has not answered for too long."""
        # Read once: the other thread may set it to None between the test and the subtraction.
        since = self._waiting_since
        if since is not None and time.monotonic() - since > SILENCE:
            self._waiting_since = time.monotonic()
            why = f"no answer for {SILENCE:g} s"
            self._put(Sample(self._now(), self.name, passed=False, took=SILENCE, why=why))

    def _failure(self) -> str:
        """Call the probe; return the first line of what it raised, "" if it returned."""
        try:
            return _unlike_a_pass(self._probe())
        except BaseException as error:  # noqa: BLE001  # pytest.fail() is no Exception
            return described(error).partition("\n")[0][:LONGEST_REASON].rstrip(": ")


def _unlike_a_pass(returned: object) -> str:
    """Return why what a probe returned is no success; "" for anything but an answer that nobody has looked at."""
    # A probe asserts, so what it returns means nothing; but these say that it has not asserted what it was meant to.
    if returned is False:
        return "it returned False, and a probe asserts"
    if isawaitable(returned) or isgenerator(returned) or isasyncgen(returned) or isfunction(returned):
        if iscoroutine(returned):
            returned.close()  # never awaited, which Python would warn of
        return f"it returned a {type(returned).__name__} that nobody runs, and a probe asserts"
    return ""
