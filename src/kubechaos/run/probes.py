"""Asking the target itself, again and again: probes on a schedule, in threads of their own."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from ..observe.cluster import Http
from ..records import Sample
from ..target import Probe, names

PERIOD: Final = 0.05
"""Seconds between the beginnings of two samples of a probe: 20 Hz of wall time, unless it takes longer itself."""
PATIENCE: Final = 2.0
"""Wall seconds without an answer after which a probe has failed, and again each time they have passed."""


class Probes:
    """The probes of one target at work; each sample is given to `put`, with its time on the clock `now`."""

    def __init__(self, probes: Sequence[Probe], put: Callable[[Sample], object], now: Callable[[], float]) -> None:
        self._askers = [_Asker(name, probe, put, now) for name, probe in zip(names(probes), probes, strict=True)]
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="kubechaos-probes", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        for asker in self._askers:
            threading.Thread(target=asker.ask, args=(self._stopped,), name=f"probe {asker.name}", daemon=True).start()
        self._watcher.start()

    def stop(self) -> None:
        """Ask no more; a probe that hangs is left to itself."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(PERIOD):
            for asker in self._askers:
                asker.complain()


class _Asker:
    """One probe; it is never asked while it has not answered."""

    def __init__(self, name: str, probe: Probe, put: Callable[[Sample], object], now: Callable[[], float]) -> None:
        self.name = name
        self._probe = probe
        self._put = put
        self._now = now
        self._asked: float | None = None

    def ask(self, stopped: threading.Event) -> None:
        """Ask every PERIOD until `stopped` is set."""
        due = time.monotonic()
        while not stopped.wait(max(0.0, due - time.monotonic())):
            due = max(due + PERIOD, time.monotonic())
            began, self._asked = self._now(), time.monotonic()
            why = self._failure()
            self._asked = None
            at = self._now()
            if not stopped.is_set():
                self._put(Sample(at, self.name, passed=not why, took=at - began, why=why))
        if isinstance(self._probe, Http):
            self._probe.close()

    def complain(self) -> None:
        """Say so when the probe has not answered for too long: silence is no success."""
        asked = self._asked
        if asked is not None and time.monotonic() - asked > PATIENCE:
            self._asked = time.monotonic()
            why = f"no answer for {PATIENCE:g} s"
            self._put(Sample(self._now(), self.name, passed=False, took=PATIENCE, why=why))

    def _failure(self) -> str:
        """Ask once; return why it failed, "" if it did not. Whatever it raises is no more than that."""
        try:
            self._probe()
        except BaseException as error:  # noqa: BLE001  # pytest.fail() is no Exception
            first = (str(error).encode(errors="replace").decode().splitlines() or [""])[0]
            return f"{type(error).__name__}: {first}"[:300].rstrip(": ")
        return ""
