"""What the distributions say of themselves, and what they depend on."""

import re
import sys
import tomllib
from email import message_from_bytes
from email.message import Message
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest

from tests.package.conftest import ROOT, Built, run

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PRIVATE = (".local", ".internal", ".lan", ".corp", ".test", ".example", ".invalid", "localhost")


@pytest.fixture(scope="session")
def metadata(built: Built) -> Message:
    """The METADATA of the wheel."""
    with ZipFile(built.wheel) as wheel:
        (name,) = [each for each in wheel.namelist() if each.endswith(".dist-info/METADATA")]
        return message_from_bytes(wheel.read(name))


def _pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return {_normal(package): version for package, _, version in (each.partition("==") for each in lines) if version}


def _normal(package: str) -> str:
    """Return the name as an index compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def test_an_index_would_take_both_distributions(built: Built) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", built.wheel, built.sdist, cwd=ROOT)


def test_make_lowest_has_exactly_the_lower_bounds() -> None:
    bounds = dict(each.split(">=") for each in PROJECT["dependencies"])
    pins = _pins("constraints-lowest.txt")
    found = {name: pins[_normal(name)] for name in bounds}
    assert {name: version for name, version in found.items() if _release(version) != _release(bounds[name])} == {}


def _release(version: str) -> list[int]:
    """Return the numbers of a version, without zeros at its end."""
    return [int(each) for each in re.sub(r"(\.0+)+$", "", version).split(".")]


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_every_dependency_has_a_version_that_is_tested(name: str) -> None:
    pins = _pins(name)
    names = [re.split(r"[>=]=", each)[0] for each in PROJECT["dependencies"]]
    exact = dict(each.split("==") for each in PROJECT["optional-dependencies"]["dev"])
    assert [each for each in names if _normal(each) not in pins] == []
    assert {each: pins.get(_normal(each)) for each in exact} == exact


def test_nothing_has_an_upper_bound(metadata: Message) -> None:
    """A plugin that refuses its users' pytest cannot be installed beside others; what breaks is excluded by version."""
    required = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    assert len(required) == len(PROJECT["dependencies"])
    assert [each for each in required if not re.fullmatch(r"[\w-]+>=[\d.]+", each)] == []


def test_the_addresses_are_public(metadata: Message) -> None:
    urls = [each.partition(", ")[2] for each in metadata.get_all("Project-URL", [])]
    hosts = [urlsplit(each).hostname or "" for each in urls]
    assert urls
    assert [each for each in hosts if "." not in each or each.endswith(PRIVATE) or _is_number(each)] == []


def _is_number(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def test_license_keywords_and_classifiers_are_there(metadata: Message) -> None:
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")
    assert {"pytest", "kubernetes", "chaos-engineering"} <= set(metadata["Keywords"].split(","))
    assert {"Framework :: Pytest", "Typing :: Typed"} <= set(metadata.get_all("Classifier", []))
    assert metadata["Description-Content-Type"] == "text/markdown"
