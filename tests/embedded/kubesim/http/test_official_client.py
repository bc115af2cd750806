"""What users' own tests do with `cluster.client`: each call of the official client, with each class of kind."""

from typing import Any
from unittest.mock import patch

import pytest
from kubernetes import client as official
from kubernetes.client.exceptions import ApiException

from tests.embedded.client import Client

META = {"name": "own", "labels": {"mine": "yes"}}
CONFIG_MAP = {"metadata": META, "data": {"a": "1"}}
JOB = {
    "metadata": META,
    "spec": {
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "busybox:1.35.0"}]}}
    },
}
ROLE = {"metadata": {"name": "own:role", "labels": {"mine": "yes"}}, "rules": []}
POLICY = {"metadata": META, "spec": {"podSelector": {}}}
SPACED: dict[str, tuple[str, Any]] = {
    "config_map": ("CoreV1Api", CONFIG_MAP),
    "secret": ("CoreV1Api", {"metadata": META, "stringData": {"a": "1"}}),
    "service_account": ("CoreV1Api", {"metadata": META}),
    "job": ("BatchV1Api", JOB),
    "network_policy": ("NetworkingV1Api", POLICY),
    "role": ("RbacAuthorizationV1Api", ROLE),
    "lease": ("CoordinationV1Api", {"metadata": META, "spec": {"holderIdentity": "me"}}),
    "service": ("CoreV1Api", {"metadata": META, "spec": {"selector": {"app": "none"}, "ports": [{"port": 80}]}}),
}
CLUSTER: dict[str, tuple[str, Any]] = {
    "cluster_role": ("RbacAuthorizationV1Api", ROLE),
    "storage_class": ("StorageV1Api", {"metadata": META, "provisioner": "none"}),
    "priority_class": ("SchedulingV1Api", {"metadata": META, "value": 7}),
}
PATCHES = [
    ("application/merge-patch+json", {"metadata": {"labels": {"how": "merged"}}}),
    ("application/strategic-merge-patch+json", {"metadata": {"labels": {"how": "strategically"}}}),
    ("application/json-patch+json", [{"op": "add", "path": "/metadata/labels/how", "value": "steps"}]),
]


def all_verbs(api: Any, kind: str, manifest: Any, *place: str) -> None:
    """Create, get, list, patch in three ways, replace, delete one and all of a kind."""
    scope = "_namespaced_" if place else "_"

    def call(verb: str, *args: Any, **options: Any) -> Any:
        return getattr(api, f"{verb}{scope}{kind}")(*args, **options)

    name = manifest["metadata"]["name"]
    made = call("create", *place, manifest)
    assert made.metadata.uid
    assert call("read", name, *place).metadata.uid == made.metadata.uid
    assert [each.metadata.name for each in call("list", *place, label_selector="mine=yes").items] == [name]
    for content_type, body in PATCHES:
        # Where the client chooses the type, since only newer ones take it as an argument.
        with patch.object(api.api_client, "select_header_content_type", lambda *_, it=content_type: it):
            changed = call("patch", name, *place, body)
        assert changed.metadata.resource_version != made.metadata.resource_version
    assert changed.metadata.labels == {"mine": "yes", "how": "steps"}
    changed.metadata.labels = {"mine": "replaced"}
    assert call("replace", name, *place, changed).metadata.labels == {"mine": "replaced"}
    call("delete", name, *place)
    with pytest.raises(ApiException, match="404"):
        call("read", name, *place)
    call("create", *place, manifest)
    getattr(api, f"delete_collection{scope}{kind}")(*place, label_selector="mine=yes")
    assert call("list", *place, label_selector="mine=yes").items == []


@pytest.mark.parametrize("kind", SPACED)
def test_every_verb_works_with_a_kind_in_a_namespace(client: Client, kind: str) -> None:
    group, manifest = SPACED[kind]
    api = getattr(official, group)(client.cluster.client)
    all_verbs(api, kind, manifest, "default")
    assert getattr(api, f"list_{kind}_for_all_namespaces")(label_selector="mine=yes").items == []


@pytest.mark.parametrize("kind", CLUSTER)
def test_every_verb_works_with_a_kind_of_the_cluster(client: Client, kind: str) -> None:
    group, manifest = CLUSTER[kind]
    all_verbs(getattr(official, group)(client.cluster.client), kind, manifest)


def test_a_namespace_can_be_made_and_used(client: Client) -> None:
    core = official.CoreV1Api(client.cluster.client)
    assert core.create_namespace({"metadata": {"name": "mine"}}).metadata.name == "mine"
    assert core.read_namespace("mine").status.phase == "Active"
    assert core.create_namespaced_config_map("mine", CONFIG_MAP).metadata.namespace == "mine"
    with pytest.raises(ApiException, match="405"):
        core.delete_namespace("mine")


def test_custom_resources_are_those_of_a_definition(client: Client) -> None:
    definition = {
        "metadata": {"name": "pots.tea.example"},
        "spec": {
            "group": "tea.example",
            "scope": "Namespaced",
            "names": {"kind": "Pot", "plural": "pots", "singular": "pot"},
            "versions": [{"name": "v1alpha1", "served": True, "storage": True}],
        },
    }
    official.ApiextensionsV1Api(client.cluster.client).create_custom_resource_definition(definition)
    custom = official.CustomObjectsApi(client.cluster.client)
    pot = {"apiVersion": "tea.example/v1alpha1", "kind": "Pot", "metadata": {"name": "big"}, "spec": {"cups": 4}}
    where = ("tea.example", "v1alpha1", "default", "pots")
    assert custom.create_namespaced_custom_object(*where, pot)["spec"] == {"cups": 4}
    assert [each["metadata"]["name"] for each in custom.list_namespaced_custom_object(*where)["items"]] == ["big"]
    custom.delete_namespaced_custom_object(*where, "big")
    assert custom.list_namespaced_custom_object(*where)["items"] == []


def test_a_workload_can_be_replaced_and_scaled(client: Client) -> None:
    client.sim.settle()
    apps = official.AppsV1Api(client.cluster.client)
    web = apps.read_namespaced_deployment("web", "default")
    web.spec.template.spec.containers[0].image = "busybox:1.37.0"
    apps.replace_namespaced_deployment("web", "default", web)
    client.sim.settle()
    assert apps.read_namespaced_deployment("web", "default").status.updated_replicas == 3
    with pytest.raises(ApiException, match="409"):
        apps.replace_namespaced_deployment("web", "default", web)
    scale = apps.read_namespaced_deployment_scale("web", "default")
    scale.spec.replicas = 2
    assert apps.replace_namespaced_deployment_scale("web", "default", scale).spec.replicas == 2
    client.sim.settle()
    assert apps.read_namespaced_deployment("web", "default").status.replicas == 2


def test_the_groups_and_their_kinds_can_be_discovered(client: Client) -> None:
    groups = {each.name for each in official.ApisApi(client.cluster.client).get_api_versions().groups}
    assert {"apps", "batch", "policy", "rbac.authorization.k8s.io"} <= groups
    resources = {each.name: each for each in official.AppsV1Api(client.cluster.client).get_api_resources().resources}
    assert (resources["deployments"].kind, resources["deployments"].short_names) == ("Deployment", ["deploy"])
    assert resources["deployments/scale"].kind == "Scale"
