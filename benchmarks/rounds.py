"""Ways to do the same thing, each in a process of its own, in turn, so that the machine's mood meets all of them."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping


def apart(module: str, *arguments: str) -> dict[str, float]:
    """Return what a benchmark's module measures of one way, in a process of its own."""
    measured: dict[str, float] = json.loads(subprocess.check_output([sys.executable, "-m", module, *arguments]))
    return measured


def interleaved(
    module: str, ways: Iterable[str], url: str, rounds: int, fewer: Mapping[str, int] | None = None
) -> dict[str, list[dict[str, float]]]:
    """Return the measurements of each way; `fewer` has those that take too long for all rounds."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for number in range(rounds):
        for way, done in runs.items():
            if number < (fewer or {}).get(way, rounds):
                done.append(apart(module, way, url))
    return runs
