"""StatefulSets: what may be wrong with them on purpose, what is refused, and what our own client gets."""

from typing import Any

import pytest

from kubechaos.errors import ApiError
from kubesim import ManifestError, Simulation
from kubesim.store.kinds import BUDGET, STATEFUL_SET
from kubesim.store.objects import is_ready
from kubesim.store.refusals import Refused
from tests.embedded.client import Client
from tests.embedded.lab import Lab
from tests.embedded.sets import stateful_set
from tests.embedded.shop import budget, quota, service

STATEFUL_SETS = "/apis/apps/v1/namespaces/default/statefulsets"


@pytest.fixture
def store(lab: Lab) -> Lab:
    """The lab with the StatefulSet `web` of three in it, all Ready."""
    lab.apply(service(), stateful_set())
    lab.step(5)
    assert lab.ready == 3
    return lab


def test_a_full_quota_is_reported_until_it_is_raised(store: Lab) -> None:
    store.apply(quota(2))
    store.step(0.1)
    store.delete(store.pods[0])
    store.step(5)
    failed = store.events("FailedCreate")
    why = 'pods "web-0" is forbidden: exceeded quota: quota, requested: pods=1, used: pods=2, limited: pods=2'
    assert failed[0][1] == f"Create Pod web-0 in StatefulSet web failed error: {why}"
    store.apply(quota(3))
    store.step(60)
    assert store.ready == 3


@pytest.mark.parametrize("name", ["crash-loop", "image-pull", "unschedulable", "never-ready"])
def test_a_failure_of_replacements_spares_the_pods_that_were_there(lab: Lab, name: str) -> None:
    lab.inject(name, "web", replacements=True)
    lab.apply(stateful_set())
    lab.step(5)
    assert lab.ready == 3
    lab.delete(lab.pods[1])
    lab.step(10)
    assert [pod.name for pod in lab.pods if is_ready(pod)] == ["web-0", "web-2"]


def test_a_blocking_budget_is_made_for_a_stateful_set(store: Lab) -> None:
    store.inject("blocking-budget", "web")
    store.step(0.1)
    (made,) = (each for each in store.cluster.store.all(BUDGET))
    assert made.status["disruptionsAllowed"] == 0


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"strategy": {"type": "RollingUpdate"}}, "spec.strategy"),
        ({"podManagementPolicy": "Sideways"}, "must be 'OrderedReady' or 'Parallel'"),
        ({"updateStrategy": {"type": "Recreate"}}, "must be 'RollingUpdate' or 'OnDelete'"),
    ],
)
def test_what_is_not_supported_is_refused_by_its_path(lab: Lab, spec: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused, match=field):
        lab.apply(stateful_set(**spec))


@pytest.mark.parametrize(
    "spec",
    [{"serviceName": "other"}, {"podManagementPolicy": "Parallel"}, {"selector": {"matchLabels": {"app": "other"}}}],
)
def test_what_is_fixed_cannot_be_changed(store: Lab, spec: dict[str, Any]) -> None:
    web = store.cluster.registry.find(STATEFUL_SET, "default", "web")
    with pytest.raises(Refused, match=f"spec.{next(iter(spec))}: Invalid value: .*field is immutable"):
        store.cluster.registry.patch(web, {"spec": spec})


def test_a_budget_over_it_counts_its_pods(store: Lab) -> None:
    store.apply(budget(minAvailable=2))
    store.step(0.1)
    assert store.budget.status["disruptionsAllowed"] == 1
    store.delete(store.pods[0])
    store.step(0.1)
    assert store.budget.status["disruptionsAllowed"] == 0


def test_a_budget_knows_how_many_pods_are_wanted_even_while_one_is_gone(store: Lab) -> None:
    store.apply(budget(maxUnavailable=1))
    store.step(0.1)
    assert store.budget.status["disruptionsAllowed"] == 1
    store.inject("controller-silent", "web")
    store.delete(store.pods[0])
    store.step(5)
    status = store.budget.status
    counts = [status[key] for key in ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")]
    assert counts == [3, 2, 2, 0]


def test_our_client_reads_scales_and_deletes_one(sim: Simulation, client: Client) -> None:
    manifest = stateful_set(2)
    manifest["metadata"]["name"] = "db"
    made = client.send("POST", STATEFUL_SETS, manifest)
    assert made["spec"]["updateStrategy"]["rollingUpdate"] == {"partition": 0, "maxUnavailable": 1}
    sim.settle()
    got = client.get(f"{STATEFUL_SETS}/db")
    assert (got["kind"], got["status"]["readyReplicas"]) == ("StatefulSet", 2)
    assert client.get(f"{STATEFUL_SETS}/db/scale")["status"] == {"replicas": 2, "selector": "app=web"}
    revisions = client.get("/apis/apps/v1/namespaces/default/controllerrevisions")
    assert [each["revision"] for each in revisions["items"]] == [1]
    client.send("DELETE", f"{STATEFUL_SETS}/db", {})
    with pytest.raises(ApiError, match=r'statefulsets\.apps "db" not found'):
        client.get(f"{STATEFUL_SETS}/db")


def test_a_manifest_that_is_not_supported_is_refused(sim: Simulation) -> None:
    with pytest.raises(ManifestError, match=r"spec\.strategy: Forbidden: the simulated cluster"):
        sim.apply(stateful_set(strategy={"type": "RollingUpdate"}))
