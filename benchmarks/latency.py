"""From the server's write of an event to the folded timeline, and to the thread that waits, beside a bare socket.

A bare socket is read by the thread that waits. Ours is read by a thread of its own, which a test's own work cannot hold
up: what it takes to wake another thread at all is measured too.
Idle, and beside a thread of the same interpreter that computes, with the intervals of Python's thread switch to choose
from. Each run in a process of its own; milliseconds. `quick` is the interval that an experiment sets.
"""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from kubechaos.judge.state import State
from kubechaos.kube.objects import Pod
from kubechaos.observe.switching import QUICK
from kubechaos.records import Record, Seen

from . import measurements, pods, ways
from .served import serving

EVENTS = 400
EVERY = 5
ROUNDS = 5
FIRST = 20
"""Events that are not counted: caches and branches get warm."""
INTERVALS = {"default": 0.005, "1 ms": 0.001, "0.2 ms": 0.0002, "quick": QUICK, "0.05 ms": 0.00005}
STAMP = re.compile(rb'"sent":"(\d+)"')
WAYS = ("socket", "limit", "thread", "folded", "delivered", "lightkube", "official")
NAMES = {
    "socket": "raw socket",
    "limit": "raw socket + msgspec",
    "thread": "raw socket, another thread woken",
    "folded": "ours: folded into the timeline",
    "delivered": "ours: the waiting thread has it",
    "lightkube": "lightkube, as documented",
    "official": "official client, as documented",
}


def main() -> None:
    """Print the table and the ratios that are promised."""
    idle = {way: (way, "default", "idle") for way in WAYS}
    busy = {f"{way}, busy": (way, "default", "busy") for way in ("socket", "official")}
    ours = {f"{way}, busy, {name}": (way, name, "busy") for way in ("folded", "delivered") for name in INTERVALS}
    cases = {**idle, **busy, **ours}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            with serving("ticks", EVENTS, EVERY) as url:
                command = [sys.executable, "-m", __spec__.name, url, *case]
                runs[name].append(json.loads(subprocess.check_output(command)))
    rows = {name: measurements.medians(done) for name, done in runs.items()}
    title = f"write to reader, ms, {EVENTS} events every {EVERY} ms, medians of {ROUNDS} interleaved"
    measurements.table(title, {NAMES.get(name, name): row for name, row in rows.items()})
    for way in ("limit", "thread", "folded", "delivered"):
        ratios = [{key: one[key] / two[key] for key in one} for one, two in zip(runs[way], runs["socket"], strict=True)]
        ratio = measurements.medians(ratios)
        print(f"idle, {NAMES[way]}: p50 {ratio['p50']:.1f}, p99 {ratio['p99']:.1f} times the bare socket")
    measurements.save("latency", {"rows": rows, "runs": runs})


def measure(url: str, way: str, interval: str, load: str) -> None:
    """Print the latencies of one run, as JSON."""
    late: list[float] = []
    clients = {"lightkube": _lightkube, "official": _official}
    read = {
        "socket": _socket,
        "limit": _limit,
        "thread": _thread,
        "folded": _folded,
        "delivered": _delivered,
        **clients,
    }[way]
    wait = read(url, late)
    sys.setswitchinterval(INTERVALS[interval])
    if load == "busy":
        ways.spin()
    wait()
    late = late[FIRST:]
    print(
        json.dumps(
            {
                "p50": measurements.percentile(late, 0.5),
                "p90": measurements.percentile(late, 0.9),
                "p99": measurements.percentile(late, 0.99),
            }
        )
    )


def _note(late: list[float], sent: str | bytes) -> bool:
    """Note how long after it was sent an event is here; whether there are enough."""
    late.append((time.monotonic_ns() - int(sent)) / 1e6)
    return len(late) == EVENTS


def _socket(url: str, late: list[float]) -> Callable[[], None]:
    def read() -> None:
        for data in ways.received(url):
            for stamp in STAMP.findall(data):
                if _note(late, stamp):
                    return

    return read


def _limit(url: str, late: list[float]) -> Callable[[], None]:
    def read() -> None:
        for each in ways.changed(url):
            if _note(late, (each.object.metadata.labels or {})["sent"]):
                return

    return read


def _thread(url: str, late: list[float]) -> Callable[[], None]:
    stamps: SimpleQueue[bytes] = SimpleQueue()

    def hand_over() -> None:
        for data in ways.received(url):
            for stamp in STAMP.findall(data):
                stamps.put(stamp)

    def read() -> None:
        threading.Thread(target=hand_over, daemon=True).start()
        while not _note(late, stamps.get()):
            pass

    return read


def _folded(url: str, late: list[float]) -> Callable[[], None]:
    """Ours, as the state says: the last record was of a pod, and this pod is in it."""

    def note(state: State) -> None:
        for uid in state.affected or ():
            _note(late, state.target.pods[uid].labels["sent"])

    return _ours(url, lambda record: None, lambda: len(late) == EVENTS, note)


def _delivered(url: str, late: list[float]) -> Callable[[], None]:
    def note(record: Record) -> None:
        if isinstance(record, Seen) and isinstance(record.object, Pod):
            _note(late, record.object.labels["sent"])

    return _ours(url, note, lambda: len(late) == EVENTS)


def _ours(url: str, *observed: Callable[..., Any]) -> Callable[[], None]:
    client = ways.ours(url)
    client.get(f"{ways.PATH}/any")

    def read() -> None:
        ways.observe(client, *observed)

    return read


def _lightkube(url: str, late: list[float]) -> Callable[[], None]:
    client = ways.lightkube(url)

    def read() -> None:
        for pod in ways.watched_lightly(client):
            if _note(late, pod.metadata.labels["sent"]):
                return

    return read


def _official(url: str, late: list[float]) -> Callable[[], None]:
    from kubernetes import watch

    api = ways.official(url)
    api.list_namespaced_pod(pods.NAMESPACE)

    def read() -> None:
        for each in watch.Watch().stream(api.list_namespaced_pod, pods.NAMESPACE):
            if _note(late, each["object"].metadata.labels["sent"]):
                return

    return read


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
