"""Pods of the Kubernetes API -> pods of `objects`."""

from datetime import datetime
from functools import lru_cache

from . import schema
from .objects import Container, Pod

CACHED = 1024
"""How many decoded containers and timestamps are kept.

Consecutive events of a pod differ in one field or two, so nearly every container and time in them was decoded before.
The raw values are frozen and hashed by their contents: a changed status is another key, and none is ever out of date.
"""
DEFAULT_GRACE = 30
"""Seconds of grace that the API gives a pod that asks for none: core/v1, PodSpec.terminationGracePeriodSeconds."""
_NO_CONDITION = schema.Condition()
_NO_STATE = schema.State()
_NO_DETAIL = schema.StateDetail()


def pod(raw: schema.Pod) -> Pod:
    """Return a pod."""
    meta, status, owner = raw.metadata, raw.status, raw.metadata.controller
    conditions = {condition.type: condition for condition in status.conditions or ()}
    ready = conditions.get("Ready", _NO_CONDITION)
    is_ready, ready_since, not_ready = _readiness(ready)
    return Pod(
        *meta.identity,
        created=meta.creation_timestamp or "",
        owner=owner.uid,
        owner_kind=owner.kind,
        node=raw.spec.node_name or "",
        phase=status.phase or "",
        ready=is_ready,
        ready_since=ready_since,
        not_ready=not_ready,
        unschedulable=_unschedulable(conditions.get("PodScheduled", _NO_CONDITION)),
        deleting=meta.deletion_timestamp is not None,
        grace=_grace(raw),
        reason=status.reason or "",
        finalizers=tuple(meta.finalizers or ()),
        labels=meta.labels or {},
        containers=tuple(map(_container, status.container_statuses or ())),
        init_containers=tuple(map(_container, status.init_container_statuses or ())),
    )


@lru_cache(maxsize=CACHED)
def seconds(timestamp: str | None) -> float:
    """Return an RFC 3339 time in seconds since the epoch; 0.0 if there is none."""
    if not timestamp:
        return 0.0
    return datetime.fromisoformat(timestamp).timestamp()


def _readiness(condition: schema.Condition) -> tuple[bool, float, str]:
    """Return whether a pod is Ready, since when, and why it is not; the last as "Reason: message"."""
    if condition.status == "True":
        return True, seconds(condition.last_transition_time), ""
    return False, 0.0, ": ".join(part for part in (condition.reason, condition.message) if part)


def _unschedulable(scheduled: schema.Condition) -> str:
    """Return why no node takes a pod; "" if that is not known."""
    # The other reason for PodScheduled=False, SchedulingGated, is what somebody asked for (KEP-3521).
    if scheduled.reason != "Unschedulable":
        return ""
    return scheduled.message or ""


def _grace(raw: schema.Pod) -> float:
    """Return the seconds that a pod has, or would have, from its deletion to SIGKILL."""
    # A DELETE may ask for another grace than the pod's own, and then writes it into the metadata.
    grace = raw.metadata.deletion_grace_period_seconds
    if grace is None:
        grace = raw.spec.termination_grace_period_seconds
    if grace is None:
        grace = DEFAULT_GRACE
    return float(grace)


@lru_cache(maxsize=CACHED)
def _container(status: schema.ContainerStatus) -> Container:
    """Return a container's status."""
    name, detail = _state(status.state or _NO_STATE)
    last = (status.last_state or _NO_STATE).terminated or _NO_DETAIL
    return Container(
        name=status.name,
        id=status.container_id or "",
        ready=status.ready,
        restarts=status.restart_count,
        state=name,
        reason=detail.reason or "",
        message=detail.message or "",
        exit_code=detail.exit_code,
        last_reason=last.reason or "",
        last_exit_code=last.exit_code,
    )


def _state(state: schema.State) -> tuple[str, schema.StateDetail]:
    """Return the name of the state that a container is in, "" for none, and its details."""
    # The API has a field for each state, of which at most one is set: core/v1, ContainerState.
    if state.running is not None:
        return "running", state.running
    if state.waiting is not None:
        return "waiting", state.waiting
    if state.terminated is not None:
        return "terminated", state.terminated
    return "", _NO_DETAIL
