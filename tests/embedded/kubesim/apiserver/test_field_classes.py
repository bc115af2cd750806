"""Fields that are refused, fields that only look as if they asked for something, and values of the wrong type."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubesim.apiserver.field_classes import SPECS
from kubesim.store.kinds import POD
from kubesim.store.refusals import Refused
from tests.embedded.kubesim.apiserver import tables
from tests.embedded.lab import Lab
from tests.embedded.shop import deployment

CONTAINER = {"name": "web", "image": "web:1"}


def refused(lab: Lab, manifest: dict[str, Any]) -> list[str]:
    """The fields for which a manifest is refused."""
    with pytest.raises(Refused) as caught:
        lab.apply(manifest)
    return [cause["field"].removeprefix("spec.template.spec.") for cause in caught.value.status["details"]["causes"]]


def test_every_field_that_is_refused_is_named_at_once(lab: Lab) -> None:
    pod = {
        "overhead": {"cpu": "1"},
        "readinessGates": [{"conditionType": "x"}],
        "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}},
        "containers": [{**CONTAINER, "restartPolicyRules": [{}]}, {"name": "b", "image": "b", "imagePul": "Never"}],
    }
    assert refused(lab, deployment(pod=pod)) == [
        "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        "containers[0].restartPolicyRules",
        "containers[1].imagePul",
        "overhead",
        "readinessGates",
    ]


@pytest.mark.parametrize(
    "pod",
    [
        {"hostNetwork": False, "readinessGates": [], "resourceClaims": [], "imagePullSecrets": []},
        {"activeDeadlineSeconds": None, "runtimeClassName": None, "schedulerName": "default-scheduler"},
        {"restartPolicy": "Always", "os": {"name": "linux"}, "affinity": {"podAffinity": {}}},
        {"containers": [{**CONTAINER, "ports": [{"containerPort": 80, "hostPort": None}], "lifecycle": None}]},
    ],
)
def test_a_field_that_asks_for_nothing_is_no_reason_to_refuse(lab: Lab, pod: dict[str, Any]) -> None:
    lab.apply(deployment(pod=pod))
    lab.step(5)
    assert lab.ready == 3


@pytest.mark.parametrize(
    ("pod", "field"),
    [
        ({"schedulerName": "mine"}, "schedulerName"),
        ({"restartPolicy": "Never"}, "restartPolicy"),
        ({"os": {"name": "windows"}}, "os.name"),
    ],
)
def test_a_field_may_be_refused_for_some_of_its_values(lab: Lab, pod: dict[str, Any], field: str) -> None:
    assert refused(lab, deployment(pod=pod)) == [field]


def test_inert_fields_of_a_pod_change_nothing(lab: Lab) -> None:
    pod = {
        "serviceAccountName": "web",
        "priorityClassName": "high",
        "imagePullSecrets": [{"name": "registry"}],
        "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "securityContext": {"fsGroup": 1000},
        "shareProcessNamespace": True,
        "volumes": [
            {"name": "a", "emptyDir": {}},
            {"name": "b", "hostPath": {"path": "/var"}},
            {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
            {"name": "e", "csi": {"driver": "x"}},
        ],
        "affinity": {
            "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]},
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]},
        },
        "containers": [
            {
                **CONTAINER,
                "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                "stdin": True,
                "volumeMounts": [{"name": "a", "mountPath": "/a"}],
                "lifecycle": {"postStart": {"exec": {"command": ["true"]}}},
                "startupProbe": {"httpGet": {"port": 80}, "periodSeconds": 1},
                "livenessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 5},
            }
        ],
    }
    lab.apply(deployment(pod=pod))
    lab.step(5)
    assert lab.ready == 3


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"replicas": "3"}, "spec.replicas", "wants a number, not a text"),
        ({"replicas": True}, "spec.replicas", "wants a number, not true or false"),
        ({"paused": "no"}, "spec.paused", "wants true or false"),
        ({"template": []}, "spec.template", "wants an object"),
        ({"selector": {"matchLabels": {"app": 1}}}, "spec.selector.matchLabels.app", "write it in quotes"),
    ],
)
def test_a_value_of_the_wrong_type_is_said_with_its_path(
    lab: Lab, change: dict[str, Any], field: str, words: str
) -> None:
    manifest = deployment()
    with pytest.raises(Refused) as caught:
        lab.apply({**manifest, "spec": {**manifest["spec"], **change}})
    (cause,) = caught.value.status["details"]["causes"]
    assert (caught.value.code, cause["field"]) == (400, field)
    assert words in cause["message"]


@pytest.mark.parametrize(
    ("container", "field"),
    [
        ({"env": [{"name": "PORT", "value": 8080}]}, "containers[0].env[0].value"),
        ({"resources": {"requests": {"cpu": "a lot"}}}, "containers[0].resources.requests.cpu"),
        ({"resources": {"limits": {"memory": "1gb"}}}, "containers[0].resources.limits.memory"),
        ({"args": ["-p", 80]}, "containers[0].args[1]"),
        ({"readinessProbe": {"periodSeconds": "1"}}, "containers[0].readinessProbe.periodSeconds"),
        ({"ports": ["80"]}, "containers[0].ports[0]"),
    ],
)
def test_so_is_one_in_a_container(lab: Lab, container: dict[str, Any], field: str) -> None:
    assert refused(lab, deployment(pod={"containers": [{**CONTAINER, **container}]})) == [field]


def test_so_is_one_in_a_patch(shop: Lab) -> None:
    grace = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": "5"}}}}
    with pytest.raises(
        Refused, match=r"spec\.template\.spec\.terminationGracePeriodSeconds wants a number, not a text"
    ):
        shop.cluster.registry.patch(shop.deployment, grace)


def test_limits_are_requests_where_there_are_none(lab: Lab) -> None:
    lab.apply(deployment(pod={"containers": [{**CONTAINER, "resources": {"limits": {"cpu": "5"}}}]}))
    lab.step(5)
    (template,) = lab.deployment.spec["template"]["spec"]["containers"]
    assert template["resources"]["requests"] == {"cpu": "5"}
    assert lab.ready == 2, "a node has 8 cores"


def test_a_resource_that_no_node_has_keeps_a_pod_pending(lab: Lab) -> None:
    resources = {"limits": {"example.com/gpu": "1", "ephemeral-storage": "500Gi"}}
    lab.apply(deployment(pod={"containers": [{**CONTAINER, "resources": resources}]}))
    lab.step(5)
    (message, *_) = {text for _, text, _ in lab.events("FailedScheduling")}
    assert message.startswith("0/2 nodes are available: 2 Insufficient example.com/gpu.")


def test_a_pod_that_nobody_restarts_has_succeeded_and_is_nobodys(lab: Lab) -> None:
    spec = {"restartPolicy": "Never", "containers": [CONTAINER], "initContainers": [CONTAINER]}
    lab.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "task"}, "spec": spec})
    lab.step(60)
    (pod,) = lab.all(POD)
    assert pod.status == {"phase": "Succeeded"}
    assert "nodeName" not in pod.spec


@pytest.mark.parametrize("rows", [tables.kinds, tables.fields], ids=["kinds", "fields"])
def test_the_documentation_has_the_table_of_the_code(rows: Callable[[], list[str]]) -> None:
    documented = (Path(__file__).parents[4] / "docs/embedded.md").read_text().splitlines()
    missing = [row for row in rows() if row not in documented]
    assert not missing, "python -m tests.embedded.kubesim.apiserver.tables prints what docs/embedded.md is to have"


def test_a_field_is_in_one_class_only() -> None:
    for fields in SPECS.values():
        names = [*fields.simulated.split(), *fields.refused.split(), *fields.inert.split(), *fields.inside]
        assert len(names) == len(set(names)), fields.of
