"""A kill through our own client."""

from collections.abc import Sequence
from random import Random

import pytest

from kubechaos.faults.fault import Fault
from kubechaos.faults.pods import kill
from kubechaos.kube.objects import Pod
from tests.embedded.client import Client


@pytest.mark.parametrize("fault", [kill(1), kill(1, force=True), kill("50%"), kill("all")], ids=repr)
def test_a_kill_is_recovered(client: Client, fault: Fault) -> None:
    outage = client.chaos.run(fault, client.web)
    assert outage.verdict == "recovered"
    # The status of the Deployment may follow the last pod.
    assert 0.3 < max(added.ready for added in outage.phases.added) <= outage.recovery_time
    assert all(removed.gone is not None for removed in outage.phases.removed)


def test_time_is_measured_on_the_clock_of_the_simulation(client: Client) -> None:
    outage = client.chaos.run(kill(1), client.web)
    (added,) = outage.phases.added
    assert added.ready is not None
    assert added.started is not None
    assert 0.4 < added.started <= added.ready


def test_two_kills_follow_one_another(client: Client) -> None:
    assert [client.chaos.run(kill(1), client.web).verdict for _ in range(2)] == ["recovered", "recovered"]


def test_chance_is_of_the_seed_the_test_and_how_many_experiments_it_has_had(client: Client) -> None:
    """As the report names them, so that a rerun picks the same: here seed 7 of a test called `test`."""
    drawn: list[float] = []

    def first(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
        drawn.append(chance.random())
        return pods[:1]

    for _ in range(2):
        client.chaos.run(kill(first), client.web)
    assert drawn == [0.24338250767764757, 0.0225896356613432]
