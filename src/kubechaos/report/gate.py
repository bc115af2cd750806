"""The gate: one word over all chaos tests of a run that says whether a release may go."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ..errors import Verdict

Gate: TypeAlias = Literal["fail", "incomplete", "not_run", "flaky", "simulated", "pass"]
"""The words of the gate, the worst first."""

EXCUSABLE: Final = frozenset({Verdict.RECOVERED, Verdict.BLOCKED, Verdict.NOT_RECOVERED})
"""The verdicts on the target, which xfail may excuse. With any other there is no result that could be excused."""

PASSED: Final = frozenset({"passed", "xpassed"})
"""The outcomes of a test that ran to its end. Where `xfail_strict` is set, pytest calls an unexpected pass failed."""

PASSING: Final = PASSED | {"skipped", "xfailed", "rerun"}
"""The outcomes of pytest that do not make the gate fail; so it says "fail" where pytest's exit code does, too."""


class Item(Struct, frozen=True):
    """How one chaos test (an item of pytest) ended.

    nodeid: pytest's name of the item.
    outcome: in the words of pytest's summary; "" if it has none.
    verdict: the worst of its experiments and errors; None without any.
    rerun: whether it was begun more than once.
    interrupted: whether a signal ended it.
    uses_chaos: whether it uses the fixture `chaos`, and so is expected to inject a fault.
    earlier: the verdicts of the attempts before the last one.
    """

    nodeid: str
    outcome: str
    verdict: Verdict | None
    rerun: bool
    interrupted: bool
    uses_chaos: bool
    earlier: tuple[Verdict, ...]

    @property
    def injected_nothing(self) -> bool:
        """Whether it passed without an experiment, though it uses `chaos`."""
        return self.uses_chaos and self.verdict is None and self.outcome in PASSED


def gate(selected: int, items: Sequence[Item], *, broken: bool = False, simulated: bool = False) -> Gate:
    """Return the word of the gate, the worst that applies.

    selected: how many items were selected to be run.
    items: those that were reported.
    broken: whether items may be missing from `selected` itself: a worker crashed, a file could not be collected.
    simulated: whether the cluster was the embedded one.
    """
    # An interrupted item has no result and is no failure, unless something was left broken in the cluster.
    if any(_failed(item) for item in items if not item.interrupted or item.verdict is Verdict.NOT_HEALED):
        return "fail"
    if broken or len(items) < selected or any(item.interrupted or not item.outcome for item in items):
        return "incomplete"
    # A forgotten `chaos.run` is a test that should have been there, as one that was not selected is.
    if any(item.injected_nothing for item in items):
        return "incomplete"
    # Nothing was proven by tests that made no experiment, or by a simulation: neither may read "pass".
    if not any(item.verdict for item in items):
        return "not_run"
    if any(item.rerun for item in items):
        return "flaky"
    return "simulated" if simulated else "pass"


def _failed(item: Item) -> bool:
    # Without a result the outcome does not matter: xfail, or an `except` in the test, would make it pass.
    if item.verdict is not None and item.verdict not in EXCUSABLE:
        return True
    return bool(item.outcome) and item.outcome not in PASSING
