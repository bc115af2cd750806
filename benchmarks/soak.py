"""Kills for a long time on the dev cluster, under one observation: is anything missed, and does the memory grow?

Beside it an independent raw watch (kubectl) of the same pods. Run it with `make soak`, or
`devcluster/run -- python -m benchmarks.soak [MINUTES]`. Exit code 1 if anything was missed or not recovered from.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from benchmarks.kills import NAMESPACE, PODS, SELECTOR, Pairs, experiments_in, theirs
from kubechaos import Chaos, ChaosError, Cluster, kill
from kubechaos.api.credentials import pin
from kubechaos.kube.decode import mapping
from kubechaos.observe.cluster import Access

FAULTS: Final = (kill(1), kill("50%"), kill(1, force=True), kill("all"))


def main(minutes: float) -> int:
    """Kill until time is up or Ctrl-C; print a line a minute and the sums."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        access = Access.to(pin("devcluster"))
        experiments = experiments_in(access, folder / "ours", "soak")
        chaos = Chaos(experiments)
        target = chaos.steady(Cluster(access, NAMESPACE).deployment("timeserver"))
        verdicts: Counter[str] = Counter()
        first = memory()
        until = time.monotonic() + minutes * 60
        with (folder / "raw").open("wb") as raw, subprocess.Popen(_watch(), stdout=raw) as watch:
            try:
                while time.monotonic() < until:
                    try:
                        chaos.run(FAULTS[verdicts.total() % len(FAULTS)], target, check=False)
                    except ChaosError as error:
                        print(error, flush=True)
                    verdicts[experiments.verdicts[-1]] += 1
                    if verdicts.total() % 10 == 0:
                        left = (until - time.monotonic()) / 60
                        print(f"{verdicts.total()} kills, {memory():.0f} MB, {left:.0f} min to go", flush=True)
            except KeyboardInterrupt:
                print("ended early")
            finally:
                watch.terminate()
        last = memory()
        experiments.close()
        published, missed, gaps = _compare(folder)
    print(
        f"kills {verdicts.total()}, verdicts { ({str(word): count for word, count in verdicts.items()}) }, gaps {gaps}"
    )
    print(f"pod (uid, resourceVersion) pairs published {published}, missed {missed}")
    print(f"memory at the start {first:.0f} MB, at the end {last:.0f} MB")
    return int(missed > 0 or set(verdicts) != {"recovered"})


def _watch() -> list[str]:
    """A raw watch of the target's pods by somebody else, begun after ours has listed."""
    version = mapping(subprocess.check_output(["kubectl", "get", "--raw", PODS]))["metadata"]["resourceVersion"]
    query = f"labelSelector={SELECTOR.replace('=', '%3D')}&resourceVersion={version}&timeoutSeconds=7200"
    return ["kubectl", "get", "--raw", f"{PODS}?watch=1&{query}"]


def _compare(folder: Path) -> tuple[int, int, int]:
    """How many versions of pods were published until the last experiment ended, and how many of them we lack."""
    lines = [mapping(line) for line in (folder / "ours" / "events.ndjson").read_bytes().splitlines()]
    pods = [each["object"] for each in lines if each["type"] in ("seen", "gone")]
    ours: Pairs = {(each["uid"], each["resource_version"]) for each in pods if each["kind"] == "Pod"}
    ends = [each["resource_version"] for each in lines if each["type"] == "ended"]
    others = theirs(folder / "raw", 0, int(ends[-1]))
    return len(others), len(others - ours), sum(each["type"] == "gap" for each in lines)


def memory() -> float:
    """The resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 30))
