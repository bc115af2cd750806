"""The steps of a test's experiments where they do not go their usual way."""

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from kubechaos import (
    Act,
    EvictionBlockedError,
    FaultNotProvenError,
    InterruptedOutage,
    NotRecoveredError,
    NotSteadyError,
    Ref,
    Target,
    evict,
    fault,
    kill,
    rollout_restart,
    scale,
)
from kubechaos.api.mutate import send
from kubechaos.effects import PodCount, PodsGone
from kubechaos.errors import ApiError, ArgumentError, ForbiddenError, RefusedError
from kubechaos.records import Lasts
from tests.embedded.client import DEPLOYMENTS, PODS, Client
from tests.embedded.shop import budget, deployment


@pytest.fixture
def other(client: Client) -> Target:
    """A second workload beside `web`."""
    client.sim.apply(deployment("other"))
    return client.cluster.deployment("other")


def test_an_eviction_of_another_target_that_is_blocked_inside_of_a_block_interrupts_the_outer_one(
    client: Client, other: Target
) -> None:
    client.sim.apply(budget("other", "other", maxUnavailable=0))
    with pytest.raises(EvictionBlockedError), client.chaos.inject(kill("all"), client.web):
        client.chaos.run(evict(1), other)
    inner, outer = client.experiments.outages
    assert (inner.verdict, outer.verdict, outer.cause_code) == ("blocked", "interrupted", "DisruptionBudget")
    # It may be expected for the inner one, and cannot be excused for the outer one.
    assert client.experiments.failures.verdicts == ["blocked", "interrupted"]
    assert len(client.experiments.failures.inexcusable) == 1


def test_another_target_that_does_not_recover_inside_of_a_block_interrupts_the_outer_one(
    client: Client, other: Target
) -> None:
    with pytest.raises(NotRecoveredError), client.chaos.inject(kill(1), client.web):
        client.chaos.run(kill(1), other, within=0)
    assert [outage.verdict for outage in client.experiments.outages] == ["not_recovered", "interrupted"]


def test_another_target_that_is_not_steady_inside_of_a_block_interrupts_the_outer_one(client: Client) -> None:
    missing = client.cluster.deployment("missing")
    with pytest.raises(RefusedError, match="missing"), client.chaos.inject(kill(1), client.web):
        client.chaos.run(kill(1), missing)
    assert [outage.verdict for outage in client.experiments.outages] == ["interrupted"]


def test_a_wrong_argument_inside_of_a_block_is_an_interruption_as_something_was_done(client: Client) -> None:
    with pytest.raises(ArgumentError), client.chaos.inject(kill(1), client.web):
        scale(-1)
    assert client.experiments.outages[0].verdict == "interrupted"


def test_a_deletion_that_a_policy_denies_is_refused_and_names_it(client: Client) -> None:
    client.sim.network.refuse(403, verb="delete", resource="pods")
    with pytest.raises(ForbiddenError, match="403"):
        client.chaos.run(kill(1), client.web)
    assert [outage.verdict for outage in client.experiments.outages] == ["refused"]
    assert len(client.names()) == 3


def test_a_second_deletion_that_is_denied_is_an_interruption_as_the_first_was_done(client: Client) -> None:
    @fault(effect=PodsGone(), lasts=Lasts.INSTANT, needs=[("delete", "pods")])
    def two(act: Act, target: Target) -> None:
        first, second = act.choose(2)
        act.delete(first)
        client.sim.network.refuse(403, verb="delete", resource="pods")
        act.delete(second)

    with pytest.raises(ApiError, match="403"):
        client.chaos.run(two(), client.web)
    assert [outage.verdict for outage in client.experiments.outages] == ["interrupted"]


@pytest.mark.parametrize("effect", [PodsGone(), PodCount(3)])
def test_a_fault_that_writes_nothing_is_not_proven(client: Client, effect: PodsGone | PodCount) -> None:
    @fault(effect=effect, lasts=Lasts.INSTANT, needs=[])
    def forgetful(act: Act, target: Target) -> None:
        act.choose(1)

    with pytest.raises(FaultNotProvenError, match="has written nothing"):
        client.chaos.run(forgetful(), client.web)


def test_a_block_is_entered_once(client: Client) -> None:
    block = client.chaos.inject(kill(1), client.web)
    with block:
        pass
    with pytest.raises(ArgumentError, match="for another one write another"), block:
        pass


def test_nothing_is_done_for_a_test_that_has_ended(client: Client) -> None:
    client.chaos.steady(client.web)
    client.experiments.close()
    for late in (partial(client.chaos.steady, client.web), partial(client.chaos.run, kill(1), client.web)):
        with pytest.raises(RefusedError, match="has ended"):
            late()


