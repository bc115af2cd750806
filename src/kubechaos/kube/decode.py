"""Bytes of the Kubernetes API -> the values of `objects`; only the fields that are needed are decoded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from ..errors import MalformedError
from . import schema
from .objects import (
    TEMPLATE,
    Container,
    ControllerRevision,
    EndpointSlice,
    Event,
    Observed,
    Pod,
    Ref,
    ReplicaSet,
    Workload,
)

REVISION = "deployment.kubernetes.io/revision"
SERVICE = "kubernetes.io/service-name"
LONGEST_NUMBER = 18
_NONE = schema.Condition()
SAME = 1024  # values are kept for when they come again: most of what an event tells is as it was


@lru_cache(maxsize=SAME)
def seconds(timestamp: str | None) -> float:
    """Return an RFC 3339 time as epoch seconds, 0.0 if there is none."""
    return datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0


def decimal(text: str) -> int | None:
    """Return a whole number that is written in the digits 0 to 9 and fits into 64 bits, None for any other text."""
    # isdigit alone would let "²" pass, and int refuses some thousands of digits.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


def _identity(meta: schema.Meta) -> tuple[str, str, str, str]:
    """What every one of our nouns begins with: namespace, name, uid and version."""
    return meta.namespace, meta.name, meta.uid, meta.resource_version


def _why(condition: schema.Condition) -> str:
    return ": ".join(part for part in (condition.reason, condition.message) if part)


@lru_cache(maxsize=SAME)
def _container(status: schema.ContainerStatus) -> Container:
    state, last = status.state or schema.State(), (status.last_state or schema.State()).terminated
    name = next((name for name in ("running", "waiting", "terminated") if getattr(state, name) is not None), "")
    detail: schema.StateDetail = getattr(state, name) if name else schema.StateDetail()
    return Container(
        name=status.name,
        id=status.container_id or "",
        ready=status.ready,
        restarts=status.restart_count,
        state=name,
        reason=detail.reason or "",
        message=detail.message or "",
        exit_code=detail.exit_code,
        last_reason=(last.reason or "") if last else "",
        last_exit_code=last.exit_code if last else None,
    )


def _grace(raw: schema.Pod) -> float:
    """The grace that the deletion asked for, else the pod's own; 30 s is the API's default."""
    asked, own = raw.metadata.deletion_grace_period_seconds, raw.spec.termination_grace_period_seconds
    return float(asked if asked is not None else own if own is not None else 30)


def pod(raw: schema.Pod) -> Pod:
    """Return a pod."""
    meta, status, owner = raw.metadata, raw.status, raw.metadata.controller
    conditions = {each.type: each for each in status.conditions or ()}
    ready = conditions.get("Ready", _NONE)
    scheduled = conditions.get("PodScheduled", _NONE)
    return Pod(
        *_identity(meta),
        created=meta.creation_timestamp or "",
        owner=owner.uid,
        owner_kind=owner.kind,
        node=raw.spec.node_name or "",
        phase=status.phase or "",
        ready=ready.status == "True",
        ready_since=seconds(ready.last_transition_time) if ready.status == "True" else 0.0,
        not_ready="" if ready.status == "True" else _why(ready),
        unschedulable=(scheduled.message or "") if scheduled.reason == "Unschedulable" else "",
        deleting=meta.deletion_timestamp is not None,
        grace=_grace(raw),
        reason=status.reason or "",
        finalizers=tuple(meta.finalizers or ()),
        labels=meta.labels or {},
        containers=tuple(map(_container, status.container_statuses or ())),
        init_containers=tuple(map(_container, status.init_container_statuses or ())),
    )


def selector(raw: schema.Selector | None) -> str:
    """Return a label selector in the form of the query parameter `labelSelector`."""
    if raw is None:
        return ""
    parts = [f"{key}={value}" for key, value in (raw.match_labels or {}).items()]
    for e in raw.match_expressions or ():
        values = ",".join(e.values or ())
        word = {"In": f"{e.key} in ({values})", "NotIn": f"{e.key} notin ({values})", "DoesNotExist": f"!{e.key}"}
        parts.append(word.get(e.operator, e.key))
    return ",".join(parts)


def _revision(meta: schema.Meta) -> int:
    return decimal((meta.annotations or {}).get(REVISION, "")) or 0


def _failure(status: schema.WorkloadStatus) -> str:
    failed = (c for c in status.conditions or () if c.type == "ReplicaFailure" and c.status == "True")
    return next(failed, _NONE).message or ""


def workload(kind: str, raw: schema.Workload, *, per_node: bool) -> Workload:
    """Return a workload; of one with a pod `per_node`, its status says how many pods are wanted."""
    meta, spec, status = raw.metadata, raw.spec, raw.status
    wanted = 1 if spec.replicas is None else spec.replicas
    return Workload(
        kind,
        *_identity(meta),
        generation=meta.generation,
        observed_generation=status.observed_generation,
        replicas=status.desired_number_scheduled if per_node else wanted,
        updated_replicas=status.updated_number_scheduled if per_node else status.updated_replicas,
        selector=selector(spec.selector),
        revision=_revision(meta),
        template=status.update_revision or "",
        paused=spec.paused,
        deleting=meta.deletion_timestamp is not None,
        min_ready_seconds=spec.min_ready_seconds,
        keeps=_keeps(spec.update_strategy),
        probed=any(c.readiness_probe is not None for c in spec.template.spec.containers or ()),
    )


def _keeps(strategy: schema.UpdateStrategy) -> str:
    partition = strategy.rolling_update.partition if strategy.rolling_update else None
    return f"partition {partition}" if partition else "OnDelete" if strategy.type == "OnDelete" else ""


def replica_set(raw: schema.Workload) -> ReplicaSet:
    """Return a ReplicaSet."""
    meta = raw.metadata
    return ReplicaSet(
        *_identity(meta),
        owner=meta.controller.uid,
        revision=_revision(meta),
        replicas=raw.spec.replicas or 0,
        failure=_failure(raw.status),
    )


def controller_revision(raw: schema.ControllerRevision) -> ControllerRevision:
    """Return a ControllerRevision."""
    meta = raw.metadata
    return ControllerRevision(
        *_identity(meta),
        owner=meta.controller.uid,
        revision=raw.revision,
        template=(meta.labels or {}).get(TEMPLATE, ""),
    )


def event(raw: schema.Event) -> Event:
    """Return an Event."""
    meta, about = raw.metadata, raw.involved_object
    return Event(
        *_identity(meta),
        about=Ref(about.kind, about.namespace, about.name, about.uid),
        type=raw.type or "",
        reason=raw.reason or "",
        message=raw.message or "",
        count=raw.count or 1,
    )


def endpoint_slice(raw: schema.EndpointSlice) -> EndpointSlice:
    """Return an EndpointSlice."""
    meta = raw.metadata
    pods = [(e.target_ref.uid, e.conditions.ready) for e in raw.endpoints or () if e.target_ref]
    return EndpointSlice(
        *_identity(meta),
        service=(meta.labels or {}).get(SERVICE, ""),
        # "nil should be interpreted as true": discovery.k8s.io/v1, EndpointConditions.ready.
        ready=tuple(sorted(uid for uid, ready in pods if ready is not False)),
        known=tuple(sorted(uid for uid, _ in pods)),
    )


RawT = TypeVar("RawT")
ValueT = TypeVar("ValueT", bound=Observed)


class Page(schema.Wire, Generic[ValueT]):
    """One page of a listing."""

    objects: tuple[ValueT, ...]
    resource_version: str
    next: str


class Status(schema.Wire):
    """What the API server says about a failed call, or inside a stream; `kind` is empty where it is none."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: schema.StatusDetails | None = None

    @property
    def causes(self) -> list[schema.Cause]:
        """What exactly is wrong, one by one."""
        return (self.details.causes if self.details else None) or []


