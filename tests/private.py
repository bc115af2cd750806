"""The rule that tests use what is public: no member or import whose name begins with one underscore, except of self."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.files import under

PRIVATE = re.compile(r"(kube\w+\..*\.)?_[a-z]\w*")
OWN = ("self", "cls")
BY_NAME = ("setattr", "getattr", "delattr", "hasattr", "patch")
"""What takes the name of a member as a string."""


def main(places: list[str]) -> int:
    """Print every breach under the given places; return 1 if there is one."""
    breaches = [breach for path in under(places) for breach in _breaches(path)]
    sys.stdout.writelines(f"{breach}\n" for breach in breaches)
    return 1 if breaches else 0


def _breaches(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        for name in filter(PRIVATE.fullmatch, _reached(node)):
            yield f"{path}:{node.lineno}: reaches into {name}, which is private"  # type: ignore[attr-defined]


def _reached(node: ast.AST) -> list[str]:
    """Return the names by which a node reaches into something else."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner)) if owner in OWN:
            return []
        case ast.Attribute(attr=name):
            return [name]
        case ast.ImportFrom(names=names):
            return [each.name for each in names]
        case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called), args=args) if called in BY_NAME:
            return [each.value for each in args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
