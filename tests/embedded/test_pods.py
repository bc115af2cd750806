"""What a pod waits for and what it asks of its node, through our own client: the verdict, and the cause by name."""

import re
from typing import Any

import pytest

from kubechaos.faults.pods import kill
from kubechaos.faults.workloads import rollout_restart
from kubechaos.judge.outage import Outage
from kubechaos.target import Target
from kubesim.failures import LivenessFailure
from tests.embedded.client import Client
from tests.embedded.shop import IMAGE, deployment

INIT = {"initContainers": [{"name": "migrate", "image": IMAGE}]}
READY = {"tcpSocket": {"port": 80}, "periodSeconds": 1}
ALIVE = {"tcpSocket": {"port": 80}, "periodSeconds": 1, "failureThreshold": 1}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}}
SECRETS = "/api/v1/namespaces/default/secrets"
HOST = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "api"}}}
APART = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [HOST]}}


def api(client: Client, container: dict[str, Any] | None = None, **pod: Any) -> Target:
    """Deploy `api`, two replicas, and return it once they are Ready."""
    containers = [{"name": "api", "image": IMAGE, "readinessProbe": READY, **(container or {})}]
    client.sim.apply(deployment("api", 2, pod={"containers": containers, **pod}))
    client.sim.settle()
    target = client.cluster.deployment("api", stable_for=4)
    client.chaos.steady(target)
    return target


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        ("init-waiting", "init container migrate is still running"),
        ("init-crash-loop", "migrate"),
        (LivenessFailure(), "CrashLoopBackOff|restarted|liveness"),
    ],
)
def test_a_replacement_that_does_not_start_or_stay_is_no_recovery(client: Client, failure: Any, cause: str) -> None:
    target = api(client, {"livenessProbe": ALIVE}, **INIT)
    client.sim.inject(failure, "api", replacements=True)
    outage = client.chaos.run(kill(1), target, check=False)
    assert outage.verdict == "not_recovered"
    assert re.search(cause, outage.cause), outage.cause


@pytest.mark.parametrize(
    ("container", "pod", "cause"),
    [
        (
            {"envFrom": [{"secretRef": {"name": "keys"}}]},
            {},
            'CreateContainerConfigError: secret "keys" not found',
        ),
        ({}, {"volumes": [{"name": "keys", "secret": {"secretName": "keys"}}]}, 'secret "keys" not found'),
    ],
)
def test_a_replacement_without_its_secret_is_no_recovery(
    client: Client, container: dict[str, Any], pod: dict[str, Any], cause: str
) -> None:
    client.sim.apply(SECRET)
    target = api(client, container, **pod)
    client.send("DELETE", f"{SECRETS}/keys", {})
    outage = client.chaos.run(kill(1), target, check=False)
    assert outage.verdict == "not_recovered"
    assert cause in outage.cause


def test_a_replacement_waits_for_the_place_of_a_victim_that_nobody_else_may_share(client: Client) -> None:
    outage = _recovery(client, {"affinity": APART})
    assert outage.phases.removed[0].stopped is not None
    assert "Unschedulable" in outage.alerts
    assert outage.recovery_time > outage.phases.removed[0].stopped


def test_a_rollout_without_a_free_node_never_ends_and_says_why(client: Client) -> None:
    target = api(client, affinity=APART)
    outage = client.chaos.run(rollout_restart(), target, check=False)
    assert outage.verdict == "not_recovered"
    assert "2 node(s) didn't match pod anti-affinity rules" in outage.cause


def test_a_replacement_that_must_be_on_a_node_of_its_own_waits_for_a_hook(client: Client) -> None:
    hook = {"lifecycle": {"preStop": {"sleep": {"seconds": 4}}}}
    outage = _recovery(client, {"affinity": APART, "terminationGracePeriodSeconds": 10}, hook)
    assert outage.recovery_time > 4


def _recovery(client: Client, pod: dict[str, Any], container: dict[str, Any] | None = None) -> Outage:
    outage = client.chaos.run(kill(1), api(client, container, **pod))
    assert outage.verdict == "recovered"
    return outage
