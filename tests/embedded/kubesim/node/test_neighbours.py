"""Pods that are kept from a node by those that are there: anti-affinity, topology spread, host ports."""

from collections import Counter
from typing import Any

import pytest

from kubesim.store.kinds import NODE
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment

HOST = "kubernetes.io/hostname"
WEB = {"matchLabels": {"app": "web"}}


def apart(key: str = HOST, name: str = "web", replicas: int = 3, **term: Any) -> dict[str, Any]:
    """Return a Deployment whose pods have a required anti-affinity to those of `web`."""
    required = [{"labelSelector": WEB, "topologyKey": key, **term}]
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return deployment(name, replicas, pod={"affinity": affinity})


def spread(replicas: int = 3, name: str = "web", node: str = "", **constraint: Any) -> dict[str, Any]:
    """Return a Deployment whose pods are spread over nodes, or only over one of a name."""
    asked = {"maxSkew": 1, "topologyKey": HOST, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": WEB}
    selector = {"nodeSelector": {HOST: node}} if node else {}
    return deployment(name, replicas, pod={"topologySpreadConstraints": [asked | constraint], **selector})


def ports(*asked: dict[str, Any], name: str = "web", replicas: int = 3, **pod: Any) -> dict[str, Any]:
    """Return a Deployment whose container has these ports."""
    return deployment(
        name, replicas, pod={"containers": [{"name": "web", "image": IMAGE, "ports": list(asked)}], **pod}
    )


def places(lab: Lab) -> dict[str, int]:
    """How many pods each node has; those without one are under the empty name."""
    lab.step(5)
    return dict(Counter(pod.spec.get("nodeName", "") for pod in lab.active))


def label(lab: Lab, **zones: str) -> None:
    """Give nodes a zone."""
    for name, zone in zones.items():
        node = lab.cluster.registry.find(NODE, "", name.replace("_", "-"))
        lab.cluster.registry.patch(node, {"metadata": {"labels": {"zone": zone}}})


def refusals(lab: Lab) -> set[str]:
    """Why no node takes the pods that have none."""
    return {
        message.split(". preemption")[0].partition("available: ")[2] for _, message, _ in lab.events("FailedScheduling")
    }


@pytest.mark.parametrize("old", ["", "beta."])
def test_a_node_has_the_labels_that_a_kubelet_sets(lab: Lab, old: str) -> None:
    labels = {f"{old}kubernetes.io/os": "linux", f"{old}kubernetes.io/arch": "amd64"}
    lab.apply(deployment(pod={"nodeSelector": labels}))
    assert places(lab) == {"node-1": 2, "node-2": 1}


def test_pods_that_want_to_be_apart_have_a_node_each_and_the_third_none(lab: Lab) -> None:
    lab.apply(apart())
    assert places(lab) == {"node-1": 1, "node-2": 1, "": 1}
    assert refusals(lab) == {"2 node(s) didn't match pod anti-affinity rules"}


def test_the_pod_that_waits_takes_the_place_of_one_that_goes(lab: Lab) -> None:
    lab.apply(apart())
    places(lab)
    waiting = next(pod.name for pod in lab.pods if not pod.spec.get("nodeName"))
    lab.delete(next(pod for pod in lab.pods if pod.spec.get("nodeName")))
    lab.step(5)
    assert waiting in {pod.name for pod in lab.pods if pod.spec.get("nodeName")}
    assert lab.ready == 2


def test_an_anti_affinity_to_a_zone_is_one_to_all_of_its_nodes(lab: Lab) -> None:
    label(lab, node_1="a", node_2="a")
    lab.apply(apart("zone"))
    assert sorted(places(lab).values()) == [1, 2]
    assert lab.ready == 1


def test_a_node_without_the_label_takes_any_number(lab: Lab) -> None:
    label(lab, node_1="a")
    lab.apply(apart("zone"))
    assert places(lab) == {"node-1": 1, "node-2": 2}


def test_pods_that_are_there_keep_others_away_from_themselves(lab: Lab) -> None:
    lab.apply(apart(name="shy", replicas=2))
    places(lab)
    lab.apply(deployment("web", 1))
    assert places(lab)[""] == 1
    assert refusals(lab) == {"2 node(s) didn't satisfy existing pods anti-affinity rules"}


@pytest.mark.parametrize(
    ("term", "ready"),
    [
        ({"namespaces": ["elsewhere"]}, 3),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}}, 3),
        ({"namespaceSelector": {}}, 2),
        ({"labelSelector": None}, 3),
        ({"labelSelector": {}}, 2),
        ({"matchLabelKeys": ["pod-template-hash"]}, 2),
    ],
)
def test_an_anti_affinity_is_to_the_chosen_pods_of_the_chosen_namespaces(
    lab: Lab, term: dict[str, Any], ready: int
) -> None:
    lab.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}, apart(**term))
    lab.step(5)
    assert lab.ready == ready


