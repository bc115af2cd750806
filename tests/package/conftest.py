"""The wheel and the sdist, built once from this checkout."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Built:
    """The two distributions of one build."""

    wheel: Path
    sdist: Path


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None, code: int = 0) -> str:
    """Run a command; return what it printed, or fail with it where its exit code is another one."""
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=280)
    printed = done.stdout + done.stderr
    assert done.returncode == code, printed
    return printed


def tracked() -> set[str]:
    """Return the files that belong to the project, as git has them."""
    return set(run("git", "ls-files", cwd=ROOT).split())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both distributions; the wheel is built from the sdist, as an installer that finds no wheel would do."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, cwd=ROOT)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)
