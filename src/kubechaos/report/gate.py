"""May the release go? One word over all chaos items of a run."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ..errors import Verdict

Gate: TypeAlias = Literal["fail", "incomplete", "not_run", "flaky", "simulated", "pass"]
"""The words of the gate, worst first."""

EXCUSABLE: Final = frozenset({Verdict.RECOVERED, Verdict.BLOCKED, Verdict.NOT_RECOVERED})
"""Verdicts about the target; every other one says that there is no result, and cannot be excused."""

PASSING: Final = frozenset({"passed", "skipped", "xfailed", "rerun"})


class Item(Struct, frozen=True):
    """How one chaos item ended.

    `outcome` is pytest's, "" if it has none; `verdict` None if it came to none; `rerun` whether it was tried again,
    `interrupted` whether a signal ended it.
    """

    nodeid: str
    outcome: str
    verdict: Verdict | None
    rerun: bool
    interrupted: bool


def gate(selected: int, items: Sequence[Item], *, broken: bool = False, simulated: bool = False) -> Gate:
    """Return the gate's word, the worst that applies.

    `selected` is how many items were to be run; `broken` where there may be items that nothing was heard of: a crashed
    worker, a file that could not be collected.
    """
    if any(_failed(item) for item in items if not item.interrupted or item.verdict is Verdict.NOT_HEALED):
        return "fail"
    if broken or len(items) < selected or any(item.interrupted or not item.outcome for item in items):
        return "incomplete"
    if not any(item.verdict for item in items):
        return "not_run"
    if any(item.rerun for item in items):
        return "flaky"
    return "simulated" if simulated else "pass"


def _failed(item: Item) -> bool:
    if item.verdict is not None and item.verdict not in EXCUSABLE:
        return True
    return bool(item.outcome) and item.outcome not in PASSING
