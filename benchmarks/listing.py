"""Listing 10,000 pods: seconds, and the memory that it takes at its highest, over what the process had before.

Each run in a process of its own. Ours is the listing that a watch begins with, all pods of it kept as values; the
other clients keep their models.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from kubechaos.clock import Monotonic
from kubechaos.kube import schema
from kubechaos.kube.kinds import KINDS
from kubechaos.observe.watch import Watch
from kubechaos.records import Listed

from . import measurements, pods, rounds, ways
from .served import serving

PODS = 10_000
ROUNDS = 5
OFFICIAL_ROUNDS = 1
WAYS = {
    "socket": "raw socket, nothing decoded",
    "limit": "raw socket + msgspec, in one piece",
    "ours": "ours: listed by a watch",
    "lightkube": "lightkube, as documented",
    "paged": "official client, by 500",
    "official": "official client, as documented",
}


def main() -> None:
    """Print the table and the ratios that are promised."""
    fewer = dict.fromkeys(("paged", "official"), OFFICIAL_ROUNDS)
    with serving("listing", PODS) as url:
        runs = rounds.interleaved(__spec__.name, WAYS, url, ROUNDS, fewer)
    rows = {way: measurements.medians(done) for way, done in runs.items()}
    title = f"a listing of {PODS} pods, medians of {ROUNDS} interleaved (official client: {OFFICIAL_ROUNDS})"
    measurements.table(title, {WAYS[way]: row for way, row in rows.items()})
    for column in ("seconds", "peak MB"):
        for other in ("official", "lightkube"):
            print(f"{column}: {WAYS[other]} takes {rows[other][column] / rows['ours'][column]:.1f} times ours")
    measurements.save("listing", {"rows": rows, "runs": runs})


def measure(way: str, url: str) -> None:
    """Print what one listing takes, as JSON."""
    read = PREPARED[way](url)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    before = measurements.memory()
    began, cpu = time.perf_counter(), time.process_time()
    kept = read()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(
        json.dumps({"seconds": wall, "cpu s": cpu, "peak MB": measurements.memory("VmHWM") - before, "over MB": before})
    )
    del kept


def _socket(url: str) -> Callable[[], Any]:
    return lambda: sum(map(len, _body(url)))


def _body(url: str) -> Any:
    """Yield the bytes of the complete listing, without the answer's head."""
    left = -1
    for data in ways.received(url, ways.PATH):
        if left < 0:
            head, _, data = data.partition(b"\r\n\r\n")
            left = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
        yield data
        left -= len(data)
        if not left:
            return


def _limit(url: str) -> Callable[[], Any]:
    decode = msgspec.json.Decoder(schema.List[schema.Pod]).decode
    return lambda: decode(b"".join(_body(url)))


def _ours(url: str) -> Callable[[], Any]:
    client = ways.ours(url)
    client.get(f"{ways.PATH}/any")
    queue: SimpleQueue[Any] = SimpleQueue()
    watch = Watch(
        client, KINDS["Pod"], pods.NAMESPACE, {"labelSelector": f"app={pods.NAME}"}, queue.put, Monotonic().now
    )

    def read() -> Listed:
        watch.start()
        listed: Listed = queue.get()
        if len(listed.objects) != PODS:
            raise ValueError(f"{len(listed.objects)} pods of {PODS}")
        return listed

    return read


def _lightkube(url: str) -> Callable[[], Any]:
    from lightkube.resources.core_v1 import Pod

    client = ways.lightkube(url)
    return lambda: list(client.list(Pod, namespace=pods.NAMESPACE))


def _paged(url: str) -> Callable[[], Any]:
    api = ways.official(url)

    def read() -> list[Any]:
        found: list[Any] = []
        more = None
        while True:
            page = api.list_namespaced_pod(pods.NAMESPACE, limit=500, _continue=more)
            found += page.items
            more = page.metadata._continue
            if not more:
                return found

    return read


def _official(url: str) -> Callable[[], Any]:
    api = ways.official(url)
    return lambda: api.list_namespaced_pod(pods.NAMESPACE)


PREPARED = {
    "socket": _socket,
    "limit": _limit,
    "ours": _ours,
    "lightkube": _lightkube,
    "paged": _paged,
    "official": _official,
}
"""What each way needs is imported and constructed; they return the listing itself."""


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
