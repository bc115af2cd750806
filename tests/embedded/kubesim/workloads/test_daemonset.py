"""DaemonSets, on a clock stepped by hand and through our own client."""

from typing import Any

import pytest

from kubechaos.errors import NotFoundError
from kubesim import Simulation
from kubesim.apiserver.deletion import Options
from kubesim.store.kinds import BUDGET, CONTROLLER_REVISION, DAEMON_SET, NODE, POD
from kubesim.store.objects import Stored, condition, is_ready
from kubesim.store.refusals import Refused
from tests.embedded.client import Client
from tests.embedded.lab import Lab
from tests.embedded.sets import RESTARTED, REVISION, daemon_set
from tests.embedded.shop import budget, quota, service

DAEMON_SETS = "/apis/apps/v1/namespaces/default/daemonsets"
TAINT = {"key": "gone", "value": "yes", "effect": "NoSchedule"}


def web(lab: Lab) -> Stored:
    return lab.cluster.registry.find(DAEMON_SET, "default", "web")


def change(lab: Lab, **spec: Any) -> None:
    lab.cluster.registry.patch(web(lab), {"spec": spec})


def node(lab: Lab, name: str, patch: dict[str, Any]) -> None:
    lab.cluster.registry.patch(lab.cluster.registry.find(NODE, "", name), patch)


def nodes_of(lab: Lab) -> list[str]:
    """The nodes that have a pod, sorted."""
    return sorted(pod.spec.get("nodeName", "nowhere") for pod in lab.active)


def counts(lab: Lab) -> list[int]:
    """How many pods are desired, there, ready, up to date, and where they should not be."""
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
    return [web(lab).status.get(name, 0) for name in (*names, "numberMisscheduled")]


@pytest.fixture
def store(lab: Lab) -> Lab:
    """The lab with the DaemonSet `web` on its two nodes, all Ready."""
    lab.apply(service(), daemon_set())
    lab.step(3)
    assert lab.ready == 2
    lab.changes.clear()
    return lab


def test_every_node_has_one_pod(store: Lab) -> None:
    assert nodes_of(store) == ["node-1", "node-2"]
    assert counts(store) == [2, 2, 2, 2, 0]
    assert web(store).status["observedGeneration"] == 1
    assert store.cluster.settled
    assert all(message.startswith("Created pod: web-") for _, message, _ in store.events("SuccessfulCreate"))


def test_a_pod_says_for_which_node_and_of_which_template_it_is(store: Lab) -> None:
    (revision,) = store.all(CONTROLLER_REVISION)
    pod = next(pod for pod in store.pods if pod.spec["nodeName"] == "node-2")
    assert pod.labels == {"app": "web", REVISION: revision.labels[REVISION], "pod-template-generation": "1"}
    ((field,),) = (
        each["matchFields"]
        for each in pod.spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
            "nodeSelectorTerms"
        ]
    )
    assert field == {"key": "metadata.name", "operator": "In", "values": ["node-2"]}
    assert {each["key"].partition("/")[2] for each in pod.spec["tolerations"]} == {
        "not-ready",
        "unreachable",
        "disk-pressure",
        "memory-pressure",
        "pid-pressure",
        "unschedulable",
    }
    assert (revision.body["revision"], revision.owner, pod.owner) == (1, web(store).uid, web(store).uid)


def test_a_killed_pod_is_replaced_on_its_node_once_its_containers_have_ended(store: Lab) -> None:
    victim = store.pods[0]
    store.delete(victim)
    store.step(5)
    assert nodes_of(store) == ["node-1", "node-2"]
    assert victim.uid not in {pod.uid for pod in store.pods}
    made = min(at for at, each in store.changes if each.type == "ADDED" and each.after.kind is POD)
    ended = next(at for state, at in store.history(victim.name) if state.startswith("Succeeded"))
    assert made > ended


def test_a_rollout_goes_node_by_node(store: Lab) -> None:
    old = {pod.labels[REVISION] for pod in store.pods}
    change(store, **RESTARTED)
    store.step(0.1)
    assert len(store.active) == 1
    store.step(10)
    assert nodes_of(store) == ["node-1", "node-2"]
    assert not old & {pod.labels[REVISION] for pod in store.pods}
    assert {pod.labels["pod-template-generation"] for pod in store.pods} == {"2"}
    assert counts(store) == [2, 2, 2, 2, 0]
    assert sorted(each.body["revision"] for each in store.all(CONTROLLER_REVISION)) == [1, 2]


