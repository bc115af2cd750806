"""A held fault that somebody else undoes, as an autoscaler, GitOps or a person does: inconclusive, never a recovery."""

import json
import threading
import time
from math import inf

import pytest

from kubechaos import InconclusiveError, scale
from kubechaos.api.mutate import send
from tests.embedded.client import DEPLOYMENTS, Client

PUT_BACK = r"scaled from 1 to 3 replicas by somebody else at \+.* s, so scale\(1\) was not in force any more"


def put_back(client: Client) -> None:
    """Somebody else scales to three replicas."""
    client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}})


def test_a_held_scale_that_somebody_undoes_is_inconclusive(client: Client) -> None:
    with pytest.raises(InconclusiveError, match=PUT_BACK), client.chaos.inject(scale(1), client.web):
        put_back(client)
    (outage,) = client.experiments.outages
    assert (outage.verdict, outage.recovery_time, [each.outcome for each in outage.undone]) == (
        "inconclusive",
        inf,
        ["already"],
    )


def test_a_scale_that_is_undone_during_the_hold_of_a_run_is_inconclusive(client: Client) -> None:
    autoscaler = client.transport.fork()

    def scale_up() -> None:
        while json.loads(autoscaler.get(f"{DEPLOYMENTS}/web"))["spec"]["replicas"] != 1:
            time.sleep(0.01)
        send(autoscaler, "PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}})

    thread = threading.Thread(target=scale_up)
    thread.start()
    with pytest.raises(InconclusiveError, match=PUT_BACK):
        client.chaos.run(scale(1), client.web, hold=60)
    thread.join()
    autoscaler.close()
    assert client.experiments.outages[0].recovery_time == inf


def test_another_field_may_be_changed_while_a_scale_is_held(client: Client) -> None:
    with client.chaos.inject(scale(1), client.web):
        client.send("PATCH", f"{DEPLOYMENTS}/web", {"spec": {"minReadySeconds": 1}})
    (outage,) = client.experiments.outages
    assert (outage.verdict, [each.outcome for each in outage.undone]) == ("recovered", ["done"])
