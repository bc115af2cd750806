"""An hour at 100 records a second, as fast as it goes: does the memory grow, and does a record cost more at the end?

Each record takes the way that it takes in a test: queue, fold, recording, alerts. Either three pods change without
end, or pods are killed and replaced, 10,000 of them in the hour.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from kubechaos.api.client import Client
from kubechaos.clock import Monotonic
from kubechaos.effects import PodsGone
from kubechaos.judge import alerts
from kubechaos.judge.alerts import Alarm
from kubechaos.judge.recovery import Limits
from kubechaos.judge.state import State
from kubechaos.kube import decode
from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import Pod, Ref
from kubechaos.observe.observation import Observation
from kubechaos.records import Begun, Ended, Gone, Injected, Lasts, Listed, Opened, Record, Seen
from kubechaos.run.artifacts import Artifacts
from kubechaos.target import Target

from . import measurements, pods, ways

RECORDS: Final = 360_000
RATE: Final = 100
RECORDS_A_POD: Final = 36
"""Records from one kill to the next."""
KILLS: Final = 100
"""Kills in one experiment."""
PARTS: Final = 6
FEEDS = {"changing": "three pods that change", "replaced": "pods that are killed and replaced"}


def main() -> None:
    """Print both feeds, as they go on."""
    found = {}
    for feed, name in FEEDS.items():
        output = subprocess.check_output([sys.executable, "-m", __spec__.name, feed])
        found[feed] = json.loads(output)
        rows = {f"after {each['records']:.0f} records": each for each in found[feed]}
        measurements.table(f"an hour's recording of {name}", rows)
        first, last = found[feed][0], found[feed][-1]
        print(f"memory grew by {last['MB'] - first['MB']:.1f} MB from the first sixth of the hour to its end")
    measurements.save("recording", found)


def measure(feed: str) -> None:
    """Feed the records of an hour; print memory and cost of each part of it, as JSON."""
    with tempfile.TemporaryDirectory() as place:
        artifacts = Artifacts(Path(place) / "test", Path(place))
        artifacts.open({})
        observation = _observation(artifacts)
        records = {"changing": _changing, "replaced": _replaced}[feed]()
        parts = []
        for number in range(1, PARTS + 1):
            began = time.process_time()
            for _ in range(RECORDS // PARTS):
                observation.put(next(records))
                observation.catch_up()
            cost = (time.process_time() - began) / (RECORDS // PARTS) * 1e6
            size = (artifacts.folder / "events.ndjson").stat().st_size / 1e6
            memory = {
                "MB": measurements.memory(),
                "us a record": cost,
                "disk MB": size,
                "pod histories": len(observation.state.histories),
            }
            parts.append({"records": number * RECORDS // PARTS, **memory})
        artifacts.close()
    print(json.dumps(parts))


def _observation(artifacts: Artifacts) -> Observation:
    """An observation without a cluster, with a listener as in a test."""
    limits, alarm = Limits(60, 5), Alarm()

    def handle(record: Record, state: State) -> None:
        nonlocal alarm
        artifacts.record(record, "bench/deployment/web")
        if isinstance(record, Begun):
            alarm = Alarm()
        alarm = alerts.watch(alarm, state, limits)

    client = Client(ways.pinned("http://127.0.0.1:1"))
    return Observation(client, Target(Ref("Deployment", pods.NAMESPACE, pods.NAME)), Monotonic(), handle)


def _listed(alive: list[Pod]) -> Iterator[Record]:
    """What a test begins with: the target, its listings, an experiment."""
    deployment = KINDS["Deployment"].codec.object(decode.encode(pods.deployment(3)))
    replica_set = KINDS["ReplicaSet"].codec.object(decode.encode(pods.replica_set(3)))
    yield Opened(0, "Deployment")
    yield Listed(0, "Deployment", "100", (deployment,))
    yield Listed(0, "ReplicaSet", "100", (replica_set,))
    yield Listed(0, "Pod", "100", tuple(alive))


def _experiment(at: float) -> Iterator[Record]:
    target = Ref("Deployment", pods.NAMESPACE, pods.NAME, pods.WORKLOAD)
    yield Begun(at, "kill", ("1",), target, PodsGone(), Lasts.INSTANT, 60, 5, "now")
    yield Injected(at)


def _pod(number: int, version: int, *, ready: bool = True) -> Pod:
    return KINDS["Pod"].codec.object(decode.encode(pods.pod(number, version, ready=ready)))


def _changing() -> Iterator[Record]:
    """Three pods under one experiment; one in a hundred records shows a pod that lost its readiness."""
    yield from _listed([_pod(each, each) for each in range(3)])
    yield from _experiment(0)
    number = 0
    while True:
        number += 1
        yield Seen(number / RATE, _pod(number % 3, 1000 + number, ready=number % RATE > 0))


def _replaced() -> Iterator[Record]:
    """One pod after the other goes, and another comes; the experiments follow one another."""
    alive = [_pod(each, each) for each in range(3)]
    yield from _listed(alive)
    number, born = 0, 3
    while True:
        yield from _experiment(number / RATE)
        for _ in range(KILLS):
            for step in range(RECORDS_A_POD - 2):
                number += 1
                alive[2] = _pod(born, 1000 + number, ready=step > 3)
                yield Seen(number / RATE, alive[2])
            number += 1
            going = replace(alive.pop(0), deleting=True, resource_version=str(1000 + number))
            yield Seen(number / RATE, going)
            yield Gone(number / RATE, going)
            born += 1
            alive.append(_pod(born, 1001 + number, ready=False))
        yield Ended(number / RATE)


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
