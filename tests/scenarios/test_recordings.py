"""Every scenario on the embedded cluster: what each object goes through, a real one was seen to go through."""

import pytest

from tests.scenarios.catalogue import SCENARIOS
from tests.scenarios.embedded import rehearse
from tests.scenarios.held import hold


@pytest.mark.parametrize("title", SCENARIOS)
def test_every_object_goes_through_what_a_real_one_went_through(title: str) -> None:
    held = hold(title, rehearse(title))
    assert not held.differences, "\n".join(map(str, held.differences))
