"""Decoding 20,000 watch events: ours beside the bare socket, the limit of what Python can do, and the official client.

Each way in a process of its own, in turn; CPU and wall time from the request to the last event. The official client
is given fewer events, as it would take minutes; every number is microseconds for one event.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import islice

from kubechaos.api.transport import Transport
from kubechaos.model import Record, Seen

from . import pods, told, ways
from .served import serving

EVENTS = 20_000
OFFICIAL = 1_000
ROUNDS = 5
RAW, LIMIT, OURS, THREAD, FOLD = "socket", "limit", "decode", "watch", "timeline"
WAYS = {
    RAW: "raw socket, nothing decoded",
    LIMIT: "raw socket + msgspec: the limit",
    OURS: "ours: transport and decoder",
    THREAD: "ours: watch, with its thread and queue",
    FOLD: "ours: folded into the timeline",
    "bare": "official client, deserialize=False",
    "official": "official client, as documented",
}


def main() -> None:
    """Print the medians of interleaved rounds, and the ratios that are promised."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with serving("burst", EVENTS) as url:
        for _ in range(ROUNDS):
            for way, done in runs.items():
                command = [sys.executable, "-m", __spec__.name, way, url]
                done.append(json.loads(subprocess.check_output(command)))
    rows = {way: told.medians(done) for way, done in runs.items()}
    limit = rows[LIMIT]["cpu us"]
    for row in rows.values():
        row["cpu / limit"] = row["cpu us"] / limit
    told.table(f"{EVENTS} watch events, medians of {ROUNDS} interleaved", {WAYS[way]: row for way, row in rows.items()})
    for way in (OURS, FOLD):
        pairs = zip(runs["official"], runs[way], strict=True)
        times = told.medians([{"cpu": one["cpu us"] / two["cpu us"]} for one, two in pairs])["cpu"]
        print(f"the official client as documented takes {times:.0f} times the CPU of {WAYS[way]}")
    told.save("decode", {"rows": rows, "runs": runs})


def measure(way: str, url: str) -> None:
    """Print what one way takes for one event, as JSON."""
    count = OFFICIAL if way in ("bare", "official") else EVENTS
    read = _prepared(way, url, count)
    began, cpu = time.perf_counter(), time.process_time()
    read()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"cpu us": cpu / count * 1e6, "wall us": wall / count * 1e6}))


def _prepared(way: str, url: str, count: int) -> Callable[[], None]:
    """Import and construct what a way needs; return the reading itself."""
    if way == RAW:
        return lambda: _count(ways.received(url), None)
    if way == LIMIT:
        return lambda: _count(ways.changed(url), count)
    if way in ("bare", "official"):
        return _official(url, count, deserialize=way == "official")
    client = ways.transport(url)
    client.get(f"{ways.PATH}/any")
    if way == OURS:
        return lambda: _count(ways.decoded(client), count)
    if way == THREAD:
        return lambda: _count(ways.watched(client), count)
    return lambda: _fold(client, count)


def _official(url: str, count: int, *, deserialize: bool) -> Callable[[], None]:
    from kubernetes import client, watch

    api = client.CoreV1Api(client.ApiClient(ways.pinned(url).configuration))
    options = {} if deserialize else {"deserialize": False}
    return lambda: _count(watch.Watch().stream(api.list_namespaced_pod, pods.NAMESPACE, **options), count)


def _fold(client: Transport, count: int) -> None:
    seen = 0

    def hear(record: Record) -> None:
        nonlocal seen
        seen += isinstance(record, Seen)

    ways.observe(client, hear, lambda: seen == count)


def _count(events: Iterable[object], count: int | None) -> None:
    """Read so many events; all that there are for None. Raises ValueError if there are fewer."""
    read = sum(1 for _ in islice(events, count))
    if count is not None and read != count:
        raise ValueError(f"{read} events of {count}")


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
