"""The tables of docs/embedded.md, as the code has them; run as a program, it prints them for that file."""

from collections.abc import Collection, Iterator

from kubesim.apiserver.field_classes import SPECS, Fields
from kubesim.apiserver.manifest_kinds import REFUSED
from kubesim.store.kinds import INERT, MADE_BY_USERS


def kinds() -> list[str]:
    """The rows of the table of kinds."""
    simulated = sorted(kind.name for kind in MADE_BY_USERS if kind.simulated)
    return [
        f"| simulated | {', '.join(simulated)} |",
        f"| inert | {', '.join(sorted(kind.name for kind in INERT))}, and custom resources |",
        f"| refused | {', '.join(sorted(REFUSED))}, and what Kubernetes does not know |",
    ]


def fields() -> list[str]:
    """The rows of the table of fields."""
    found = {each.of: each for top in SPECS.values() for each in _with_inner(top)}
    return [_row(each) for each in found.values() if each.simulated or each.inert or each.refused or each.rules]


def _with_inner(fields: Fields) -> Iterator[Fields]:
    yield fields
    for each in fields.inside.values():
        yield from _with_inner(each)


def _row(fields: Fields) -> str:
    ruled = {rule.field for rule in fields.rules}
    refused = [*_names(fields.refused), *(f"`{rule.field}` {rule.when}" for rule in fields.rules)]
    kept = [_names(text, ruled) for text in (fields.simulated, fields.inert)]
    return f"| {' | '.join([fields.of, *map(', '.join, (*kept, refused))])} |".replace("|  |", "| |")


def _names(text: str, ruled: Collection[str] = ()) -> list[str]:
    return [f"`{name}`" for name in text.split() if name not in ruled]


if __name__ == "__main__":
    print("\n".join(("## kinds", *kinds(), "## fields", *fields())))  # noqa: T201
