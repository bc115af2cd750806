"""Public classes have the members that the reference in the README documents, and no others."""

import inspect
import re
from pathlib import Path

import pytest

import kubechaos
from kubechaos import Act, Alert, Chaos, Cluster, Moment, Ongoing, Outage, Target

README = (Path(__file__).parents[2] / "README.md").read_text()


def documented(name: str) -> set[str]:
    """Return the members that the reference lists for a class: `` `Name` `` and then `` `member` ``s, in one row."""
    (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", README, re.MULTILINE)
    return set(re.findall(r"`([a-z_0-9]+)[^`]*`", row))


def members(cls: type) -> set[str]:
    """Return the public members of a class, and the public attributes that its methods set."""
    found = {*dir(cls), *re.findall(r"\bself\.(\w+)(?:: [^=]+)? = ", inspect.getsource(cls))}
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize(
    "cls", [Chaos, Ongoing, Cluster, Target, Outage, Alert, Moment, Act], ids=lambda it: it.__name__
)
def test_a_public_class_has_the_members_that_the_readme_lists(cls: type) -> None:
    assert members(cls) == documented(cls.__name__)


def test_every_public_name_is_in_the_readme() -> None:
    assert [name for name in kubechaos.__all__ if not re.search(rf"\b{name}\b", README)] == []
