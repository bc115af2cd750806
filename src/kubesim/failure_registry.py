"""The registry of injected failures, which every component that can fail consults."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from .failures import BY_NAME, ClusterFailure, Failure, Forbidden, PodFailure, WorkloadFailure
from .store.kinds import BY_NAME as KINDS
from .store.kinds import DAEMON_SET, OWNERS, POD, WORKLOADS, Kind
from .store.objects import Stored
from .store.selectors import parse_labels
from .store.store import Change, Store

FailureT = TypeVar("FailureT", bound=PodFailure)
Begin = Callable[[WorkloadFailure, Stored], None]


@dataclass(frozen=True, slots=True)
class Scope:
    """The pods or workloads that a failure applies to.

    `workload` is the name of a Deployment, StatefulSet or DaemonSet ("": all of them), `selector` a label selector for
    its pods. With `replacements` the failure begins once the workload has been complete, and only hits pods created
    after that. Raises ValueError for a selector that cannot be parsed.
    """

    workload: str = ""
    selector: str = ""
    namespace: str = "default"
    replacements: bool = False

    def __post_init__(self) -> None:
        parse_labels(self.selector)

    def covers(self, obj: Stored, workload: str) -> bool:
        """Return whether an object of a workload is meant, `replacements` aside."""
        return (
            self.namespace == obj.namespace
            and self.workload in ("", workload)
            and parse_labels(self.selector).holds(obj.labels)
        )


@dataclass(frozen=True, slots=True)
class Injection:
    """A failure and what it applies to."""

    failure: Failure
    scope: Scope = Scope()


class FailureRegistry:
    """The injected failures; `begin` is called whenever a workload failure begins for a workload."""

    def __init__(self, store: Store, begin: Begin) -> None:
        self._store = store
        self._begin = begin
        self._injections: list[Injection] = []
        self._complete: set[str] = set()
        self._replacements: set[str] = set()
        for kind in WORKLOADS:
            store.listen(kind, self._on_workload)
        store.listen(POD, self._on_pod)

    def add(self, injection: Injection) -> None:
        """Inject a failure: it begins now, or when its workload is complete."""
        self._injections.append(injection)
        for workload in [each for kind in WORKLOADS for each in self._store.all(kind)]:
            self._begin_for(injection, workload)

    def remove(self, failure: type[Failure]) -> None:
        """Remove every injection of a failure."""
        self._injections = [each for each in self._injections if not isinstance(each.failure, failure)]

    def of(self, pod: Stored, wanted: type[FailureT]) -> FailureT | None:
        """Return the failure of a class that a pod has.

        Of several kinds of failures the one that is defined first counts, of several of one kind the latest.
        """
        if not self._injections:
            return None
        found: dict[str, FailureT] = {}
        for injection in self._injections:
            failure = injection.failure
            if isinstance(failure, wanted) and self._has(injection, pod):
                found[failure.name] = failure
        return next((found[name] for name in BY_NAME if name in found), None)

    def stops(self, failure: type[WorkloadFailure], obj: Stored) -> bool:
        """Return whether a failure holds for the workload that an object is, or belongs to."""
        injections = self._of_class(failure)
        return any(self._applies(each.scope, self._workload(obj)) for each in injections)

    def everywhere(self, failure: type[ClusterFailure]) -> bool:
        """Return whether a failure of the control plane is injected."""
        return any(True for _ in self._of_class(failure))

    def forbids(self, verb: str, resource: str, namespace: str) -> bool:
        """Return whether requests are forbidden; requests without a namespace are covered by any."""
        return any(
            isinstance(each.failure, Forbidden)
            and each.failure.forbids(verb, resource)
            and namespace in ("", each.scope.namespace)
            for each in self._injections
        )

    def _of_class(self, failure: type[Failure]) -> Iterator[Injection]:
        return (each for each in self._injections if isinstance(each.failure, failure))

    def _has(self, injection: Injection, pod: Stored) -> bool:
        scope = injection.scope
        if scope.replacements and pod.uid not in self._replacements:
            return False
        workload = self._workload(pod)
        if workload is None:
            return scope.covers(pod, pod.name)
        return scope.covers(pod, workload.name)

    def _applies(self, scope: Scope, workload: Stored | None) -> bool:
        if workload is None or (scope.replacements and workload.uid not in self._complete):
            return False
        return scope.covers(workload, workload.name)

    def _workload(self, obj: Stored) -> Stored | None:
        """Return the workload that an object is, or belongs to: a pod's ReplicaSet leads to its Deployment."""
        while obj.kind not in WORKLOADS:
            owner = self._owner(obj)
            if owner is None:
                return None
            obj = owner
        return obj

    def _owner(self, obj: Stored) -> Stored | None:
        kinds: tuple[Kind, ...] = WORKLOADS
        if obj.kind is POD:
            kinds = OWNERS
        for reference in obj.meta.get("ownerReferences") or ():
            if reference.get("controller"):
                kind = KINDS.get(reference["kind"])
                if kind is None or kind not in kinds:
                    return None
                return self._store.get(kind, obj.namespace, reference["name"])
        return None

    def _on_workload(self, change: Change) -> None:
        workload = change.after
        if change.type == "ADDED":
            self._begin_all(workload, replacements=False)
        wanted, ready = _wanted_and_ready(workload)
        if workload.uid not in self._complete and 0 < wanted == ready:
            self._complete.add(workload.uid)
            self._begin_all(workload, replacements=True)

    def _begin_all(self, workload: Stored, *, replacements: bool) -> None:
        for each in self._injections:
            if each.scope.replacements is replacements:
                self._begin_for(each, workload)

    def _begin_for(self, injection: Injection, workload: Stored) -> None:
        if isinstance(injection.failure, WorkloadFailure) and self._applies(injection.scope, workload):
            self._begin(injection.failure, workload)

    def _on_pod(self, change: Change) -> None:
        # A pod counts as a replacement for good, decided when it is created: its workload may shrink later, and then
        # be complete or not, without any pod becoming another one.
        if change.type == "DELETED":
            self._replacements.discard(change.after.uid)
        elif change.type == "ADDED":
            workload = self._workload(change.after)
            if workload is not None and workload.uid in self._complete:
                self._replacements.add(change.after.uid)


def _wanted_and_ready(workload: Stored) -> tuple[int, int]:
    status = workload.status
    if workload.kind is DAEMON_SET:
        return status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    return workload.spec["replicas"], status.get("readyReplicas", 0)