def test_pods_of_another_template_are_not_meant_where_the_keys_say_so(lab: Lab) -> None:
    lab.apply(apart(replicas=2, matchLabelKeys=["pod-template-hash"]))
    lab.step(5)
    lab.apply(deployment("web", 2, image="other:1"))
    lab.step(20)
    assert lab.deployment.status["updatedReplicas"] == 2


def test_pods_are_spread_evenly(lab: Lab) -> None:
    lab.apply(deployment("other", 4, pod={"nodeName": "node-1"}))
    lab.apply(spread(4))
    assert places(lab) == {"node-1": 6, "node-2": 2}


def test_pods_that_may_go_to_one_node_only_stop_at_the_skew(lab: Lab) -> None:
    lab.apply(spread(3, node="node-1", nodeAffinityPolicy="Ignore"))
    assert places(lab) == {"node-1": 1, "": 2}
    assert "1 node(s) didn't match pod topology spread constraints" in next(iter(refusals(lab)))


def test_nodes_that_a_pod_does_not_select_are_no_domains_of_it(lab: Lab) -> None:
    lab.apply(spread(3, node="node-1"))
    assert places(lab) == {"node-1": 3}


def test_fewer_domains_than_there_must_be_count_as_one_that_is_empty(lab: Lab) -> None:
    lab.apply(spread(5, minDomains=3, maxSkew=2))
    assert places(lab) == {"node-1": 2, "node-2": 2, "": 1}


def test_a_node_without_the_label_of_a_spread_takes_none(lab: Lab) -> None:
    label(lab, node_1="a")
    lab.apply(spread(3, topologyKey="zone"))
    assert places(lab) == {"node-1": 3}
    lab.apply(spread(1, name="lost", topologyKey="nothing"))
    assert places(lab)[""] == 1
    assert refusals(lab) == {"2 node(s) didn't match pod topology spread constraints (missing required label)"}


@pytest.mark.parametrize(("policy", "ready"), [("Ignore", 1), ("Honor", 3)])
def test_a_cordoned_node_is_a_domain_unless_taints_are_honored(lab: Lab, policy: str, ready: int) -> None:
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    node = lab.cluster.registry.find(NODE, "", "node-2")
    lab.cluster.registry.patch(node, {"spec": {"unschedulable": True, "taints": [taint]}})
    lab.apply(spread(3, nodeTaintsPolicy=policy))
    lab.step(5)
    assert lab.ready == ready


def test_a_pod_that_was_too_many_is_placed_when_another_domain_has_one_more(lab: Lab) -> None:
    lab.apply(spread(2, node="node-1", nodeAffinityPolicy="Ignore"))
    assert places(lab) == {"node-1": 1, "": 1}
    labels = {"labels": {"app": "web"}}
    pod = {"containers": [{"name": "web", "image": IMAGE}], "nodeSelector": {HOST: "node-2"}}
    lab.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "more", **labels}, "spec": pod})
    assert places(lab) == {"node-1": 2, "node-2": 1}


def test_a_spread_that_need_not_hold_keeps_nobody_waiting(lab: Lab) -> None:
    lab.apply(spread(3, node="node-1", nodeAffinityPolicy="Ignore", whenUnsatisfiable="ScheduleAnyway"))
    assert places(lab) == {"node-1": 3}


def test_a_port_of_a_node_is_for_one_pod(lab: Lab) -> None:
    lab.apply(ports({"containerPort": 80, "hostPort": 8080}))
    assert places(lab) == {"node-1": 1, "node-2": 1, "": 1}
    assert refusals(lab) == {"2 node(s) didn't have free ports for the requested pod ports"}


@pytest.mark.parametrize(
    ("first", "second", "ready"),
    [
        ({"hostPort": 1}, {"hostPort": 2}, 4),
        ({"hostPort": 1}, {"hostPort": 1, "protocol": "UDP"}, 4),
        ({"hostPort": 1, "hostIP": "127.0.0.1"}, {"hostPort": 1, "hostIP": "10.0.0.1"}, 4),
        ({"hostPort": 1, "hostIP": "127.0.0.1"}, {"hostPort": 1}, 2),
        ({"hostPort": 1, "hostIP": "0.0.0.0"}, {"hostPort": 1, "hostIP": "10.0.0.1"}, 2),
        ({"hostPort": 0}, {"hostPort": 0}, 4),
    ],
)
def test_ports_clash_by_number_protocol_and_address(
    lab: Lab, first: dict[str, Any], second: dict[str, Any], ready: int
) -> None:
    for name, port in (("web", first), ("more", second)):
        lab.apply(ports({"containerPort": 80, **port}, name=name, replicas=2))
    lab.step(5)
    assert lab.ready == ready


def test_a_pod_in_the_network_of_its_node_has_all_of_its_ports_there(lab: Lab) -> None:
    lab.apply(ports({"containerPort": 9100}, hostNetwork=True))
    assert places(lab) == {"node-1": 1, "node-2": 1, "": 1}
