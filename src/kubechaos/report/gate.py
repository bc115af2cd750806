"""May the release go? One word over all chaos items of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

EXCUSABLE: Final = frozenset({"recovered", "blocked", "not_recovered"})
"""Verdicts about the target; every other one says that there is no result, and cannot be excused."""

PASSING: Final = frozenset({"passed", "skipped", "xfailed", "rerun"})


@dataclass(frozen=True, slots=True)
class Item:
    """How one chaos item ended: pytest's outcome ("" if it has none), its verdict; was it rerun, or cut by a signal?"""

    nodeid: str
    outcome: str
    verdict: str | None
    reran: bool = False
    cut: bool = False


def gate(selected: int, items: Sequence[Item], *, broken: bool = False, simulated: bool = False) -> str:
    """Return the gate's word, the worst that applies: fail, incomplete, not_run, flaky, simulated, pass.

    `broken` where there may be items that nothing was heard of: a crashed worker, a file that could not be collected.
    """
    if any(_failed(item) for item in items if not item.cut or item.verdict == "not_healed"):
        return "fail"
    if broken or len(items) < selected or any(item.cut or not item.outcome for item in items):
        return "incomplete"
    if not any(item.verdict for item in items):
        return "not_run"
    if any(item.reran for item in items):
        return "flaky"
    return "simulated" if simulated else "pass"


def _failed(item: Item) -> bool:
    if item.verdict is not None and item.verdict not in EXCUSABLE:
        return True
    return bool(item.outcome) and item.outcome not in PASSING
