"""Deployments, ReplicaSets, Events and EndpointSlices, from the bytes of the API."""

import json
from typing import Any

import pytest

from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import EndpointSlice, Event, Ref, ReplicaSet, Workload

DEPLOYMENTS = KINDS["Deployment"].codec
ENDPOINT_SLICES = KINDS["EndpointSlice"].codec
EVENTS = KINDS["Event"].codec
REPLICA_SETS = KINDS["ReplicaSet"].codec
STATEFUL_SETS = KINDS["StatefulSet"].codec

META = {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7"}
CONTROLLER = {"kind": "Deployment", "name": "web", "uid": "web", "controller": True}


def data(metadata: dict[str, Any] | None = None, **parts: Any) -> bytes:
    return json.dumps({"metadata": {**META, **(metadata or {})}, **parts}).encode()


def deployment(metadata: dict[str, Any] | None = None, **parts: Any) -> Workload:
    return DEPLOYMENTS.object(data(metadata, **parts))


def replica_set(metadata: dict[str, Any] | None = None, **parts: Any) -> ReplicaSet:
    return REPLICA_SETS.object(data(metadata, **parts))


def endpoint_slice(*endpoints: dict[str, Any]) -> EndpointSlice:
    return ENDPOINT_SLICES.object(data({"labels": {"kubernetes.io/service-name": "web"}}, endpoints=endpoints))


def endpoint(uid: str, **conditions: bool | None) -> dict[str, Any]:
    return {"addresses": ["10.0.0.1"], "conditions": conditions, "targetRef": {"kind": "Pod", "uid": uid}}


def test_a_deployment() -> None:
    found = deployment(
        {"generation": 4, "annotations": {"deployment.kubernetes.io/revision": "12"}},
        spec={
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 80}}}]}},
        },
        status={"observedGeneration": 3, "updatedReplicas": 2, "replicas": 3},
    )
    assert found == Workload(
        "Deployment",
        "shop",
        "web",
        "u",
        "7",
        generation=4,
        observed_generation=3,
        replicas=3,
        updated_replicas=2,
        selector="app=web",
        revision=12,
    )


def test_replicas_are_one_by_default() -> None:
    assert deployment().replicas == 1
    assert deployment(spec={"replicas": None}).replicas == 1


def test_zero_replicas_are_zero() -> None:
    assert deployment(spec={"replicas": 0}).replicas == 0


def test_a_deployment_may_be_paused_or_terminating() -> None:
    assert deployment(spec={"paused": True}).paused
    assert deployment({"deletionTimestamp": "2026-01-01T00:00:00Z"}).deleting
    assert not deployment().paused
    assert not deployment().deleting


@pytest.mark.parametrize(
    ("containers", "probed"),
    [
        (None, False),
        ([], False),
        ([{"name": "app"}], False),
        ([{"name": "app", "livenessProbe": {}}], False),
        ([{"name": "app"}, {"name": "side", "readinessProbe": {"exec": {"command": ["true"]}}}], True),
    ],
)
def test_a_deployment_is_probed_if_one_of_its_containers_is(containers: Any, probed: bool) -> None:
    assert deployment(spec={"template": {"spec": {"containers": containers}}}).probed == probed


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, ""),
        ({"matchLabels": None, "matchExpressions": None}, ""),
        ({"matchLabels": {"app": "web", "tier": "front"}}, "app=web,tier=front"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "y"]}]}, "a in (x,y)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}, "a notin (x)"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a"),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist", "values": None}]}, "!a"),
        (
            {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "a.b/c", "operator": "In", "values": ["x"]}]},
            "app=web,a.b/c in (x)",
        ),
    ],
)
def test_a_selector_is_written_as_the_query_parameter_of_the_api(selector: dict[str, Any], text: str) -> None:
    assert deployment(spec={"selector": selector}).selector == text


REVISIONS = [("3", 3), ("", 0), ("x", 0), ("-1", 0), ("²", 0), ("9" * 5000, 0)]


@pytest.mark.parametrize(("annotation", "revision"), REVISIONS)
def test_a_revision_that_is_no_number_is_zero(annotation: str, revision: int) -> None:
    assert deployment({"annotations": {"deployment.kubernetes.io/revision": annotation}}).revision == revision


def test_a_workload_without_annotations_has_revision_zero() -> None:
    assert deployment({"annotations": None}).revision == replica_set().revision == 0


