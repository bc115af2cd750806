"""The order of two resourceVersions: as numbers if they are such, else unknown."""

import re
from pathlib import Path

import pytest

import kubechaos
from kubechaos.kube.objects import older, precedes
from tests.unit.stories import pod


@pytest.mark.parametrize(
    ("version", "other", "said"),
    [
        ("9", "10", True),
        ("10", "9", False),
        ("10", "10", False),
        ("99", "100", True),
        ("123", "124", True),
        ("0", "1", True),
        ("1" + "0" * 5000, "2" + "0" * 5000, True),
        ("2" + "0" * 5000, "1" + "0" * 5000, False),
        ("9" * 38, "1" + "0" * 38, True),
    ],
)
def test_versions_compare_as_numbers_of_any_length(version: str, other: str, said: bool) -> None:
    assert precedes(version, other) is said


@pytest.mark.parametrize("odd", ["", "x-7", "007", "-1", "+1", "1.5", "1e3", "0x1f", " 1", "1_000", "²", "٣", "12:5"])
def test_versions_that_are_no_numbers_are_compared_for_equality_only(odd: str) -> None:
    assert precedes(odd, odd) is False
    assert precedes(odd, "5") is None
    assert precedes("5", odd) is None
    assert precedes(odd, "y") is None


@pytest.mark.parametrize(
    ("new", "known", "is_older"), [("9", "10", True), ("10", "9", False), ("5", "5", False), ("a", "b", False)]
)
def test_a_version_of_unknown_order_is_not_older_than_the_one_before(new: str, known: str, is_older: bool) -> None:
    assert older(pod("a", resource_version=new), pod("a", resource_version=known)) is is_older


def test_no_other_module_converts_a_version_to_a_number() -> None:
    """Only the simulation may, as it counts its versions itself."""
    package = Path(kubechaos.__file__).parent
    sources = (path for path in package.rglob("*.py") if "sim" not in path.relative_to(package).parts)
    numbered = re.compile(r"\b(int|float)\([^)]*version")
    assert [path.name for path in sources if numbered.search(path.read_text())] == []
