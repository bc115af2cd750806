"""Network faults, through our own client: what it survives, and what it says of the rest."""

import asyncio
import contextlib
import json

import pytest

from kubechaos.errors import (
    ApiError,
    FaultNotProvenError,
    InconclusiveError,
    MalformedError,
    UnauthorizedError,
    UnreachableError,
)
from kubechaos.faults.pods import kill
from kubechaos.judge.outage import Outage
from tests.embedded.client import DEPLOYMENTS, PODS, Client


@pytest.fixture
def steady(client: Client) -> Client:
    """A client with its streams open on a cluster in which all is well."""
    client.chaos.steady(client.web)
    return client


def kill_with(client: Client, name: str) -> Outage:
    """Kill a pod and disturb the streams of pods while it recovers."""
    options = {"expire": {}, "slow": {"verb": "watch", "seconds": 0.05}}.get(name, {"verb": "watch"})
    with client.chaos.inject(kill(1), client.web) as ongoing:
        getattr(client.sim.network, name)(resource="pods", **options)
    return ongoing.outage


@pytest.mark.parametrize("name", ["reset", "truncate", "garbage"])
def test_a_broken_stream_is_resumed_and_only_late(steady: Client, name: str) -> None:
    outage = kill_with(steady, name)
    assert outage.verdict == "recovered"
    assert [delay.kind for delay in outage.delays] == ["Pod"]
    assert not outage.gaps


def test_a_stream_that_expired_is_a_gap_and_no_verdict(steady: Client) -> None:
    with pytest.raises(InconclusiveError, match=r"Pod events between .* may be missing: .*too old resource version"):
        kill_with(steady, "expire")


@pytest.mark.parametrize("name", ["silence", "slow"])
def test_a_stream_that_fell_silent_or_trickles_is_found_out_by_the_fresh_listing(
    steady: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("kubechaos.observe.observation.CATCH_UP", 0.2)
    with pytest.raises(InconclusiveError, match="the stream never showed"):
        kill_with(steady, name)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_slow_stream_delivers_byte_by_byte_and_everything(
    client: Client, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    pause, network, paused = 0.000123, client.sim.network, 0
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        nonlocal paused
        paused += seconds == pause
        await sleep(0 if seconds == pause else seconds)

    monkeypatch.setattr(asyncio, "sleep", counted)
    query = {"watch": "1", "resourceVersion": client.get(DEPLOYMENTS)["metadata"]["resourceVersion"]}
    with contextlib.ExitStack() as stack:
        if not is_open:
            network.slow(pause, verb="watch", resource="deployments")
        own = client.transport.fork()
        stack.callback(own.close)
        stream = stack.enter_context(own.stream(DEPLOYMENTS, query))
        if is_open:
            network.slow(pause, verb="watch", resource="deployments")
        client.send("PATCH", f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"tint": "red"}}})
        line = next(each for each in stream if b'"tint":"red"' in each)
        assert paused >= len(line)
    assert json.loads(line)["object"]["metadata"]["name"] == "web"


@pytest.mark.parametrize("code", [429, 500, 504, 410])
def test_a_listing_that_is_refused_for_now_is_asked_for_again(client: Client, code: int) -> None:
    client.sim.network.refuse(code, retry_after=0 if code in (429, 504) else None, verb="list", resource="pods")
    assert client.chaos.steady(client.web) is client.web


def test_a_watch_that_is_refused_for_now_is_opened_again(client: Client) -> None:
    client.sim.network.refuse(429, retry_after=0, verb="watch")
    client.sim.network.refuse(500, verb="watch", resource="pods")
    assert client.chaos.run(kill(1), client.web).verdict == "recovered"


@pytest.mark.parametrize(
    ("name", "error"),
    [("reset", UnreachableError), ("truncate", UnreachableError), ("garbage", MalformedError)],
)
def test_a_spoiled_answer_is_an_error_in_our_own_words(client: Client, name: str, error: type[Exception]) -> None:
    getattr(client.sim.network, name)(verb="list", resource="pods")
    with pytest.raises(error):
        client.transport.get(PODS) if name != "garbage" else client.chaos.steady(client.web)
    assert client.names()


def test_silence_and_slow_bytes_end_at_the_deadline(client: Client) -> None:
    client.sim.network.silence(verb="list", resource="pods")
    client.sim.network.slow(0.02, verb="list", resource="pods")
    for _ in range(2):
        with pytest.raises(UnreachableError):
            client.transport.get(PODS, deadline=0.2)


def test_a_delayed_answer_comes_later(client: Client) -> None:
    client.sim.network.delay(0.3, verb="list", resource="pods")
    with pytest.raises(UnreachableError):
        client.transport.get(PODS, deadline=0.1)


def test_a_refusal_says_when_to_come_back(client: Client) -> None:
    client.sim.network.refuse(429, retry_after=7, verb="list", resource="pods")
    with pytest.raises(ApiError, match="429") as caught:
        client.get(PODS)
    assert caught.value.retry_after == 7


def test_a_kill_that_never_arrived_is_not_proven(steady: Client) -> None:
    steady.sim.network.reset(verb="delete")
    with pytest.raises(FaultNotProvenError, match="was asked to go, but neither its end nor that of its containers"):
        steady.chaos.run(kill(1), steady.web)


def test_a_kill_whose_answer_was_lost_is_proven_by_what_is_seen(steady: Client) -> None:
    steady.sim.network.reset(verb="delete", after=True)
    assert steady.chaos.run(kill(1), steady.web).verdict == "recovered"


def test_an_expired_token_ends_the_observation(steady: Client) -> None:
    with pytest.raises(InconclusiveError, match="401"), steady.chaos.inject(kill(1), steady.web):
        steady.sim.network.expire_token()
    with pytest.raises(UnauthorizedError):
        steady.get(PODS)
    steady.sim.network.expire_token(expired=False)
    assert steady.names()


def test_a_fault_happens_as_often_as_queued_and_can_be_removed(client: Client) -> None:
    client.sim.network.refuse(500, verb="list", resource="pods", times=None)
    for _ in range(3):
        with pytest.raises(ApiError, match="500"):
            client.get(PODS)
    client.sim.network.clear()
    assert client.names()
