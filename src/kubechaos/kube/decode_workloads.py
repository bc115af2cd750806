"""Workloads, Events and EndpointSlices of the Kubernetes API -> those of `objects`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from . import schema
from .decode import decimal
from .decode_pods import seconds
from .objects import TEMPLATE, ControllerRevision, EndpointSlice, Event, Ref, ReplicaSet, Workload

REVISION = "deployment.kubernetes.io/revision"
"""The annotation with which the Deployment controller numbers the templates of a Deployment and its ReplicaSets."""
SERVICE = "kubernetes.io/service-name"
"""The label that names the Service of an EndpointSlice."""
OURS: Final = "kubechaos"
"""The field manager of our own writes: the API server takes it from our User-Agent."""


def workload(kind: str, raw: schema.Workload, *, per_node: bool) -> Workload:
    """Return a Deployment, StatefulSet or DaemonSet; `per_node` if it has a pod on each node that should run one."""
    meta, spec, status = raw.metadata, raw.spec, raw.status
    containers = spec.template.spec.containers or ()
    # Only of a DaemonSet does the status say how many pods are wanted, and under other names.
    if per_node:
        replicas, updated_replicas = status.desired_number_scheduled, status.updated_number_scheduled
    else:
        replicas, updated_replicas = _replicas(spec), status.updated_replicas
    return Workload(
        kind,
        *meta.identity,
        generation=meta.generation,
        observed_generation=status.observed_generation,
        replicas=replicas,
        updated_replicas=updated_replicas,
        selector=selector(spec.selector),
        revision=_revision(meta),
        template=status.update_revision or "",
        paused=spec.paused,
        deleting=meta.deletion_timestamp is not None,
        min_ready_seconds=spec.min_ready_seconds,
        keeps=_keeps(spec.update_strategy),
        partition=_partition(spec.update_strategy),
        changed_by=_last_manager(meta.managed_fields, "f:spec"),
        scaled_by=_last_manager(meta.managed_fields, "f:spec", "f:replicas"),
        probed=any(container.readiness_probe is not None for container in containers),
        liveness_fails_after=max((_fails_after(container.liveness_probe) for container in containers), default=0),
    )


def _fails_after(probe: schema.Probe | None) -> int:
    """Return after how many seconds a probe that never passes has failed; 0 without a probe."""
    if probe is None:
        return 0
    # The API server has filled in its defaults, 0 s, 10 s and 3 times (core/v1, Probe); what is null had none.
    return (probe.initial_delay_seconds or 0) + (probe.period_seconds or 10) * (probe.failure_threshold or 3)


def _replicas(spec: schema.WorkloadSpec) -> int:
    # "Defaults to 1": apps/v1, DeploymentSpec.replicas. 0 is another value than none.
    return 1 if spec.replicas is None else spec.replicas


def _last_manager(entries: list[schema.ManagedFields] | None, *path: str) -> str:
    """Return the name of the client that wrote something below `path` last; "" if the API does not say."""
    # A field belongs to the one that set it last: an older writer of the same field has lost it. The times are strings
    # of one form, in whole seconds: of two in the same second it is somebody else, as nobody asks who we are. An entry
    # of the subresource scale has none (measured).
    owners = [each for each in entries or () if _owns(each.fields_v1, path)]
    last = max(owners, key=lambda each: (each.time or "", each.manager != OURS), default=schema.ManagedFields())
    return last.manager


def _owns(fields: Any, path: Sequence[str]) -> bool:
    """Whether a set of fields has one at, or below, the path."""
    for step in path:
        if not isinstance(fields, Mapping) or step not in fields:
            return False
        fields = fields[step]
    return True


def selector(raw: schema.Selector | None) -> str:
    """Return a label selector as it is written in the query parameter `labelSelector`."""
    if raw is None:
        return ""
    terms = [f"{key}={value}" for key, value in (raw.match_labels or {}).items()]
    return ",".join([*terms, *map(_term, raw.match_expressions or ())])


def _term(expression: schema.Expression) -> str:
    values = ",".join(expression.values or ())
    match expression.operator:
        case "In":
            return f"{expression.key} in ({values})"
        case "NotIn":
            return f"{expression.key} notin ({values})"
        case "DoesNotExist":
            return f"!{expression.key}"
    return expression.key


def _revision(meta: schema.Meta) -> int:
    """Return the number of a template; 0 if there is none."""
    return decimal((meta.annotations or {}).get(REVISION, "")) or 0


def _keeps(strategy: schema.UpdateStrategy) -> str:
    """Return which part of an update strategy leaves pods of an old template as they are; "" if none does."""
    if _partition(strategy):
        return f"partition {_partition(strategy)}"
    if strategy.type == "OnDelete":
        return "OnDelete"
    return ""


def _partition(strategy: schema.UpdateStrategy) -> int:
    if strategy.rolling_update is None:
        return 0
    return strategy.rolling_update.partition or 0


def replica_set(raw: schema.Workload) -> ReplicaSet:
    """Return a ReplicaSet."""
    meta = raw.metadata
    return ReplicaSet(
        *meta.identity,
        owner=meta.controller.uid,
        revision=_revision(meta),
        replicas=raw.spec.replicas or 0,
        failure=_failure(raw.status),
    )


def _failure(status: schema.WorkloadStatus) -> str:
    """Return why a ReplicaSet cannot create pods; "" if it can."""
    for condition in status.conditions or ():
        if condition.type == "ReplicaFailure" and condition.status == "True":
            return condition.message or ""
    return ""


def controller_revision(raw: schema.ControllerRevision) -> ControllerRevision:
    """Return a ControllerRevision."""
    meta = raw.metadata
    return ControllerRevision(
        *meta.identity,
        owner=meta.controller.uid,
        revision=raw.revision,
        template=(meta.labels or {}).get(TEMPLATE, ""),
    )


def event(raw: schema.Event) -> Event:
    """Return an Event."""
    meta, about = raw.metadata, raw.involved_object
    return Event(
        *meta.identity,
        about=Ref(about.kind, about.namespace, about.name, about.uid),
        type=raw.type or "",
        reason=raw.reason or "",
        message=raw.message or "",
        count=raw.count or 1,
        last=_last_seconds(raw),
    )


def _last_seconds(raw: schema.Event) -> float:
    """Return when an Event occurred last, in seconds since the epoch; 0.0 if it does not say so."""
    # The kubelet counts up one Event and moves its lastTimestamp. The scheduler writes Events of events.k8s.io, which
    # have an eventTime, and a series once they have occurred again.
    last = raw.last_timestamp or raw.event_time
    if raw.series is not None:
        last = raw.series.last_observed_time or last
    # Anybody may write an Event, and the API server accepts the year 0, which Python does not.
    try:
        return seconds(last)
    except ValueError:
        return 0.0


def endpoint_slice(raw: schema.EndpointSlice) -> EndpointSlice:
    """Return an EndpointSlice."""
    meta = raw.metadata
    pods = [(each.target_ref.uid, each.conditions.ready) for each in raw.endpoints or () if each.target_ref]
    return EndpointSlice(
        *meta.identity,
        service=(meta.labels or {}).get(SERVICE, ""),
        # "A nil value should be interpreted as "true"": discovery.k8s.io/v1, EndpointConditions.ready.
        ready=tuple(sorted(uid for uid, ready in pods if ready is not False)),
        known=tuple(sorted(uid for uid, _ in pods)),
    )
