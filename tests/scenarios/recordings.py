"""The recordings of the real cluster: per scenario and role, every sequence that was seen and in which runs."""

import json
from pathlib import Path

from .normal import Sequences

FOLDER = Path(__file__).parent.parent / "recordings"
Variant = dict[str, list[int] | list[str]]


def load(title: str) -> dict[str, list[Variant]]:
    """Return what was recorded of a scenario."""
    path = FOLDER / f"{title}.json"
    recorded: dict[str, list[Variant]] = json.loads(path.read_text()) if path.exists() else {}
    return recorded


def add(title: str, run: int, seen: Sequences) -> None:
    """Add one run to what was recorded of a scenario, in the place of an earlier one of its number."""
    recorded = load(title)
    for variants in recorded.values():
        for variant in variants:
            variant["runs"] = [each for each in variant["runs"] if each != run]
    for role, sequences in seen.items():
        variants = recorded.setdefault(role, [])
        for states in sequences:
            known = next((each for each in variants if each["states"] == states), None)
            if known is None:
                variants.append(known := {"runs": [], "states": states})
            known["runs"] = sorted([*known["runs"], run])  # type: ignore[type-var]  # ints, all of them
    kept = {role: [each for each in variants if each["runs"]] for role, variants in recorded.items()}
    content = {role: kept[role] for role in sorted(kept) if kept[role]}
    (FOLDER / f"{title}.json").write_text(_text(content))


def _text(content: dict[str, list[Variant]]) -> str:
    """Lines that a person can read and a diff can show."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    for runs in {json.dumps(each["runs"], indent=1) for variants in content.values() for each in variants}:
        indented = runs.replace("\n", "\n   ")
        text = text.replace(indented, json.dumps(json.loads(runs)))
    return text + "\n"
