"""Every attack on the network while a kill is judged: the right verdict, or `inconclusive` with the gap named."""

import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final, TypeAlias

import pytest

from kubechaos.errors import ChaosError, InconclusiveError, NotRecoveredError
from kubechaos.faults.pods import kill
from kubechaos.judge.outage import Outage
from kubechaos.judge.state import State
from kubechaos.run.ongoing import Ongoing
from kubesim.http.network_faults import NetworkFaults
from tests.embedded.client import DEPLOYMENTS, PODS, Client

When: TypeAlias = "Callable[[Client, Attack, str], Callable[[Ongoing], None]]"
KINDS: Final = {"pods": "Pod", "deployments": "Deployment", "replicasets": "ReplicaSet"}


@dataclass(frozen=True)
class Attack:
    """What is done to the streams of one resource, and what the cause says of it; "" where nothing is lost."""

    name: str
    queue: Callable[[NetworkFaults, str], None]
    cause: str = ""


def refusing(code: int, times: int = 1, retry_after: int | None = None) -> Callable[[NetworkFaults, str], None]:
    """Cut the streams, and refuse them for a while when they come back."""

    def queue(network: NetworkFaults, resource: str) -> None:
        network.refuse(code, retry_after=retry_after, verb="watch", resource=resource, times=times)
        network.reset(verb="watch", resource=resource)

    return queue


DELAYING: Final = [
    Attack("504", refusing(504, retry_after=0)),
    Attack("RST", lambda network, it: network.reset(verb="watch", resource=it)),
    Attack("EOF inside a chunk", lambda network, it: network.truncate(verb="watch", resource=it)),
    Attack("garbage line", lambda network, it: network.garbage(verb="watch", resource=it)),
    Attack("429", refusing(429, 2)),
    Attack("429 with Retry-After 3600", refusing(429, 1, 3600)),
    Attack("500 burst", refusing(500, 4)),
]
"""After these a stream goes on where it was: complete in the end."""
LOSING: Final = [
    Attack(
        "410 in the stream",
        lambda network, it: network.expire(resource=it),
        "may be missing: .*too old resource version",
    ),
    Attack("410 on connect", refusing(410), "may be missing: .*too old resource version"),
]
"""After these nobody knows what happened meanwhile."""
ENDING: Final = Attack("403", refusing(403, 9), "stream ended: .*403.*grant it in a Role")
"""After this a stream does not come back."""

delaying = pytest.mark.parametrize("attack", DELAYING, ids=lambda attack: attack.name)
fatal = pytest.mark.parametrize("attack", [*LOSING, ENDING], ids=lambda attack: attack.name)
on_each_stream = pytest.mark.parametrize("resource", KINDS)


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause but shortly: the cluster's time runs twenty times as fast as that of the pauses."""
    monkeypatch.setattr("kubechaos.observe.watch.LONGEST_PAUSE", 0.02)
    monkeypatch.setattr("kubechaos.observe.observation.CATCH_UP", 0.5)


@pytest.fixture
def steady(client: Client) -> Client:
    """A client with its streams open on a cluster in which all is well."""
    client.chaos.steady(client.web)
    return client


def judged(client: Client, during: Callable[[Ongoing], None], error: type[ChaosError] | None = None) -> Outage:
    """Kill a pod, and return what came of it; `error` is what must be raised for it, None: nothing."""
    # What recovers has room for a busy machine; what never does is not waited for so long.
    within = 8 if error is NotRecoveredError else 60
    raising = pytest.raises(error) if error else nullcontext()
    with raising, client.chaos.inject(kill(1), client.web, within=within) as block:
        during(block)
    (outage,) = client.experiments.outages
    return outage


def await_state(client: Client, there: Callable[[State], bool]) -> None:
    """Return once it is so, as it must be within 20 s of the cluster's time."""
    observation = client.observation
    until = observation.now() + 20
    observation.wait(lambda state: state.at if there(state) else until)
    assert there(observation.state)


def await_recovery(client: Client) -> None:
    """Return once the target is all right again: inside the stable window."""
    await_state(client, lambda it: it.stable_since is not None and len(it.victims) == 1 and bool(it.victims[0].deleted))


def attacked(client: Client, attack: Attack, resource: str) -> Callable[[Ongoing], None]:
    """Attack the streams of a resource, and wait until the attack has been noticed; raises what ends a stream."""

    def during(_: Ongoing) -> None:
        attack.queue(client.sim.network, resource)
        await_state(client, lambda state: KINDS[resource] in {gap.kind for gap in (*state.delays, *state.gaps)})

    return during


def attacked_once_recovered(client: Client, attack: Attack, resource: str) -> Callable[[Ongoing], None]:
    """Attack the streams inside the stable window."""

    def during(ongoing: Ongoing) -> None:
        await_recovery(client)
        attacked(client, attack, resource)(ongoing)

    return during


