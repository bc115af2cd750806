"""A heal comes first, whatever else goes wrong, and puts back only what is ours."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubechaos import InconclusiveError, RefusedError, kill, scale
from kubechaos.errors import ArtifactsError, FaultError, ForbiddenError, InterruptedOutage, TimeoutTooShortError
from kubechaos.judge.alerts import AlertRule, Moment
from kubechaos.observe.switching import QUICK
from kubechaos.records import Failed
from kubesim import Simulation
from tests.embedded.client import DEPLOYMENTS, Client
from tests.embedded.shop import deployment, service


class Rule:
    """A user's rule that raises once it has been broken."""

    def __init__(self) -> None:
        self.broken = False

    def __call__(self, moment: Moment) -> bool:
        """Look, or raise."""
        assert not self.broken, "broken"
        return False


@pytest.fixture
def rule() -> Rule:
    """The rule of the client's test."""
    return Rule()


@pytest.fixture
def client(sim: Simulation, tmp_path: Path, rule: Rule) -> Iterator[Client]:
    """Our own client with a rule of the user's; the test may take 10 s, which are 200 of the cluster's."""
    sim.apply(service())
    sim.apply(deployment())
    client = Client(sim, tmp_path, rules=[AlertRule("Mine", rule)], left=lambda: 10)
    yield client
    client.close()


def replicas(client: Client) -> int:
    """How many the target wants."""
    wanted: int = client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"]
    return wanted


def test_an_alert_rule_that_raises_while_healing_does_not_keep_us_from_it(client: Client, rule: Rule) -> None:
    def begun() -> None:
        client.sim.settle()
        client.observation.catch_up()
        rule.broken = True

    with pytest.raises(FaultError, match="broken"), client.chaos.inject(scale(1), client.web):
        begun()
    assert replicas(client) == 3
    assert client.experiments.verdicts == ["interrupted"]


def test_a_target_that_was_made_again_is_not_ours_to_put_back(client: Client) -> None:
    def replace() -> None:
        client.send("DELETE", f"{DEPLOYMENTS}/web", {})
        client.sim.apply(deployment(replicas=1))

    with pytest.raises(InconclusiveError, match="deleted by somebody"), client.chaos.inject(scale(1), client.web):
        replace()
    assert replicas(client) == 1


def test_targets_that_differ_in_probes_only_are_one_target_in_streams_of_their_own(client: Client) -> None:
    probed = client.web.steady_when(lambda: None)
    client.chaos.run(kill(1), client.web)
    with pytest.raises(RefusedError, match="one at a time"), client.chaos.inject(kill(1), client.web):
        client.chaos.run(kill(1), probed)
    client.chaos.run(kill(1), probed)
    client.close()
    lines = (client.experiments.artifacts.folder / "events.ndjson").read_text().splitlines()
    streams = {line.partition('"stream":"')[2].partition('"')[0] for line in lines} - {""}
    assert streams == {"default/deployment/web", "default/deployment/web #2"}


def test_threads_are_switched_quickly_only_while_an_experiment_runs(client: Client) -> None:
    before = sys.getswitchinterval()
    with client.chaos.inject(kill(1), client.web):
        assert sys.getswitchinterval() == pytest.approx(QUICK)
    assert sys.getswitchinterval() == before
    with pytest.raises(ZeroDivisionError), client.chaos.inject(kill(1), client.web):
        _ = 1 / 0
    assert sys.getswitchinterval() == before


def test_a_timeout_must_leave_time_for_the_effect_the_hold_and_the_heal(client: Client) -> None:
    with pytest.raises(TimeoutTooShortError, match="nothing was touched"):
        client.chaos.run(scale(1), client.web, hold=130)
    assert replicas(client) == 3


def test_what_was_never_left_is_healed_whatever_cannot_be_written_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sim.apply(deployment("db"))
    targets = [client.web, client.cluster.deployment("db")]
    left = [client.chaos.inject(scale(1), target) for target in targets]
    for each in left:
        each.__enter__()

    def full(*_: object) -> None:
        raise ArtifactsError("no space left on device")

    monkeypatch.setattr(client.experiments.artifacts, "record", full)
    client.experiments.close()
    assert [client.get(f"{DEPLOYMENTS}/{name}")["spec"]["replicas"] for name in ("web", "db")] == [3, 3]
    assert {"no space left on device"} < {str(error) for error in client.experiments.failures.errors}


def test_a_disk_that_is_full_in_the_middle_is_an_interruption_and_not_a_refusal(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ArtifactsError("no space left on device")

    with pytest.raises(ArtifactsError, match="no space left"), client.chaos.inject(scale(1), client.web):
        monkeypatch.setattr(client.experiments.artifacts, "record", full)
    assert replicas(client) == 3
    assert set(client.experiments.verdicts) == {"interrupted"}


def test_a_stream_that_fails_as_well_does_not_hide_an_interruption(client: Client) -> None:
    def interrupted() -> None:
        observation = client.observation
        for kind in ("Pod", "ReplicaSet"):
            observation.put(Failed(observation.now(), kind, ForbiddenError("no longer")))
        raise InterruptedOutage("interrupted by SIGINT")

    with pytest.raises(InterruptedOutage), client.chaos.inject(kill(1), client.web):
        interrupted()
    assert [outage.verdict for outage in client.experiments.outages] == ["interrupted"]
