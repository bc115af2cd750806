"""Decoding 20,000 watch events: ours beside the bare socket, the limit of what Python can do, and others' clients.

Each way in a process of its own, in turn; CPU and wall time from the request to the last event, of which every way
gets all. Every number is microseconds for one event.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable
from itertools import islice

from kubechaos.api.client import Client
from kubechaos.records import Record, Seen

from . import measurements, rounds, ways
from .served import serving

EVENTS = 20_000
ROUNDS = 5
RAW, LIMIT, OURS, THREAD, FOLD = "socket", "limit", "decode", "watch", "timeline"
BARE, OFFICIAL, LIGHTKUBE = "bare", "official", "lightkube"
WAYS = {
    RAW: "raw socket, nothing decoded",
    LIMIT: "raw socket + msgspec: the limit",
    OURS: "ours: client and decoder",
    THREAD: "ours: watch, with its thread and queue",
    FOLD: "ours: folded into the timeline",
    LIGHTKUBE: "lightkube, as documented",
    BARE: "official client, deserialize=False",
    OFFICIAL: "official client, as documented",
}


def main() -> None:
    """Print the medians of interleaved rounds, and the ratios that are promised."""
    with serving("burst", EVENTS) as url:
        runs = rounds.interleaved(__spec__.name, WAYS, url, ROUNDS)
    rows = {way: measurements.medians(done) for way, done in runs.items()}
    for row in rows.values():
        row["cpu / limit"] = row["cpu us"] / rows[LIMIT]["cpu us"]
    measurements.table(
        f"{EVENTS} watch events, medians of {ROUNDS} interleaved", {WAYS[way]: row for way, row in rows.items()}
    )
    for way in (LIMIT, OURS, FOLD):
        for other in (OFFICIAL, LIGHTKUBE):
            pairs = zip(runs[other], runs[way], strict=True)
            times = measurements.medians([{"cpu": one["cpu us"] / two["cpu us"]} for one, two in pairs])["cpu"]
            print(f"{WAYS[other]} takes {times:.1f} times the CPU of {WAYS[way]}")
    measurements.save("decode", {"rows": rows, "runs": runs})


def measure(way: str, url: str) -> None:
    """Print what one way takes for one event, as JSON."""
    read = _prepared(way, url)
    began, cpu = time.perf_counter(), time.process_time()
    read()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"cpu us": cpu / EVENTS * 1e6, "wall us": wall / EVENTS * 1e6}))


def _prepared(way: str, url: str) -> Callable[[], None]:
    """Import and construct what a way needs; return the reading itself."""
    if way in (BARE, OFFICIAL):
        api = ways.official(url)
        options = {} if way == OFFICIAL else {"deserialize": False}
        return lambda: _count(ways.watched_officially(api, **options))
    if way == LIGHTKUBE:
        light = ways.lightkube(url)
        return lambda: _count(ways.watched_lightly(light))
    if way in (RAW, LIMIT):
        return lambda: _all(ways.received(url)) if way == RAW else _count(ways.changed(url))
    client = ways.ours(url)
    client.get(f"{ways.PATH}/any")
    if way == FOLD:
        return lambda: _fold(client)
    return lambda: _count(ways.decoded(client) if way == OURS else ways.watched(client))


def _fold(client: Client) -> None:
    seen = 0

    def handle(record: Record) -> None:
        nonlocal seen
        seen += isinstance(record, Seen)

    ways.observe(client, handle, lambda: seen == EVENTS)


def _all(pieces: Iterable[bytes]) -> None:
    """Read to the end of the stream."""
    for _ in pieces:
        pass


def _count(events: Iterable[object]) -> None:
    """Read all events. Raises ValueError if there are fewer."""
    read = sum(1 for _ in islice(events, EVENTS))
    if read != EVENTS:
        raise ValueError(f"{read} events of {EVENTS}")


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
