"""How long an experiment may take at worst: what pytest-timeout must leave it."""

import pytest

from kubechaos.faults.fault import Fault
from kubechaos.faults.pods import evict, kill, kill_container
from kubechaos.faults.workloads import rollout_restart, scale
from kubechaos.judge.recovery import Limits
from kubechaos.run.preflight import seconds
from tests.unit.stories import Story


@pytest.mark.parametrize(
    ("fault", "within", "hold", "needed"),
    [
        (kill(1), 60, 0, 65),
        (kill(1), 20, 0, 40),
        (evict(1), 5, 0, 40),
        (kill_container(1), 5, 0, 40),
        (rollout_restart(), 5, 0, 30),
        (scale(1), 60, 7, 30 + 7 + 30 + 65),
    ],
)
def test_the_longest_duration_covers_proof_hold_heal_and_recovery(
    fault: Fault, within: float, hold: float, needed: float
) -> None:
    assert seconds(fault, Limits(within, 5), hold, Story().state) == needed


def test_a_short_grace_period_shortens_a_kill_but_not_a_rollout() -> None:
    story = Story()
    for letter in "abc":
        story.change(-1, letter, grace=1.0)
    assert [seconds(fault, Limits(5, 5), 0, story.state) for fault in (kill(1), rollout_restart())] == [11, 30]
