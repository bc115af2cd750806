"""Phases of 50 to 900 ms, as a start has them: how many are seen, and how late, by who watches and by who polls.

Each way in a process of its own, on a server of its own, which shows the same phases to all.
"""

import json
import re
import sys
import threading
import time
from typing import Final

from kubechaos.kube.objects import Pod
from kubechaos.records import Record, Seen

from . import measurements, rounds, ways
from .served import serving

PHASES: Final = 60
STAMP: Final = re.compile(rb'"sent":"(\d+)"')
PERIODS: Final = {"poll 1": 1.0, "poll 0.2": 0.2}
WAYS: Final = {
    "socket": "raw socket",
    "ours": "ours: folded into the timeline",
    "lightkube": "lightkube, as documented",
    "official": "official client, as documented",
    "poll 0.2": "a poll every 0.2 s",
    "poll 1": "a poll every 1 s",
}

Late = dict[str, float]
"""How late each phase was first seen, in milliseconds, by the time that it began."""


def main() -> None:
    """Print what each way has seen."""
    rows = {}
    for way in WAYS:
        with serving("phases", PHASES) as url:
            rows[way] = rounds.apart(__spec__.name, way, url)
    measurements.table(
        f"{PHASES} phases of 50 to 900 ms, each way by itself", {WAYS[way]: row for way, row in rows.items()}
    )
    measurements.save("missed", rows)


def measure(way: str, url: str) -> None:
    """Print what one way sees, as JSON."""
    late: Late = {}
    if way in PERIODS:
        _poll(url, late, PERIODS[way])
    else:
        {"socket": _socket, "ours": _ours, "lightkube": _lightkube, "official": _official}[way](url, late)
    times = list(late.values())
    seen = {"seen": len(times), "missed": PHASES - len(times)}
    print(
        json.dumps(
            {
                **seen,
                "late p50 ms": measurements.percentile(times, 0.5),
                "late p99 ms": measurements.percentile(times, 0.99),
            }
        )
    )


def _note(late: Late, sent: str | bytes) -> bool:
    """Note a phase that is seen; whether all are."""
    late.setdefault(str(int(sent)), (time.monotonic_ns() - int(sent)) / 1e6)
    return len(late) == PHASES


def _socket(url: str, late: Late) -> None:
    for data in ways.received(url):
        for stamp in STAMP.findall(data):
            if _note(late, stamp):
                return


def _ours(url: str, late: Late) -> None:
    def handle(record: Record) -> None:
        if isinstance(record, Seen) and isinstance(record.object, Pod):
            _note(late, record.object.labels["sent"])

    ways.observe(ways.ours(url), handle, lambda: len(late) == PHASES)


def _lightkube(url: str, late: Late) -> None:
    for pod in ways.watched_lightly(ways.lightkube(url)):
        if _note(late, pod.metadata.labels["sent"]):
            return


def _official(url: str, late: Late) -> None:
    for pod in ways.watched_officially(ways.official(url)):
        if _note(late, pod.metadata.labels["sent"]):
            return


def _poll(url: str, late: Late, period: float) -> None:
    """Look once a period for as long as there are phases, and once more. The server goes on for whoever watches."""
    client = ways.ours(url)
    phases = threading.Thread(target=_socket, args=(url, {}))
    phases.start()
    last = False
    while not last:
        last = not phases.is_alive()
        time.sleep(period)
        for each in json.loads(client.get(ways.PATH))["items"]:
            if sent := each["metadata"]["labels"].get("sent"):
                _note(late, sent)
    client.close()


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
