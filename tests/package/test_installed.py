"""The distributions in use: the wheel in an environment that has nothing else, the sdist in a folder of its own."""

import json
import os
import re
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from tests.ci_examples import Job
from tests.package.conftest import ROOT, Built, run

# Neither this checkout nor what runs these tests may help.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "CHAOS"))}


@pytest.fixture(scope="module")
def bin_(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    constraints = ROOT / "constraints.txt"
    run(folder / "bin" / "pip", "install", "--quiet", "--constraint", constraints, built.wheel, cwd=folder)
    return folder / "bin"


def test_the_first_test_of_the_readme_runs_in_an_environment_with_the_wheel_alone(bin_: Path, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    ((code, command),) = re.findall(r"```python\n(# test_first\.py\n.*?)```\n\n    (pytest .*?)\n", readme, re.DOTALL)
    (tmp_path / "test_first.py").write_text(code)
    program, *arguments = command.split()
    printed = run(bin_ / program, *arguments, cwd=tmp_path, environment=ENVIRONMENT)
    assert re.search(r"^kubechaos: gate simulated: 1 recovered", printed, re.MULTILINE), printed


def test_a_suite_with_the_pytest_ini_of_the_examples_leaves_a_report(bin_: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests_chaos", tmp_path / "tests_chaos")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copy(ROOT / "examples" / "pytest.ini", tmp_path)
    run(bin_ / "pytest", "--chaos-context", "embedded", cwd=tmp_path, environment=ENVIRONMENT)
    report = json.loads((tmp_path / "chaos-report.json").read_text())
    assert report["summary"]["total"] == report["summary"]["passed"]
    assert report["chaos"]["gate"] == "simulated"


def test_the_results_of_a_run_are_not_collected_by_the_next(bin_: Path, tmp_path: Path) -> None:
    """Somebody may name their folder of results so that pytest would look into it."""
    shutil.copy(ROOT / "examples" / "pytest.ini", tmp_path)
    for folder in ("chaos-results/a-run", "node_modules", "tests_chaos"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "test_there.py").write_text("def test_it(): pass")
    command = (bin_ / "pytest", "--collect-only", "--quiet")
    assert run(*command, cwd=tmp_path, environment=ENVIRONMENT).count("test_there.py") == 1
    assert run(*command, ".", cwd=tmp_path, environment=ENVIRONMENT).count("test_there.py") == 1


def test_the_command_and_the_types_are_installed(bin_: Path, tmp_path: Path) -> None:
    assert "replay" in run(bin_ / "kubechaos", "--help", cwd=tmp_path, environment=ENVIRONMENT)
    code = "from importlib.resources import files as f; print((f('kubechaos') / 'py.typed').is_file(), f('kubesim'))"
    printed = run(bin_ / "python", "-c", code, cwd=tmp_path, environment=ENVIRONMENT)
    assert printed.startswith(f"True {bin_.parent}")


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_the_ci_examples_install_a_wheel_that_is_in_their_folder(built: Built, tmp_path: Path, system: str) -> None:
    """Before there is a release, that is; an index has none of this name yet, or others."""
    (tmp_path / "wheels").mkdir()
    shutil.copy(built.wheel, tmp_path / "wheels")
    run(sys.executable, "-m", "venv", "environment", cwd=tmp_path)
    bin_ = tmp_path / "environment" / "bin"
    machine = {"PATH": f"{bin_}:{os.environ['PATH']}", "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    job = Job(tmp_path, {**ENVIRONMENT, **machine}, kubeconfig="")
    assert (job.github if system == "github" else job.gitlab)(install=True) == 0
    code = "from importlib.metadata import version; print(version('pytest-kubechaos'))"
    assert run(bin_ / "python", "-c", code, cwd=tmp_path).strip() in built.wheel.name


def test_the_unpacked_sdist_runs_its_suite(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    printed = run("make", "chaos", f"PYTHON={sys.executable}", cwd=folder, environment=ENVIRONMENT)
    assert re.search(r"^kubechaos: gate simulated: ", printed, re.MULTILINE), printed
