"""Record every scenario on the cluster of KUBECONFIG: `devcluster/run -- python -m tests.scenarios.record 1`."""

import argparse
import fcntl
import os
import sys
import time

from .api import Api
from .catalogue import SCENARIOS
from .disruptions import etcd_compaction
from .normal import Normal, Sequences
from .recordings import FOLDER, add
from .script import Script


def run(title: str, script: Script) -> Sequences:
    """Run one scenario; return what was seen."""
    try:
        SCENARIOS[title](script)
    finally:
        try:
            records = list(script.recorder.records)
            script.clean()
        finally:
            script.recorder.stop()
    return Normal(script.name, records, script.answers, script.recorder.cuts).sequences


def _store(title: str, number: int, seen: Sequences) -> None:
    """Write it down, one run at a time: several clusters may be recorded side by side."""
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        add(title, number, seen)
    finally:
        os.close(folder)


def main() -> int:
    """Record, scenario by scenario; return 1 if one did not come to its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=int, help="the number of this run; an earlier recording of it is replaced")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS), help="which (default: all)")
    options = parser.parse_args()
    failed = 0
    api = Api(os.environ["KUBECONFIG"])
    for title in options.scenarios:
        started = time.monotonic()
        try:
            seen = run(title, Script(api, title, compact=etcd_compaction))
        except AssertionError as error:
            sys.stdout.write(f"{title}: FAILED: {error}\n")
            failed += 1
            continue
        _store(title, options.run, seen)
        objects = sum(map(len, seen.values()))
        sys.stdout.write(f"{title}: {objects} objects, {time.monotonic() - started:.1f} s\n")
        sys.stdout.flush()
    api.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
