"""The architecture page names every module of the packages that it describes, and none that does not exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+)/` \| (.*) \|$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("package", ROWS)
def test_the_page_names_the_modules_of_a_package(package: str) -> None:
    folder = ROOT / "src" / package if package == "kubesim" else ROOT / "src" / "kubechaos" / package
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert modules <= set(re.findall(r"`(\w+)`", ROWS[package]))


def test_the_page_describes_every_package() -> None:
    packages = {path.parent.name for path in (ROOT / "src" / "kubechaos").glob("*/__init__.py")}
    assert packages <= ROWS.keys()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:tests|src)/[\w/.]+)`", PAGE))))
def test_a_path_on_the_page_exists(path: str) -> None:
    assert (ROOT / path).exists()
