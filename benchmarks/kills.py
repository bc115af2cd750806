"""Many kills on the dev cluster: is anything missed, and what does the experiment itself cost?

Beside each kill, live: an independent raw watch (kubectl) of the same pods, and the loop that kubechaos began as.
Run it with `devcluster/run -- python -m benchmarks.kills [N]`.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

from benchmarks.origin import OBSERVED, Origin
from kubechaos import Chaos, Cluster, Outage, kill
from kubechaos.api.credentials import pin
from kubechaos.observe.cluster import Access
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.experiments import Experiments
from kubechaos.settings import Settings

SELECTOR = "app=timeserver"
NAMESPACE = "chaos"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
REST = 3.0
"""Seconds more than steady needs, so that no kill waits for it."""

Pairs = set[tuple[str, str]]


@dataclass
class Kill:
    """What one kill came to."""

    recovery_time: float
    overhead: float
    verdict: str
    published: int
    missed: int
    lost_by_origin: list[str]


def main(count: int) -> None:
    """Kill `count` times, print the table and a JSON line."""
    kills = [_kill(number) for number in range(count)]
    published, missed = sum(each.published for each in kills), sum(each.missed for each in kills)
    lost = sum(len(each.lost_by_origin) for each in kills)
    verdicts = sorted({each.verdict for each in kills})
    print(f"kills {count}, verdicts {', '.join(verdicts)}")
    print(f"pod (uid, resourceVersion) pairs published {published}, missing {missed}")
    print(f"the origin's loop lost {lost} of {count * len(OBSERVED)} alerts that it had to observe")
    print(f"recovery_time median {statistics.median(each.recovery_time for each in kills):.3f} s")
    overheads = [each.overhead for each in kills]
    print(f"overhead median {statistics.median(overheads):.3f} s, worst {max(overheads):.3f} s")
    print(json.dumps([asdict(each) for each in kills]))


def _kill(number: int) -> Kill:
    with tempfile.TemporaryDirectory() as folder, _raw_watch(Path(folder) / "raw") as raw:
        access = Access.to(pin("devcluster"))
        experiments = experiments_in(access, Path(folder) / "ours", f"kill-{number}")
        chaos = Chaos(experiments)
        target = chaos.steady(Cluster(access, NAMESPACE).deployment("timeserver"))
        time.sleep(REST)
        origin = Origin(SELECTOR)
        origin.start()
        began = time.monotonic()
        outage = chaos.run(kill(1), target, check=False)
        took = time.monotonic() - began
        lost = origin.stop()
        experiments.close()
        ours, first, last = _ours(Path(folder) / "ours" / "events.ndjson")
        others = theirs(raw, first, last)
    return Kill(outage.recovery_time, took - _needed(outage), outage.verdict, len(others), len(others - ours), lost)


def experiments_in(access: Access, folder: Path, nodeid: str) -> Experiments:
    """Return what is behind the `chaos` of a test, with its artifacts in a folder."""
    settings = Settings(
        context="devcluster",
        namespace=None,
        target=("Deployment", "timeserver"),
        within=60,
        settle=60,
        stable_for=5,
        seed="bench",
        results=str(folder),
        manifests=(),
        run="bench",
        started="",
    )
    artifacts = Artifacts(folder, folder.parent)
    return Experiments(access, settings, nodeid, [], artifacts, time_of_day=lambda: "", left=lambda: inf)


def _needed(outage: Outage) -> float:
    """The seconds that the experiment had to take by its own rules."""
    proof = outage.proof.at if outage.proof else 0.0
    return max(outage.recovery_time + outage.stable_for, proof)


@contextmanager
def _raw_watch(path: Path) -> Iterator[Path]:
    """Watch the pods with kubectl from before the experiment to after it."""
    version = json.loads(subprocess.check_output(["kubectl", "get", "--raw", PODS]))["metadata"]["resourceVersion"]
    query = f"{PODS}?watch=1&labelSelector={SELECTOR.replace('=', '%3D')}&resourceVersion={version}"
    with path.open("wb") as output, subprocess.Popen(["kubectl", "get", "--raw", query], stdout=output) as process:
        try:
            yield path
        finally:
            process.terminate()


def _ours(path: Path) -> tuple[Pairs, int, int]:
    """What kubechaos recorded of pods, and the versions between which it says that it is complete."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    pods = [each["object"] for each in records if each["type"] in ("seen", "gone")]
    listed = next(each for each in records if each["type"] == "listed" and each["kind"] == "Pod")
    ended = next(each for each in records if each["type"] == "ended")
    pairs = {(each["uid"], each["resource_version"]) for each in pods if each["kind"] == "Pod"}
    return pairs, int(listed["resource_version"]), int(ended["resource_version"])


def theirs(path: Path, first: int, last: int) -> Pairs:
    """What the raw watch saw between the same versions."""
    time.sleep(0.5)
    events = [json.loads(line)["object"]["metadata"] for line in path.read_bytes().split(b"\n") if line.endswith(b"}")]
    pairs = {(each["uid"], each["resourceVersion"]) for each in events}
    return {(uid, version) for uid, version in pairs if first < int(version) <= last}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
