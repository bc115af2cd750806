"""The write path and the heal loop where answers are lost, altered or not the API server's."""

import json
from typing import Any

import pytest

from kubechaos import FaultNotProvenError, rollout_restart, scale
from kubechaos.act import write
from kubechaos.changes import Edit, Patched
from kubechaos.errors import NotHealedError
from kubechaos.kube import decode
from kubechaos.kube.objects import Ref
from kubechaos.records import Answered, Intended, Record
from tests.embedded.client import DEPLOYMENTS, Client


def replicas(client: Client) -> int:
    """How many replicas the workload wants."""
    wanted: int = client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"]
    return wanted


def recorded(client: Client) -> list[dict[str, Any]]:
    """What was recorded so far."""
    lines = (client.experiments.artifacts.folder / "events.ndjson").read_text().splitlines()
    return [json.loads(line) for line in lines]


def altered(monkeypatch: pytest.MonkeyPatch, *, times: int = 100, **spec: Any) -> None:
    """Let an admission policy alter so many changes of a workload before they are stored: the answer is a 200."""
    send, left = write.mutate.send, iter(range(times))

    def sent(client: Any, method: str, path: str, body: Any, **options: Any) -> bytes:
        if method == "PATCH" and next(left, None) is not None:
            body = {**body, "spec": {**body.get("spec", {}), **spec}}
        return send(client, method, path, body, **options)

    monkeypatch.setattr(write.mutate, "send", sent)


@pytest.mark.parametrize("after", [True, False], ids=["the answer is lost", "the call is lost"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_write_whose_answer_is_lost_is_followed_up_until_it_has_landed(
    client: Client, after: bool, times: int
) -> None:
    client.sim.network.reset(verb="patch", resource="deployments", after=after, times=times)
    outage = client.chaos.run(scale(1), client.web, hold=1)
    assert (outage.verdict, replicas(client)) == ("recovered", 3)
    assert "TargetChanged" not in outage.alerts


def test_a_rollout_whose_answer_is_lost_is_one_rollout(client: Client) -> None:
    generation = client.get(f"{DEPLOYMENTS}/web")["metadata"]["generation"]
    client.sim.network.reset(verb="patch", resource="deployments", after=True)
    assert client.chaos.run(rollout_restart(), client.web).verdict == "recovered"
    assert client.get(f"{DEPLOYMENTS}/web")["metadata"]["generation"] == generation + 1


def test_an_undo_whose_answer_is_lost_is_looked_for(client: Client) -> None:
    with client.chaos.inject(scale(1), client.web) as ongoing:
        client.sim.network.reset(verb="patch", resource="deployments", after=True)
    assert (ongoing.outage.verdict, replicas(client)) == ("recovered", 3)
    assert [each.outcome for each in ongoing.outage.undone] == ["done"]
    assert "TargetChanged" not in ongoing.outage.alerts


def test_a_200_that_does_not_show_what_was_asked_for_is_not_taken_for_done(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered(monkeypatch, times=1, replicas=2)
    with pytest.raises(FaultNotProvenError, match=r"spec\.replicas is 2 instead of 1"):
        client.chaos.run(scale(1), client.web, hold=1)
    assert client.experiments.outages[0].verdict == "fault_not_proven"
    assert replicas(client) == 3


def test_an_undo_that_is_altered_is_tried_until_it_is_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with client.chaos.inject(scale(1), client.web) as ongoing:
        altered(monkeypatch, times=2, replicas=1)
    assert replicas(client) == 3
    assert ongoing.outage.verdict == "recovered"


def test_the_change_is_on_disk_before_it_is_made(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    send, before = write.mutate.send, []

    def sent(client_: Any, method: str, path: str, body: Any, **options: Any) -> bytes:
        before.append([each["change"] for each in recorded(client) if each["type"] == "intended"])
        return send(client_, method, path, body, **options)

    monkeypatch.setattr(write.mutate, "send", sent)
    client.chaos.run(scale(1), client.web, hold=1)
    ((change,), _) = before
    read = decode.convert(change, Patched)
    assert read.edits == (Edit(("spec", "replicas"), 3, 1),)
    assert (read.ref.kind, read.ref.namespace, read.ref.name) == ("Deployment", "default", "web")
    assert read.ref.uid == client.get(f"{DEPLOYMENTS}/web")["metadata"]["uid"]


def test_what_cannot_be_put_back_names_the_command(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubechaos.act.heal.REFUSED", 0.3)
    with (
        pytest.raises(NotHealedError, match="kubectl scale deployment/web -n default --replicas=3"),
        client.chaos.inject(scale(1), client.web),
    ):
        client.sim.network.refuse(403, verb="patch", resource="deployments", times=None)
    client.sim.network.clear()


def test_every_write_is_intended_before_and_answered_after_it(client: Client) -> None:
    found: list[Record] = []
    client.experiments.artifacts.record = lambda record, stream: found.append(record)  # type: ignore[method-assign]
    client.chaos.run(scale(1), client.web, hold=1)
    ours = [each for each in found if isinstance(each, Intended | Answered)]
    assert [type(each).__name__ for each in ours] == ["Intended", "Answered", "Intended", "Answered"]
    assert {each.object for each in ours} == {Ref("Deployment", "default", "web", ours[0].object.uid)}
    assert [each.generation for each in ours] == [2, 2, 3, 3]
