"""Which files are in the distributions: all that are needed, and no others."""

import tarfile
from zipfile import ZipFile

import pytest

from tests.package.conftest import ROOT, Built, tracked

PACKAGES = ("kubechaos/", "kubesim/")
DATA = {"kubechaos/py.typed", "kubechaos/report/v1.schema.json", "kubesim/py.typed", "kubesim/timeserver.yaml"}
"""The files of the packages that are no Python."""
OF_THE_REPOSITORY = (".ci/",)
"""What is of no use without the repository's own machine."""


@pytest.fixture(scope="session")
def wheel(built: Built) -> set[str]:
    """The names of the files in the wheel."""
    with ZipFile(built.wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="session")
def sdist(built: Built) -> set[str]:
    """The names of the files in the sdist, below its one folder."""
    with tarfile.open(built.sdist) as archive:
        return {each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()}


def test_the_wheel_has_the_two_packages_as_git_has_them_and_nothing_else(wheel: set[str]) -> None:
    packaged = {each for each in wheel if ".dist-info/" not in each}
    assert packaged == {each.removeprefix("src/") for each in tracked() if each.startswith("src/")}
    assert {each for each in packaged if not each.startswith(PACKAGES)} == set()


def test_the_data_of_the_packages_is_the_schema_the_example_and_the_marks_of_types(wheel: set[str]) -> None:
    assert {each for each in wheel if not each.endswith(".py") and ".dist-info/" not in each} == DATA


def test_beside_them_the_wheel_has_its_metadata_and_the_license(wheel: set[str]) -> None:
    found = {each.partition(".dist-info/")[2] for each in wheel if ".dist-info/" in each}
    assert found == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_has_the_repository_but_for_its_ci(sdist: set[str]) -> None:
    assert sdist - {"PKG-INFO"} == {each for each in tracked() if not each.startswith(OF_THE_REPOSITORY)}


def test_the_pytest_ini_of_the_readme_is_the_example() -> None:
    assert f"```ini\n{(ROOT / 'examples' / 'pytest.ini').read_text()}```\n" in (ROOT / "README.md").read_text()


def test_the_example_in_the_package_is_the_one_to_copy() -> None:
    packaged = (ROOT / "src" / "kubesim" / "timeserver.yaml").read_text()
    assert packaged == (ROOT / "examples" / "timeserver.yaml").read_text()