def test_a_rollout_that_cannot_be_ready_stops_at_its_first_node(store: Lab) -> None:
    store.inject("never-ready", "web", replacements=True)
    change(store, **RESTARTED)
    store.step(30)
    assert counts(store) == [2, 2, 1, 1, 0]
    assert not store.cluster.settled


@pytest.mark.parametrize(("most", "kept"), [(2, 0), ("50%", 1), ("10%", 1)])
def test_as_many_as_may_be_unavailable_are_rolled_out_at_once(store: Lab, most: int | str, kept: int) -> None:
    change(store, updateStrategy={"rollingUpdate": {"maxUnavailable": most}}, **RESTARTED)
    store.step(0.1)
    assert len(store.active) == kept
    store.step(10)
    assert store.ready == 2


def test_on_delete_rolls_out_what_somebody_deletes(store: Lab) -> None:
    change(store, updateStrategy={"type": "OnDelete", "rollingUpdate": None}, **RESTARTED)
    store.step(5)
    assert counts(store) == [2, 2, 2, 0, 0]
    store.delete(store.pods[0])
    store.step(5)
    assert counts(store) == [2, 2, 2, 1, 0]


def test_an_old_template_gets_its_old_revision_back(store: Lab) -> None:
    first = store.pods[0].labels[REVISION]
    for annotations in ({"restarted": "1"}, None):
        change(store, template={"metadata": {"annotations": annotations}})
        store.step(10)
    assert {pod.labels[REVISION] for pod in store.pods} == {first}
    assert sorted(each.body["revision"] for each in store.all(CONTROLLER_REVISION)) == [2, 3]


def test_revisions_beyond_the_history_limit_are_forgotten_once_no_pod_is_of_them(store: Lab) -> None:
    change(store, revisionHistoryLimit=0, updateStrategy={"type": "OnDelete", "rollingUpdate": None}, **RESTARTED)
    store.step(5)
    assert sorted(each.body["revision"] for each in store.all(CONTROLLER_REVISION)) == [1, 2]
    for pod in store.pods:
        store.delete(pod)
    store.step(5)
    assert [each.body["revision"] for each in store.all(CONTROLLER_REVISION)] == [2]


def test_a_new_node_gets_a_pod(store: Lab) -> None:
    store.cluster.add_node("node-3", "10.0.0.9")
    store.step(2)
    assert nodes_of(store) == ["node-1", "node-2", "node-3"]


def test_a_cordoned_node_keeps_its_pod_and_gets_another(store: Lab) -> None:
    node(store, "node-1", {"spec": {"unschedulable": True}})
    store.delete(next(pod for pod in store.pods if pod.spec["nodeName"] == "node-1"))
    store.step(5)
    assert nodes_of(store) == ["node-1", "node-2"]


def test_a_tainted_node_gets_no_new_pod_but_keeps_what_it_has(store: Lab) -> None:
    node(store, "node-1", {"spec": {"taints": [TAINT]}})
    store.step(2)
    assert counts(store) == [1, 1, 1, 1, 1]
    store.delete(next(pod for pod in store.pods if pod.spec["nodeName"] == "node-1"))
    store.step(5)
    assert nodes_of(store) == ["node-2"]


def test_a_node_that_evicts_loses_its_pod(store: Lab) -> None:
    node(store, "node-1", {"spec": {"taints": [{**TAINT, "effect": "NoExecute"}]}})
    store.step(5)
    assert nodes_of(store) == ["node-2"]


@pytest.mark.parametrize(
    ("pod", "found"),
    [
        ({"nodeSelector": {"kubernetes.io/hostname": "node-2"}}, ["node-2"]),
        ({"nodeSelector": {"disk": "ssd"}}, []),
        ({"affinity": {"nodeAffinity": {"required": "In"}}}, ["node-1"]),
        ({"affinity": {"nodeAffinity": {"required": "NotIn"}}}, ["node-2"]),
    ],
)
def test_only_nodes_that_the_template_chooses_get_a_pod(lab: Lab, pod: dict[str, Any], found: list[str]) -> None:
    if operator := pod.get("affinity", {}).get("nodeAffinity", {}).get("required"):
        term = {"key": "kubernetes.io/hostname", "operator": operator, "values": ["node-1"]}
        required = {"nodeSelectorTerms": [{"matchExpressions": [term]}]}
        pod = {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}
    lab.apply(daemon_set(pod=pod))
    lab.step(3)
    assert nodes_of(lab) == found
    assert counts(lab) == [len(found)] * 4 + [0]


