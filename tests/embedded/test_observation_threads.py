"""What other threads fold beside a mark of ours belongs to the experiment only where it came between its two ends."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from kubechaos import kill
from kubechaos.observe.observation import Observation
from kubechaos.records import Begun, Ended, Failed, Record, Seen
from tests.embedded.client import Client


@pytest.fixture
def observation(client: Client) -> Observation:
    """The observation of the target, which is steady."""
    client.chaos.steady(client.web)
    return client.observation


def pod_changes(observation: Observation, at: float, *, ready: bool) -> None:
    """There is another version of a pod of the target."""
    pod = observation.state.target.active[0]
    version = str(int(pod.resource_version) + 1)
    Observation.put(observation, Seen(at, replace(pod, ready=ready, resource_version=version)))


def beside(observation: Observation, kind: type[Record], deed: Callable[[Record], None], *, first: bool) -> None:
    """Do something right before or right after the first record of this kind is folded, as another thread may."""
    put, done = observation.put, []

    def racing(record: Record | Failed) -> object:
        ours = isinstance(record, kind) and not done
        if ours and first:
            done.append(deed(record))
        state = put(record)
        if ours and not first:
            done.append(deed(record))
        return state

    observation.put = racing  # type: ignore[method-assign,assignment]


def test_what_comes_right_after_the_end_changes_nothing(client: Client, observation: Observation) -> None:
    beside(observation, Ended, lambda end: pod_changes(observation, end.at, ready=False), first=False)
    outage = client.chaos.run(kill(1), client.web)
    assert (outage.verdict, outage.alerts.all[-1].name) == ("recovered", "RecoveryComplete")


def test_what_comes_right_before_an_experiment_does_not_belong_to_the_one_before(
    client: Client, observation: Observation
) -> None:
    client.chaos.run(kill(1), client.web)
    beside(observation, Begun, lambda begun: pod_changes(observation, begun.at, ready=True), first=True)
    outage = client.chaos.run(kill(1), client.web)
    assert (outage.verdict, outage.alerts.all[-1].name) == ("recovered", "RecoveryComplete")
