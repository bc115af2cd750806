"""Somebody else acts when the target was found steady, and before the fault has begun."""

from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

import pytest

from kubechaos import kill, rollout_restart, scale
from kubechaos.errors import RefusedError
from kubechaos.faults.fault import Fault
from kubesim import Simulation
from tests.embedded.client import DEPLOYMENTS, PODS, Client
from tests.embedded.shop import deployment


@pytest.fixture
def changed(sim: Simulation, tmp_path: Path) -> Iterator[tuple[Client, list[Callable[[], object]]]]:
    """A client, and what somebody else does when the target was found steady and before the fault begins."""
    then: list[Callable[[], object]] = []
    asked: list[int] = []

    def left() -> float:
        asked.append(1)
        # The time is asked for before the target is waited for, and once more after that.
        if len(asked) == 2:
            for each in then:
                each()
        return inf

    sim.apply(deployment())
    client = Client(sim, tmp_path, left=left)
    yield client, then
    client.close()


@pytest.mark.parametrize("fault", [scale(2), scale(0), rollout_restart(), kill(1)], ids=repr)
def test_a_target_that_somebody_changes_after_it_was_found_steady_is_refused_and_left_alone(
    changed: tuple[Client, list[Callable[[], object]]], fault: Fault
) -> None:
    client, then = changed

    def scale_down() -> None:
        client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 1}})
        client.observation.wait(lambda state: state.at if state.target.wanted == 1 else state.at + 60)

    then.append(scale_down)
    with pytest.raises(RefusedError, match="was changed by somebody else after it was found steady; nothing was done"):
        client.chaos.run(fault, client.web, hold=1 if fault.name == "scale" else None)
    assert client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 1
    assert client.experiments.outages == []


def test_so_is_one_that_loses_a_pod(changed: tuple[Client, list[Callable[[], object]]]) -> None:
    client, then = changed

    def delete() -> None:
        client.send("DELETE", f"{PODS}/{client.names()[0]}", {"gracePeriodSeconds": 0})
        client.observation.wait(lambda state: state.at if state.health.ready < 3 else state.at + 60)

    then.append(delete)
    with pytest.raises(RefusedError, match=r"was found steady, and is not any more: 2 of 3 pods"):
        client.chaos.run(kill(1), client.web)
    assert client.experiments.outages == []


def test_what_the_stream_has_not_shown_yet_is_seen_before_the_write(
    changed: tuple[Client, list[Callable[[], object]]],
) -> None:
    client, then = changed

    def unseen() -> None:
        client.sim.network.silence(verb="watch", resource="deployments")
        client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 1}})

    then.append(unseen)
    with pytest.raises(RefusedError, match="was changed by somebody else just before us; nothing was touched"):
        client.chaos.run(rollout_restart(), client.web)
