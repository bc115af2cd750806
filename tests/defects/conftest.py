"""What the planted defects share, and the count of what was made of them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.defects.scene import Outcome, Scene
from tests.real.parts import STATE

OUTCOMES = pytest.StashKey[list[Outcome]]()


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run anywhere but on the dev cluster: a skip would read as green."""
    if STATE not in os.environ:
        raise pytest.UsageError(
            "tests/defects needs the dev cluster: make defects, or devcluster/run -- pytest tests/defects"
        )
    config.stash[OUTCOMES] = []


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A namespace of the case's own; gone when the case is."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.callspec.id.lower()).strip("-")
    scene = Scene(name[:50].strip("-"), tmp_path)
    yield scene
    scene.remove()


@pytest.fixture
def outcomes(pytestconfig: pytest.Config) -> list[Outcome]:
    """What has been made of the cases so far."""
    return pytestconfig.stash[OUTCOMES]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Count."""
    outcomes = config.stash.get(OUTCOMES, [])
    if not outcomes:
        return
    terminalreporter.section("planted defects")
    for each in outcomes:
        if not each.right or config.get_verbosity() > 0:
            wrong = "" if each.right else f" WRONG, expected {each.case.verdict} /{each.case.cause}/"
            terminalreporter.write_line(f"{each.case.name}: {each.verdict}: {each.cause or '-'}{wrong}")
    owed = [each for each in outcomes if each.case.cause]
    terminalreporter.write_line(
        f"defects: right {sum(each.right for each in outcomes)} of {len(outcomes)}, "
        f"false green {sum(each.false_green for each in outcomes)}, "
        f"false red {sum(each.false_red for each in outcomes)}, "
        f"cause named {sum(each.named for each in owed)} of {len(owed)}"
    )
