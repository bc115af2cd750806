"""Phases of 50 to 900 ms, as a start has them: how many are seen, and how late, by ours and by those who poll."""

import json
import threading
import time
from typing import Final

from kubechaos.model import Pod, Record, Seen

from . import told, ways
from .served import serving

PHASES: Final = 60
PERIODS: Final = {"a poll every 1 s": 1.0, "a poll every 0.2 s": 0.2}


def main() -> None:
    """Watch and poll the same pod at the same time; print what each has seen."""
    late: dict[str, dict[str, float]] = {"ours: folded into the timeline": {}, **{name: {} for name in PERIODS}}
    over = threading.Event()
    ours = late["ours: folded into the timeline"]

    def hear(record: Record) -> None:
        if isinstance(record, Seen) and isinstance(record.object, Pod):
            _note(ours, record.object.labels["sent"])

    with serving("phases", PHASES) as url:
        pollers = [threading.Thread(target=_poll, args=(url, PERIODS[name], late[name], over)) for name in PERIODS]
        for each in pollers:
            each.start()
        ways.observe(ways.transport(url), hear, lambda: len(ours) == PHASES)
        time.sleep(max(PERIODS.values()))
        over.set()
        for each in pollers:
            each.join()
    rows = {name: _row(list(seen.values())) for name, seen in late.items()}
    told.table(f"{PHASES} phases of 50 to 900 ms, all at the same time", rows)
    told.save("missed", rows)


def _note(seen: dict[str, float], sent: str) -> None:
    """Note how late a phase is first seen, in milliseconds."""
    seen.setdefault(sent, (time.monotonic_ns() - int(sent)) / 1e6)


def _row(late: list[float]) -> dict[str, float]:
    return {
        "seen": len(late),
        "missed": PHASES - len(late),
        "late p50 ms": told.percentile(late, 0.5),
        "late p99 ms": told.percentile(late, 0.99),
    }


def _poll(url: str, period: float, seen: dict[str, float], over: threading.Event) -> None:
    client = ways.transport(url)
    while not over.wait(period):
        for each in json.loads(client.get(ways.PATH))["items"]:
            if sent := each["metadata"]["labels"].get("sent"):
                _note(seen, sent)
    client.close()


if __name__ == "__main__":
    main()
