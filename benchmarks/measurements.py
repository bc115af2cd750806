"""How measurements are shown: side by side in a table, and in a JSON file beside it."""

import json
import os
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def table(title: str, rows: Mapping[str, Mapping[str, float | str]]) -> None:
    """Print rows of named columns."""
    print(f"\n{title} (load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    widths = [max(len(column), 9) for column in columns]
    print(f"{'':44}", *(f"{column:>{width}}" for column, width in zip(columns, widths, strict=True)))
    for name, row in rows.items():
        cells = (_cell(row.get(column, ""), width) for column, width in zip(columns, widths, strict=True))
        print(f"{name:44}", *cells, flush=True)


def _cell(value: float | str, width: int) -> str:
    return f"{value:>{width}}" if isinstance(value, str) else f"{value:>{width}.{3 if abs(value) < 10 else 1}f}"


def save(name: str, value: Any) -> None:
    """Write what was measured as JSON."""
    RESULTS.mkdir(exist_ok=True)
    result = {"cores": os.cpu_count(), "load": os.getloadavg(), "measured": value}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each number."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def percentile(values: list[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def memory(name: str = "VmRSS", pid: int | str = "self") -> float:
    """Return a size of a process in MB, as the kernel counts it: what is resident, or VmHWM, its highest so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
