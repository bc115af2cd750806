"""Words that only this house used: names and sentences are written in the terms of Kubernetes, SRE and pytest.

Looked for as whole words of prose and whole parts of identifiers, in code and pages. `python -m tests.words PLACE...`,
of files and folders, prints each use with the term to write instead.
"""

import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tests.files import under

INSTEAD = {
    "aim": "desired count",
    "attend attends attended": "register",
    "colour colours": "best effort, informational",
    "deaf": "ignores SIGTERM",
    "door doors": "write path, public names",
    "feel feels": "be affected by",
    "floor": "wanted before the fault, oldest version",
    "furnish furnishes": "create the defaults",
    "hear hears heard unheard hearing": "receive, report, handle",
    "hole holes": "gap",
    "honour honours": "support",
    "hurried": "with a deadline",
    "knob knobs": "option",
    "last words": "log tail",
    "life lives": "history, lifecycle",
    "news": "changes, affected pods",
    "offer offers offered": "return, allow",
    "owing": "unproven victims",
    "patient": "deferred",
    "sick sicken sickness sicknesses": "failure, inject a failure",
    "stretch stretches": "stable since, stable window",
    "tally": "results, counts",
    "told untold tell tells telling": "say, report, record, deliver",
    "unrest": "rollout in progress",
    "voice": "status writer",
    "ward": "failure registry",
    "whole": "complete, entire, at once",
    "world worlds": "target state",
}
"""Words, and what is written instead."""

ALLOWED = {
    "whole number": "plain English, and the term of arithmetic",
    "whole numbers": "plain English, and the term of arithmetic",
    "whole second": "plain English for a time without a fraction",
    "whole seconds": "plain English for a time without a fraction",
    "ceil, floor": "Python's own name",
    "floor(exact)": "Python's own name",
    ".tell()": "Python's own name",
    '"colour"': "a label, as it stands in recorded answers",
    "colour=red": "a label, as it stands in recorded answers",
    "`sicken`": "the changelog names what was renamed",
}
"""Reviewed uses, and why they stay."""

SELF = Path(__file__).resolve()
SUFFIXES = (".py", ".md", ".ini", ".toml", ".yaml", ".yml")
TERM = {word: term for words, term in INSTEAD.items() for word in ([words] if words == "last words" else words.split())}
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def found(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the word of every use that is not allowed."""
    for number, line in enumerate(text.splitlines(), 1):
        for phrase in ALLOWED:
            line = line.replace(phrase, "")
        words = [word.lower() for word in PART.findall(line)]
        pairs = [f"{first} {second}" for first, second in pairwise(words)]
        yield from ((number, each) for each in (*words, *pairs) if each in TERM)


def main(places: list[str]) -> int:
    """Print every use in the files and folders; return 1 if there is one."""
    files = [file for file in under(places, SUFFIXES) if file.resolve() != SELF]
    uses = [
        f"{file}:{number}: {word}: write {TERM[word]}" for file in files for number, word in found(file.read_text())
    ]
    sys.stdout.writelines(f"{use}\n" for use in uses)
    sys.stdout.write(f"words: {len(uses)} in {len(files)} files\n")
    return 1 if uses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
