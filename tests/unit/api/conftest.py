"""What the unit tests of `api` share."""

from pathlib import Path

import pytest

from tests.unit.api.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """An empty folder."""
    return Files(tmp_path)
