"""What the plugin costs those who do not use it: CPU time of a pytest run of one empty test, with and without it."""

import os
import statistics
import sys
import tempfile
from pathlib import Path

from . import measurements

ROUNDS = 20
EMPTY = "def test_nothing():\n    pass\n"
WITH = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
WITHOUT = [*WITH, "-p", "no:kubechaos"]


def main() -> None:
    """Print the medians, interleaved, and the same command against itself beside them.

    Bytecode is kept between the runs, as it is by default: whoever switches that off pays for compiling everything.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_empty.py").write_text(EMPTY)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        _cpu(WITH, folder, environment)
        times: dict[str, list[float]] = {"with": [], "without": [], "again without": []}
        for _ in range(ROUNDS):
            for name, command in zip(times, (WITH, WITHOUT, WITHOUT), strict=True):
                times[name].append(_cpu(command, folder, environment))
    medians = {name: statistics.median(values) * 1000 for name, values in times.items()}
    rows = {f"{name} the plugin": {"ms": each, "more ms": each - medians["without"]} for name, each in medians.items()}
    measurements.table(f"user+system CPU of a pytest run of one empty test, medians of {ROUNDS} interleaved", rows)
    measurements.save("startup", {"rows": rows, "runs": times})


def _cpu(command: list[str], folder: str, environment: dict[str, str]) -> float:
    """Run a command to its end; return its CPU seconds."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], [*command, folder], environment, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