def test_a_write_of_a_thread_that_is_under_way_when_the_test_ends_is_undone(client: Client) -> None:
    client.chaos.steady(client.web)
    client.sim.network.delay(0.5, verb="patch", resource="deployments")
    raised: list[BaseException] = []

    def late() -> None:
        try:
            client.chaos.run(scale(1), client.web, hold=60)
        except BaseException as error:  # noqa: BLE001  # looked at below
            raised.append(error)

    thread = threading.Thread(target=late)
    thread.start()
    _wait_until_written(client)
    client.experiments.close()
    assert client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 3
    assert client.experiments.outages[0].verdict == "interrupted"
    thread.join(30)
    assert not thread.is_alive()
    assert client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 3
    assert raised


def _wait_until_written(client: Client) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        experiment = client.observation.state.experiment
        if experiment is not None and experiment.t0 < float("inf"):
            return
        time.sleep(0.01)
    raise AssertionError("the thread has written nothing")


def test_an_interruption_says_what_was_put_back(client: Client) -> None:
    with pytest.raises(InterruptedOutage) as raised, client.chaos.inject(scale(1), client.web):
        raise InterruptedOutage("interrupted by SIGINT")
    assert any("interrupted by SIGINT; put back: deployment/web" in note for note in raised.value.__notes__)


def test_a_target_that_changes_while_it_is_confirmed_is_waited_for(client: Client) -> None:
    client.chaos.steady(client.web)
    client.sim.network.delay(0.4, verb="list", resource="deployments")
    name = client.names()[0]
    # A connection belongs to one thread at a time.
    own = client.transport.fork()
    somebody = threading.Timer(0.2, send, [own, "DELETE", f"{PODS}/{name}", {}])
    somebody.start()
    client.chaos.steady(client.web)
    somebody.join()
    own.close()
    assert name not in client.names()


def test_a_target_that_an_earlier_test_has_waited_for_in_vain_is_only_looked_at_shortly(client: Client) -> None:
    client.chaos.steady(client.web)
    client.sim.inject("never-ready", "web")
    client.send("DELETE", f"{PODS}/{client.names()[0]}", {})
    given_up: set[Ref] = set()
    waited = []
    for number, said in enumerate(("was not steady in 20 s", "still not steady, as in an earlier test")):
        test = Client(client.sim, client.experiments.artifacts.folder / str(number), settle=20, given_up=given_up)
        began = client.sim.clock.now()
        with pytest.raises(NotSteadyError, match=said):
            test.chaos.steady(test.web)
        waited.append(client.sim.clock.now() - began)
        test.close()
    assert waited[0] >= 20
    assert waited[1] < waited[0] / 2


def test_a_target_that_an_earlier_test_has_waited_for_in_vain_may_be_healthy_by_now(client: Client) -> None:
    client.chaos.steady(client.web)
    again = Client(client.sim, client.experiments.artifacts.folder / "again", given_up={client.web.ref})
    assert again.chaos.run(kill(1), again.web).verdict == "recovered"
    again.close()


def test_a_paused_deployment_still_replaces_its_pods(client: Client) -> None:
    client.chaos.steady(client.web)
    client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"paused": True}})
    assert client.chaos.run(kill(1), client.web).verdict == "recovered"


def test_a_rollout_of_a_paused_deployment_is_refused_at_once(client: Client) -> None:
    client.chaos.steady(client.web)
    client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"paused": True}})
    client.sim.settle()
    with pytest.raises(RefusedError, match="kubectl rollout resume deployment/web"):
        client.chaos.run(rollout_restart(), client.web)
    assert client.experiments.outages == []


async def coroutine() -> None:
    raise AssertionError("down all the time")


def generator() -> Iterator[None]:
    raise AssertionError("down all the time")
    yield


class Calls:
    async def __call__(self) -> None:
        raise AssertionError("down all the time")


@pytest.mark.parametrize("probe", [coroutine, generator, partial(coroutine), Calls(), Calls, "url"])
def test_a_probe_that_a_call_would_not_run_is_refused(client: Client, probe: object) -> None:
    with pytest.raises(ArgumentError, match=r"a probe is|would not run it"):
        client.web.steady_when(probe)  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("returned", [coroutine, generator, lambda: coroutine, lambda: False])
def test_a_probe_that_returns_what_nobody_runs_or_false_has_failed(client: Client, returned: object) -> None:
    def probe() -> object:
        return returned()  # type: ignore[operator]  # what is tested

    client.sim.settle()
    quick = Client(client.sim, client.experiments.artifacts.folder / "quick", settle=3)
    try:
        with pytest.raises(NotSteadyError, match="it returned"):
            quick.chaos.steady(quick.web.steady_when(probe))
    finally:
        quick.close()


def test_a_fault_that_a_call_would_not_run_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ArgumentError, match="would not run it"):

        @fault(effect=PodsGone(), lasts=Lasts.INSTANT, needs=[("delete", "pods")])
        async def asynchronous(act: Act, target: Target) -> None:
            act.choose(1)