class Codec(Generic[ValueT]):
    """Decodes one kind: single objects, pages of a listing, lines of a watch."""

    def __init__(self, raw: type[RawT], value: Callable[[RawT], ValueT]) -> None:
        self._value = value
        self._object = msgspec.json.Decoder(raw)
        self._event: msgspec.json.Decoder[Any] = msgspec.json.Decoder(schema.WatchEvent[raw])  # type: ignore[valid-type]
        self._list: msgspec.json.Decoder[Any] = msgspec.json.Decoder(schema.List[raw])  # type: ignore[valid-type]  # made at run time

    def object(self, data: bytes) -> ValueT:
        """Decode one object; raises MalformedError if it is not one."""
        with _well_formed():
            return self._value(self._object.decode(data))

    def page(self, data: bytes) -> Page[ValueT]:
        """Decode one page of a listing; raises MalformedError if it is not one."""
        with _well_formed():
            raw = self._list.decode(data)
        objects = tuple(map(self._value, raw.items or ()))
        return Page(objects, raw.metadata.resource_version, raw.metadata.continue_ or "")

    def event(self, line: bytes) -> tuple[str, ValueT | Status]:
        """Decode one line of a watch into its type and its object; an ERROR carries a Status."""
        try:
            event = self._event.decode(line)
            if event.type != "ERROR":
                return event.type, self._value(event.object)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # most likely a Status, which has another shape
        with _well_formed():
            event = _WATCH.decode(line)
        if event.type == "ERROR":
            return event.type, _STATUS.decode(event.object)
        return event.type, self.object(bytes(event.object))


_WATCH = msgspec.json.Decoder(schema.WatchEvent[msgspec.Raw])
_STATUS = msgspec.json.Decoder(Status)


def status(data: bytes) -> Status:
    """Decode a Status body; anything else (a proxy's HTML page, say) becomes an empty one."""
    try:
        return _STATUS.decode(data)
    except msgspec.DecodeError:
        return Status()


def mapping(data: bytes) -> dict[str, Any]:
    """Decode a JSON object into plain Python values; raises MalformedError if it is none."""
    with _well_formed():
        return msgspec.json.decode(data, type=dict[str, Any])


@contextmanager
def _well_formed() -> Iterator[None]:
    try:
        yield
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedError(f"this is not an answer of the Kubernetes API: {error}") from None


def convert(value: Any, kind: type[ValueT]) -> ValueT:
    """Return plain values as one of the nouns again; raises ValueError if they do not fit."""
    return msgspec.convert(value, kind)


def encode(value: Any) -> bytes:
    """Encode a value as JSON in one line; infinities and NaN become null, as strict JSON has none."""
    return msgspec.json.encode(value)
