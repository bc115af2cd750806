"""The size rules: no file of more than 300 lines, no function of 40 or more."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.files import under

LONGEST_FILE = 300
LONGEST_FUNCTION = 39


def main(places: list[str]) -> int:
    """Print every breach under the given places; return 1 if there is one."""
    breaches = [breach for path in under(places) for breach in _breaches(path)]
    sys.stdout.writelines(f"{breach}\n" for breach in breaches)
    return 1 if breaches else 0


def _breaches(path: Path) -> Iterator[str]:
    text = path.read_text()
    if (lines := text.count("\n")) > LONGEST_FILE:
        yield f"{path}: {lines} lines, at most {LONGEST_FILE}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
