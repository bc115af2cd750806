"""Hold one run of a scenario to its recordings: every object's sequence must be one that the real cluster showed."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from .normal import Sequences
from .recordings import Variant, load


@dataclass(frozen=True)
class Difference:
    """A sequence that was never recorded, beside the recorded one that is nearest to it."""

    role: str
    got: list[str]
    nearest: list[str]

    def __str__(self) -> str:
        lines = difflib.unified_diff(self.nearest, self.got, "recorded", "got", lineterm="", n=1)
        return "\n".join([f"{self.role}:", *(f"    {line}" for line in list(lines)[2:])])


@dataclass(frozen=True)
class Held:
    """What came of it."""

    objects: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> int:
        """How many objects showed a sequence that the real cluster has shown."""
        return self.objects - len(self.differences)


def hold(title: str, seen: Sequences) -> Held:
    """Compare a run with the recordings of its scenario."""
    recorded = load(title)
    assert recorded, f"nothing was recorded of {title}"
    found = [Difference(role, got, near) for role, got, near in _strange(seen, recorded)]
    missing = [role for role in _certain(recorded) if role not in seen]
    absent = [Difference(role, [], _states(recorded[role][0])) for role in missing]
    return Held(sum(map(len, seen.values())) + len(missing), (*found, *absent))


def _strange(seen: Sequences, recorded: dict[str, list[Variant]]) -> Iterator[tuple[str, list[str], list[str]]]:
    for role, sequences in seen.items():
        known = [_states(variant) for variant in recorded.get(role, ())]
        for states in sequences:
            if states not in known:
                yield role, states, max(known, key=lambda each: _alike(each, states), default=[])


def _alike(one: list[str], other: list[str]) -> float:
    lines = difflib.SequenceMatcher(None, one, other).ratio()
    return lines + difflib.SequenceMatcher(None, " ".join(one), " ".join(other), autojunk=False).quick_ratio() / 10


def _certain(recorded: dict[str, list[Variant]]) -> list[str]:
    """Every role that was there in every run."""
    runs = {role: {run for variant in variants for run in variant["runs"]} for role, variants in recorded.items()}
    every = set().union(*runs.values())
    return [role for role, present in runs.items() if present == every]


def _states(variant: Variant) -> list[str]:
    return [str(state) for state in variant["states"]]
