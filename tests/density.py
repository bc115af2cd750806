"""How dense the code is: conditional expressions and walrus operators in 1,000 lines, and the share of comment lines.

`python -m tests.density FOLDER...` prints each folder's figures and returns 1 where a limit is passed.
"""

import ast
import io
import sys
import tokenize

from tests.files import under

CONDITIONALS = 13.0
"""Conditional expressions in 1,000 lines, at most: the densest of the code bases that this one is compared with."""
COMMENTS = (1.0, 6.0)
"""Comment lines in 100 lines, at least and at most; directives to tools do not count."""
CORE, CORE_COMMENTS = "src/kubechaos", 2.0
"""The folder that must explain more, and its least share."""
DIRECTIVES = ("# noqa", "# type:", "# fmt:")


def main(folders: list[str]) -> int:
    """Print the figures of each folder; return 1 if one is outside of its limits."""
    bad = 0
    for folder in folders:
        texts = [path.read_text() for path in under([folder])]
        lines = sum(text.count("\n") for text in texts)
        nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
        conditionals = 1000 * sum(isinstance(node, ast.IfExp) for node in nodes) / lines
        walruses = 1000 * sum(isinstance(node, ast.NamedExpr) for node in nodes) / lines
        comments = 100 * sum(_comments(text) for text in texts) / lines
        least = CORE_COMMENTS if folder == CORE else COMMENTS[0]
        good = conditionals <= CONDITIONALS and least <= comments <= COMMENTS[1]
        bad += not good
        sys.stdout.write(
            f"{folder}: {lines} lines, {conditionals:.1f} conditional expressions and {walruses:.1f} walruses "
            f"in 1,000 lines, {comments:.1f} % comment lines{'' if good else ': outside of the limits'}\n"
        )
    return 1 if bad else 0


def _comments(text: str) -> int:
    """Count the lines that are a comment, or end with one, for people."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type == tokenize.COMMENT and not token.string.startswith(DIRECTIVES) for token in tokens)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
