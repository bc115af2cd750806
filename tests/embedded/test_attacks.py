"""Every attack on the wire while a kill is judged: the right verdict, or `inconclusive` with the gap named."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from kubechaos.faults.pods import kill
from kubechaos.judge.outage import Outage
from kubechaos.judge.timeline import State
from kubechaos.run.experiment import Ongoing
from kubechaos.sim.wire.trouble import Wire
from tests.embedded.client import DEPLOYMENTS, PODS, Client

KINDS: Final = {"pods": "Pod", "deployments": "Deployment", "replicasets": "ReplicaSet"}


@dataclass(frozen=True)
class Attack:
    """What is done to the streams of one resource; a stream that it only delays is complete in the end."""

    name: str
    plant: Callable[[Wire, str], None]
    hole: str = ""
    """What the verdict says of the gap; "" where nothing is lost."""


def refusing(code: int, times: int = 1, retry_after: int | None = None) -> Callable[[Wire, str], None]:
    """Cut the streams, and refuse them for a while when they come back."""

    def plant(wire: Wire, resource: str) -> None:
        wire.refuse(code, retry_after=retry_after, verb="watch", resource=resource, times=times)
        wire.reset(verb="watch", resource=resource)

    return plant


ATTACKS: Final = [
    Attack(
        "410 in the stream", lambda wire, it: wire.expire(resource=it), "may be missing: .*too old resource version"
    ),
    Attack("410 on connect", refusing(410), "may be missing: .*too old resource version"),
    Attack("504", refusing(504, retry_after=0)),
    Attack("RST", lambda wire, it: wire.reset(verb="watch", resource=it)),
    Attack("EOF inside a chunk", lambda wire, it: wire.truncate(verb="watch", resource=it)),
    Attack("garbage line", lambda wire, it: wire.garbage(verb="watch", resource=it)),
    Attack("429", refusing(429, 2)),
    Attack("429 with Retry-After 3600", refusing(429, 1, 3600)),
    Attack("500 burst", refusing(500, 4)),
    Attack("403", refusing(403, 9), "stream ended: .*403.*grant it in a Role"),
]


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause but shortly: the cluster's time runs twenty times as fast as that of the pauses."""
    monkeypatch.setattr("kubechaos.observe.watch.LONGEST_PAUSE", 0.1)
    monkeypatch.setattr("kubechaos.observe.observation.CATCH_UP", 0.5)


@pytest.fixture
def steady(client: Client) -> Client:
    """A client with its streams open on a cluster in which all is well."""
    client.chaos.steady(client.web)
    return client


def judged(client: Client, during: Callable[[Ongoing], None]) -> Outage:
    """Kill a pod, and return what came of it, whether it raised or not."""
    try:
        with client.chaos.inject(kill(1), client.web, within=8) as ongoing:
            during(ongoing)
    except Exception as error:
        if getattr(error, "verdict", "") not in ("inconclusive", "not_recovered"):
            raise
    (outage,) = client.experiments.outages
    return outage


def await_recovery(ongoing: Ongoing) -> None:
    """Return once the target is all right again: inside the stable window."""
    observation = ongoing._observation
    until = observation.now() + 20

    def back(state: State) -> float:
        return state.at if state.stretch and len(state.victims) == 1 and state.victims[0].deleted else until

    observation.wait(back)
    assert observation.state.stretch is not None


def check(outage: Outage, attack: Attack, kind: str, otherwise: str, *, news: bool) -> None:
    """Hold an outage to what the attack may make of it; `news`: whether the stream had something to tell afterwards."""
    if not attack.hole:
        assert outage.verdict == otherwise
        told = {delay.kind for delay in outage.delays}
        # Where nothing was to be told, the run may be over before the stream is back.
        assert told == {kind} or (not told and not news)
        assert not outage.gaps
        return
    assert outage.verdict == "inconclusive"
    assert re.search(f"{kind} .*{attack.hole}", outage.cause), outage.cause


@pytest.mark.parametrize("resource", KINDS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_between_t0_and_the_recovery(steady: Client, attack: Attack, resource: str) -> None:
    outage = judged(steady, lambda _: attack.plant(steady.sim.wire, resource))
    check(outage, attack, KINDS[resource], "recovered", news=resource == "pods")


@pytest.mark.parametrize("resource", KINDS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_inside_the_stable_window(steady: Client, attack: Attack, resource: str) -> None:
    def during(ongoing: Ongoing) -> None:
        await_recovery(ongoing)
        attack.plant(steady.sim.wire, resource)

    check(judged(steady, during), attack, KINDS[resource], "recovered", news=False)


@pytest.mark.parametrize("resource", KINDS)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_with_a_replacement_that_never_gets_ready_it_is_never_green(
    steady: Client, attack: Attack, resource: str
) -> None:
    steady.sim.sicken("never-ready", "web", replacements=True)
    outage = judged(steady, lambda _: attack.plant(steady.sim.wire, resource))
    check(outage, attack, KINDS[resource], "not_recovered", news=resource == "pods")


@pytest.mark.parametrize("resource", KINDS)
@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.name != "403"], ids=lambda attack: attack.name)
def test_before_the_barrier_nothing_is_lost(client: Client, attack: Attack, resource: str) -> None:
    attack.plant(client.sim.wire, resource)
    client.chaos.steady(client.web)
    assert judged(client, lambda _: None).verdict == "recovered"


def silence(client: Client, resource: str) -> None:
    """Let the open streams of a resource fall silent."""
    client.sim.wire.silence(verb="watch", resource=resource)
    time.sleep(0.05)


def test_a_survivor_that_dies_unseen_inside_the_stable_window_is_not_green(steady: Client) -> None:
    def during(ongoing: Ongoing) -> None:
        await_recovery(ongoing)
        silence(steady, "pods")
        steady.sim.sicken("never-ready", "web")
        steady.send("DELETE", f"{PODS}/{ongoing._observation.state.world.active[0].name}", {})

    outage = judged(steady, during)
    assert outage.verdict == "inconclusive"
    assert re.search("Pod events between .* may be missing: the stream never told of", outage.cause)


@pytest.mark.parametrize("change", [{"replicas": 5}, {"paused": True}], ids=["scaled", "paused"])
def test_a_change_of_the_deployment_that_is_not_told_is_not_green(steady: Client, change: dict[str, object]) -> None:
    def during(_: Ongoing) -> None:
        silence(steady, "deployments")
        steady.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": change})

    outage = judged(steady, during)
    assert outage.verdict == "inconclusive"
    assert re.search("Deployment events between .* may be missing: the stream never told of web", outage.cause)


def test_silent_replica_sets_are_not_green_where_something_happened_to_them(steady: Client) -> None:
    def during(_: Ongoing) -> None:
        silence(steady, "replicasets")
        steady.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})

    outage = judged(steady, during)
    assert outage.verdict == "inconclusive"
    assert "ReplicaSet events between" in outage.cause


def test_a_stream_that_was_silent_before_the_fault_lets_nothing_be_touched(steady: Client) -> None:
    silence(steady, "deployments")
    steady.send("PATCH", f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"a": "b"}}})
    before = set(steady.names())
    with pytest.raises(Exception, match="Deployment events may be missing, so nothing was touched"):
        steady.chaos.run(kill(1), steady.web)
    assert set(steady.names()) == before
    assert steady.experiments.verdicts == ["inconclusive"]
