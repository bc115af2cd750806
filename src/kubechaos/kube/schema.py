"""The part of the API's JSON that is decoded: the types of core/v1, apps/v1 and discovery.k8s.io/v1, cut down.

They are named as in the API. A field that may be absent or null there has a default here: Go writes a nil slice as
null, so "items": null is a page without objects.
"""

from typing import Any, Generic, TypeVar

import msgspec

RawT = TypeVar("RawT")


# gc=False: the garbage collector need not visit these values, as JSON has no cycles. An event has a dozen or more.
class Wire(msgspec.Struct, rename="camel", gc=False):
    """A part of a JSON object of the API; its keys are in camelCase."""


class Value(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """A part that can be hashed, so that what is made of it can be cached."""


class Owner(Wire):
    uid: str = ""
    kind: str = ""
    controller: bool | None = None


class Meta(Wire):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None
    owner_references: list[Owner] | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Namespace, name, uid and version: the first four fields of every class in `objects`."""
        return self.namespace, self.name, self.uid, self.resource_version

    @property
    def controller(self) -> Owner:
        """The owner that controls the object, of which there is at most one; an empty one if there is none."""
        for owner in self.owner_references or ():
            if owner.controller:
                return owner
        return Owner()


class ManagedFields(Wire):
    manager: str = ""
    time: str | None = None
    subresource: str = ""
    fields_v1: dict[str, Any] | None = msgspec.field(default=None, name="fieldsV1")


class WorkloadMeta(Meta):
    managed_fields: list[ManagedFields] | None = None


class Condition(Wire):
    type: str = ""
    status: str = ""
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None


class StateDetail(Value, frozen=True):
    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None


class State(Value, frozen=True):
    running: StateDetail | None = None
    waiting: StateDetail | None = None
    terminated: StateDetail | None = None


class ContainerStatus(Value, frozen=True):
    name: str = ""
    container_id: str | None = msgspec.field(default=None, name="containerID")
    ready: bool = False
    restart_count: int = 0
    state: State | None = None
    last_state: State | None = None


class PodSpec(Wire):
    node_name: str | None = None
    termination_grace_period_seconds: int | None = None


class PodStatus(Wire):
    phase: str | None = None
    reason: str | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(Wire):
    metadata: Meta
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class Expression(Wire):
    key: str
    operator: str
    values: list[str] | None = None


class Selector(Wire):
    match_labels: dict[str, str] | None = None
    match_expressions: list[Expression] | None = None


class Probe(Wire):
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    failure_threshold: int | None = None


class TemplateContainer(Wire):
    readiness_probe: dict[str, Any] | None = None
    liveness_probe: Probe | None = None


class TemplateSpec(Wire):
    containers: list[TemplateContainer] | None = None


class Template(Wire):
    spec: TemplateSpec = msgspec.field(default_factory=TemplateSpec)


class RollingUpdate(Wire):
    partition: int | None = None


class UpdateStrategy(Wire):
    type: str = ""
    rolling_update: RollingUpdate | None = None


class WorkloadSpec(Wire):
    update_strategy: UpdateStrategy = msgspec.field(default_factory=UpdateStrategy)
    replicas: int | None = None
    paused: bool = False
    min_ready_seconds: int = 0
    selector: Selector | None = None
    template: Template = msgspec.field(default_factory=Template)


class WorkloadStatus(Wire):
    observed_generation: int = 0
    updated_replicas: int = 0
    update_revision: str | None = None
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    conditions: list[Condition] | None = None


class Workload(Wire):
    metadata: WorkloadMeta
    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)


class ControllerRevision(Wire):
    metadata: Meta
    revision: int = 0


class Object(Wire):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class EventSeries(Wire):
    last_observed_time: str | None = None


class Event(Wire):
    metadata: Meta
    involved_object: Object = msgspec.field(default_factory=Object)
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    count: int | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: EventSeries | None = None


class EndpointConditions(Wire):
    ready: bool | None = None


class Endpoint(Wire):
    conditions: EndpointConditions = msgspec.field(default_factory=EndpointConditions)
    target_ref: Object | None = None


class EndpointSlice(Wire):
    metadata: Meta
    endpoints: list[Endpoint] | None = None


class Cause(Wire):
    reason: str = ""
    message: str = ""


class StatusDetails(Wire):
    causes: list[Cause] | None = None


class ListMeta(Wire):
    resource_version: str = ""
    continue_: str | None = msgspec.field(default=None, name="continue")


class List(Wire, Generic[RawT]):
    metadata: ListMeta
    items: list[RawT] | None = None


class WatchEvent(Wire, Generic[RawT]):
    type: str
    object: RawT
