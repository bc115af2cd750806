"""What the planted defects share, and the count of what was made of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.defects.count import Count
from tests.defects.scene import Scene
from tests.real.turns import pytest_configure as take_turns


def pytest_configure(config: pytest.Config) -> None:
    """Run on the dev cluster only, and count."""
    take_turns(config)
    config.pluginmanager.register(Count())


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A namespace of the case's own; gone when the case is."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.callspec.id.lower()).strip("-")
    scene = Scene(name[:50].strip("-"), tmp_path)
    yield scene
    scene.remove()