def test_a_pod_that_does_not_fit_its_node_says_so(lab: Lab) -> None:
    manifest = daemon_set()
    manifest["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100"}}
    lab.apply(manifest)
    lab.step(1)
    why = condition(lab.pods[0], "PodScheduled")["message"]
    assert why.startswith(
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]."
    )


def test_a_full_quota_is_reported(store: Lab) -> None:
    store.apply(quota(1))
    store.step(0.1)
    store.delete(store.pods[0])
    store.step(5)
    assert "Error creating: pods" in store.events("FailedCreate")[0][1]
    assert counts(store)[:3] == [2, 1, 1]


def test_a_deleted_daemon_set_takes_its_pods_and_revisions_along(store: Lab) -> None:
    store.cluster.deletion.delete(web(store), Options())
    store.step(5)
    assert not store.pods
    assert not store.all(CONTROLLER_REVISION)


def test_a_silent_controller_does_nothing_until_it_is_healed(store: Lab) -> None:
    store.inject("controller-silent", "web")
    store.delete(store.pods[0])
    store.step(20)
    assert len(store.pods) == 1
    store.remove("controller-silent")
    store.step(5)
    assert store.ready == 2


@pytest.mark.parametrize("name", ["crash-loop", "image-pull", "unschedulable", "never-ready"])
def test_a_failure_of_replacements_spares_the_pods_that_were_there(lab: Lab, name: str) -> None:
    lab.inject(name, "web", replacements=True)
    lab.apply(daemon_set())
    lab.step(3)
    assert lab.ready == 2
    victim = lab.pods[0]
    lab.delete(victim)
    lab.step(10)
    assert [pod.spec["nodeName"] for pod in lab.pods if is_ready(pod)] == [
        {"node-1": "node-2", "node-2": "node-1"}[victim.spec["nodeName"]]
    ]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}, r"rollingUpdate\.maxSurge"),
        ({"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0}}}, "cannot be 0 when maxSurge is 0"),
        ({"updateStrategy": {"type": "Recreate"}}, 'supported values: "RollingUpdate", "OnDelete"'),
        ({"pod": {"affinity": {"podAntiAffinity": {"any": 1}}}}, r"spec\.affinity\.podAntiAffinity"),
        ({"pod": {"overhead": {"cpu": "1"}}}, r"spec\.template\.spec\.overhead"),
    ],
)
def test_what_is_not_supported_is_refused_by_its_path(lab: Lab, spec: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused, match=field):
        lab.apply(daemon_set(**spec))


def test_a_blocking_budget_lets_no_pod_be_evicted(store: Lab) -> None:
    store.inject("blocking-budget", "web")
    store.step(0.1)
    (made,) = store.all(BUDGET)
    assert (made.status["desiredHealthy"], made.status["disruptionsAllowed"]) == (2, 0)


def test_a_budget_that_needs_to_know_how_many_pods_are_wanted_allows_none(store: Lab) -> None:
    store.apply(budget(maxUnavailable=1))
    store.step(0.1)
    why = "daemonsets.apps does not implement the scale subresource"
    failed = condition(store.budget, "DisruptionAllowed")
    assert (failed["reason"], failed["message"]) == ("SyncFailed", why)
    assert store.budget.status["disruptionsAllowed"] == 0
    (event,) = store.events("CalculateExpectedPodCountFailed")
    assert event[1] == f"Failed to calculate the number of expected pods: {why}"


def test_our_client_reads_and_deletes_one_and_cannot_scale_it(sim: Simulation, client: Client) -> None:
    manifest = daemon_set()
    manifest["metadata"]["name"] = "agent"
    made = client.send("POST", DAEMON_SETS, manifest)
    assert made["metadata"]["annotations"] == {"deprecated.daemonset.template.generation": "1"}
    sim.settle()
    got = client.get(f"{DAEMON_SETS}/agent")
    assert (got["kind"], got["status"]["numberReady"]) == ("DaemonSet", 2)
    with pytest.raises(NotFoundError, match="the server could not find the requested resource"):
        client.get(f"{DAEMON_SETS}/agent/scale")
    client.send("DELETE", f"{DAEMON_SETS}/agent", {})
    with pytest.raises(NotFoundError):
        client.get(f"{DAEMON_SETS}/agent")