def check_complete(outage: Outage, resource: str) -> None:
    """Nothing was lost, and what came late is said to have."""
    assert {delay.kind for delay in outage.delays} == {KINDS[resource]}
    assert outage.gaps == ()


def check_lost(outage: Outage, attack: Attack, resource: str) -> None:
    """No verdict on the target, and the cause says which stream and why."""
    assert outage.verdict == "inconclusive"
    assert re.search(f"{KINDS[resource]} .*{attack.cause}", outage.cause), outage.cause


WHEN: Final = pytest.mark.parametrize("when", [attacked, attacked_once_recovered], ids=["at once", "once recovered"])


@on_each_stream
@delaying
@WHEN
def test_a_stream_that_was_delayed_leaves_a_recovery_one(
    steady: Client, attack: Attack, resource: str, when: When
) -> None:
    outage = judged(steady, when(steady, attack, resource))
    assert outage.verdict == "recovered"
    check_complete(outage, resource)


@on_each_stream
@fatal
@WHEN
def test_a_stream_that_lost_something_lets_nothing_be_called_a_recovery(
    steady: Client, attack: Attack, resource: str, when: When
) -> None:
    check_lost(judged(steady, when(steady, attack, resource), InconclusiveError), attack, resource)


@on_each_stream
@delaying
def test_a_replacement_that_never_gets_ready_is_no_recovery_by_a_stream_that_was_delayed(
    steady: Client, attack: Attack, resource: str
) -> None:
    steady.sim.inject("never-ready", "web", replacements=True)
    outage = judged(steady, attacked(steady, attack, resource), NotRecoveredError)
    assert outage.verdict == "not_recovered"
    check_complete(outage, resource)


@on_each_stream
@fatal
def test_a_replacement_that_never_gets_ready_is_inconclusive_where_something_was_lost(
    steady: Client, attack: Attack, resource: str
) -> None:
    steady.sim.inject("never-ready", "web", replacements=True)
    check_lost(judged(steady, attacked(steady, attack, resource), InconclusiveError), attack, resource)


@on_each_stream
@pytest.mark.parametrize("attack", [*DELAYING, *LOSING], ids=lambda attack: attack.name)
def test_before_the_barrier_nothing_is_lost(client: Client, attack: Attack, resource: str) -> None:
    attack.queue(client.sim.network, resource)
    client.chaos.steady(client.web)
    outage = judged(client, lambda _: None)
    assert outage.verdict == "recovered"
    assert outage.gaps == ()


def silence(client: Client, resource: str) -> None:
    """Let the open streams of a resource fall silent."""
    client.sim.network.silence(verb="watch", resource=resource)
    time.sleep(0.05)


def test_a_survivor_that_dies_unseen_inside_the_stable_window_is_not_green(steady: Client) -> None:
    def during(_: Ongoing) -> None:
        await_recovery(steady)
        silence(steady, "pods")
        steady.sim.inject("never-ready", "web")
        steady.send("DELETE", f"{PODS}/{steady.observation.state.target.active[0].name}", {})

    outage = judged(steady, during, InconclusiveError)
    assert outage.verdict == "inconclusive"
    assert re.search("Pod events between .* may be missing: the stream never showed", outage.cause)


@pytest.mark.parametrize("change", [{"replicas": 5}, {"paused": True}], ids=["scaled", "paused"])
def test_a_change_of_the_deployment_that_no_event_shows_does_not_pass(
    steady: Client, change: dict[str, object]
) -> None:
    def during(_: Ongoing) -> None:
        silence(steady, "deployments")
        steady.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": change})

    outage = judged(steady, during, InconclusiveError)
    assert outage.verdict == "inconclusive"
    assert re.search("Deployment events between .* may be missing: the stream never showed web", outage.cause)


def test_silent_replica_sets_are_not_green_where_something_happened_to_them(steady: Client) -> None:
    def during(_: Ongoing) -> None:
        silence(steady, "replicasets")
        steady.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})

    outage = judged(steady, during, InconclusiveError)
    assert outage.verdict == "inconclusive"
    assert "ReplicaSet events between" in outage.cause


def test_a_stream_that_was_silent_before_the_fault_lets_nothing_be_touched(steady: Client) -> None:
    silence(steady, "deployments")
    steady.send("PATCH", f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"a": "b"}}})
    before = set(steady.names())
    with pytest.raises(InconclusiveError, match="Deployment events may be missing, so nothing was touched"):
        steady.chaos.run(kill(1), steady.web)
    assert set(steady.names()) == before
    assert steady.experiments.verdicts == ["inconclusive"]