def test_a_replica_set() -> None:
    found = replica_set(
        {"ownerReferences": [CONTROLLER], "annotations": {"deployment.kubernetes.io/revision": "2"}},
        spec={"replicas": 3},
        status={
            "conditions": [
                {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
            ]
        },
    )
    assert found == ReplicaSet("shop", "web", "u", "7", owner="web", revision=2, replicas=3, failure="exceeded quota")


def test_a_replica_failure_condition_that_is_false_is_no_failure() -> None:
    condition = {"type": "ReplicaFailure", "status": "False", "message": "exceeded quota"}
    assert replica_set(status={"conditions": [condition]}).failure == ""
    assert replica_set(status={"conditions": None}).failure == ""


def test_an_event() -> None:
    found = EVENTS.object(
        data(
            involvedObject={"kind": "Pod", "namespace": "shop", "name": "web-a", "uid": "a"},
            type="Warning",
            reason="FailedScheduling",
            message="0/2 nodes",
            count=3,
        )
    )
    about = Ref("Pod", "shop", "web-a", "a")
    assert found == Event("shop", "web", "u", "7", about, "Warning", "FailedScheduling", "0/2 nodes", 3)


@pytest.mark.parametrize("count", [None, 0])
def test_an_event_happened_at_least_once(count: int | None) -> None:
    found = EVENTS.object(data(type=None, reason=None, message=None, count=count))
    assert (found.type, found.reason, found.message, found.count) == ("", "", "", 1)


def test_an_endpoint_is_ready_unless_its_condition_is_false() -> None:
    found = endpoint_slice(
        endpoint("yes", ready=True),
        endpoint("no", ready=False, serving=True, terminating=True),
        endpoint("null", ready=None),
        endpoint("unsaid"),
    )
    assert (found.service, found.ready) == ("web", ("null", "unsaid", "yes"))
    assert found.known == ("no", "null", "unsaid", "yes")


@pytest.mark.parametrize("reference", [None, {"kind": "Pod"}])
def test_an_endpoint_without_a_pod_is_ignored(reference: dict[str, Any] | None) -> None:
    found = endpoint_slice({"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": reference})
    assert "" == "".join(found.ready) == "".join(found.known)


@pytest.mark.parametrize("parts", [{}, {"endpoints": None}, {"endpoints": []}])
def test_a_slice_may_be_empty(parts: dict[str, Any]) -> None:
    found = ENDPOINT_SLICES.object(data({"labels": {"kubernetes.io/service-name": "web"}}, **parts))
    assert (found.service, found.ready, found.known) == ("web", (), ())


def test_a_slice_without_labels_belongs_to_no_service() -> None:
    assert ENDPOINT_SLICES.object(data({"labels": None})).service == ""


@pytest.mark.parametrize("codec", [DEPLOYMENTS, REPLICA_SETS, EVENTS, ENDPOINT_SLICES])
def test_bytes_that_are_no_object_raise_a_value_error(codec: Any) -> None:
    for garbage in (b"", b"null", b"7", b"{}", b'{"metadata":7}'):
        with pytest.raises(ValueError):  # noqa: PT011  # the words are msgspec's
            codec.object(garbage)


@pytest.mark.parametrize(
    ("strategy", "keeps"),
    [
        ({"type": "OnDelete"}, "OnDelete"),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}, "partition 2"),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}, ""),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}}, ""),
        ({}, ""),
    ],
)
def test_an_update_strategy_may_keep_old_pods(strategy: dict[str, Any], keeps: str) -> None:
    assert STATEFUL_SETS.object(data(spec={"updateStrategy": strategy})).keeps == keeps


def managed(*entries: dict[str, Any]) -> tuple[str, str]:
    found = deployment({"managedFields": list(entries)})
    return found.changed_by, found.scaled_by


def entry(manager: str, time: str | None, **fields: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


REPLICAS = {"f:spec": {"f:replicas": {}}}
TEMPLATE = {"f:spec": {"f:template": {}}}


def test_the_last_writer_of_the_spec_is_the_field_manager_with_the_newest_time() -> None:
    ours, theirs = (
        entry("ours", "2026-01-01T00:00:05Z", **TEMPLATE),
        entry("kubectl", "2026-01-01T00:00:09Z", **TEMPLATE),
    )
    assert managed(ours, theirs) == managed(theirs, ours) == ("kubectl", "")


def test_of_two_writers_in_one_second_it_is_not_us_who_is_named() -> None:
    ours = entry("kubechaos", "2026-01-01T00:00:05Z", **TEMPLATE)
    theirs = entry("kubectl-rollout", "2026-01-01T00:00:05Z", **TEMPLATE)
    assert managed(ours, theirs) == managed(theirs, ours) == ("kubectl-rollout", "")


def test_who_has_scaled_is_the_owner_of_replicas_though_the_subresource_scale_keeps_no_time() -> None:
    theirs = {**entry("kube-controller-manager", None, **REPLICAS), "subresource": "scale"}
    assert managed(entry("argocd", "2026-01-01T00:00:05Z", **TEMPLATE), theirs) == ("argocd", "kube-controller-manager")


def test_a_writer_of_status_or_metadata_has_not_written_the_spec() -> None:
    ours = entry("argocd", "2026-01-01T00:00:05Z", **REPLICAS)
    status = {**entry("kube-controller-manager", "2026-01-01T00:00:09Z", **{"f:status": {}}), "subresource": "status"}
    assert managed(ours, status, {"manager": "odd", "time": None, "fieldsV1": None}) == ("argocd", "argocd")


def test_without_managed_fields_nobody_is_named() -> None:
    assert managed() == ("", "")
    assert deployment().changed_by == deployment({"managedFields": None}).changed_by == ""


def with_liveness(*probes: dict[str, Any] | None) -> int:
    containers = [{"name": "app", "livenessProbe": probe} for probe in probes]
    return deployment(spec={"template": {"spec": {"containers": containers}}}).liveness_fails_after


def test_the_slowest_liveness_probe_is_the_one_that_counts() -> None:
    quick = {"initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 2}
    assert with_liveness(quick) == 3
    assert with_liveness(quick, {"initialDelaySeconds": 20}) == 50
    assert with_liveness(quick, {"periodSeconds": 5, "failureThreshold": None}, None) == 15
    assert with_liveness(None) == deployment().liveness_fails_after == 0


@pytest.mark.parametrize(
    ("times", "last"),
    [
        ({"lastTimestamp": "1970-01-01T00:01:00Z"}, 60.0),
        ({"eventTime": "1970-01-01T00:01:00.500000Z", "lastTimestamp": None}, 60.5),
        (
            {
                "eventTime": "1970-01-01T00:01:00.500000Z",
                "series": {"count": 2, "lastObservedTime": "1970-01-01T00:02:00.000000Z"},
            },
            120.0,
        ),
        ({}, 0.0),
        ({"lastTimestamp": "0000-01-01T00:00:00Z"}, 0.0),
    ],
)
def test_when_an_event_occurred_last(times: dict[str, Any], last: float) -> None:
    assert EVENTS.object(data(**times)).last == last
