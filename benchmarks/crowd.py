"""What the neighbours cost: one Deployment of 3 pods is observed among 10 to 10,000 pods that are not its own.

A hundredth of the others changes each second. Labels keep their pods away; Events and EndpointSlices are watched in the
entire namespace, so the second table has those too: an Event for each pod, a slice for every ten.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from typing import Final

from kubechaos.records import Listed, Record, Seen

from . import measurements, ways
from .served import serving

SIZES: Final = (10, 100, 1_000, 10_000)
ROUNDS: Final = 3
SECONDS: Final = 5.0


def main() -> None:
    """Print both tables, and the ratio of the largest to the smallest."""
    found = {}
    for with_events, name in enumerate(("unrelated pods", "unrelated pods with their Events and EndpointSlices")):
        runs: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
        for _ in range(ROUNDS):
            for size, done in runs.items():
                with serving("crowd", size, with_events) as url:
                    done.append(json.loads(subprocess.check_output([sys.executable, "-m", __spec__.name, url])))
        rows = {size: measurements.medians(done) for size, done in runs.items()}
        title = f"{SECONDS:.0f} s of observing 3 pods among {name}, medians of {ROUNDS} interleaved"
        measurements.table(title, {f"{size} others": row for size, row in rows.items()})
        for column in ("open cpu ms", "watch cpu ms"):
            ratio = rows[SIZES[-1]][column] / rows[SIZES[0]][column]
            print(f"{column}: {SIZES[-1]} others cost {ratio:.2f} times what {SIZES[0]} cost")
        found[name] = runs
    measurements.save("crowd", found)


def measure(url: str) -> None:
    """Print what one observation takes, to its barrier and after it, as JSON."""
    client = ways.ours(url)
    client.get(f"{ways.PATH}/any")
    began = time.process_time()
    until = time.monotonic() + SECONDS
    seen: Counter[str] = Counter()
    opened = 0.0

    def handle(record: Record) -> None:
        nonlocal opened, until
        if isinstance(record, Listed):
            opened, until = time.process_time() - began, time.monotonic() + SECONDS
        elif isinstance(record, Seen):
            seen[record.object.kind] += 1

    ways.observe(client, handle, lambda: time.monotonic() > until)
    watched = time.process_time() - began - opened
    foreign = sum(count for kind, count in seen.items() if kind != "Pod")
    result = {
        "open cpu ms": opened * 1000,
        "watch cpu ms": watched * 1000,
        "pod events": seen["Pod"],
        "others": foreign,
    }
    print(json.dumps({**result, "MB": measurements.memory()}))


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
