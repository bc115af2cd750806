"""What can be wrong with a workload on purpose, and with which of its pods."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .store.kinds import BY_NAME, DAEMON_SET, OWNERS, POD, WORKLOADS
from .store.objects import Stored
from .store.selectors import parse_labels
from .store.store import Change, Store

OF_PODS: Final = (
    "never-ready",
    "slow-ready",
    "flapping",
    "crash-loop",
    "oom",
    "image-pull",
    "unschedulable",
    "ignores-sigterm",
    "stuck-finalizer",
)
OF_WORKLOADS: Final = ("quota", "blocking-budget", "controller-silent")
OF_CLUSTERS: Final = ("scheduler-silent", "forbidden")
NAMES: Final = (*OF_PODS, *OF_WORKLOADS, *OF_CLUSTERS)


@dataclass(frozen=True, slots=True)
class Sickness:
    """What a workload suffers from.

    `workload` is the name of a Deployment, StatefulSet or DaemonSet (none: all of them), `selector` a label selector
    for its pods. With `replacements` it begins only once the workload has been complete, and only for pods made after
    that. `seconds` is how long a pod is slow to become Ready, how long a flapping one keeps a state, or how long it
    runs before it is out of memory. `verb` and `resource` are what is forbidden.
    """

    name: str
    workload: str = ""
    selector: str = ""
    namespace: str = "default"
    replacements: bool = False
    seconds: float = 2.0
    exit_code: int = 1
    verb: str = ""
    resource: str = ""

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"no sickness {self.name!r}; there are: {', '.join(sorted(NAMES))}")
        parse_labels(self.selector)


class Ward:
    """Who suffers from what; `begin` is called when a sickness of a whole workload breaks out."""

    def __init__(self, store: Store) -> None:
        self.begin: Callable[[Sickness, Stored | None], None] = lambda sickness, workload: None
        self._store = store
        self._all: list[Sickness] = []
        self._complete: set[str] = set()
        self._replacements: set[str] = set()
        for kind in WORKLOADS:
            store.listen(kind, self._hear)
        store.listen(POD, self._hear_pod)

    def add(self, sickness: Sickness) -> None:
        """Let something break out, now or when its workload is complete."""
        self._all.append(sickness)
        if sickness.name in OF_CLUSTERS:
            self.begin(sickness, None)
            return
        for workload in [each for kind in WORKLOADS for each in self._store.all(kind)]:
            if self._suffers(sickness, workload):
                self.begin(sickness, workload)

    def heal(self, name: str) -> None:
        """Take a sickness away from everybody."""
        self._all = [each for each in self._all if each.name != name]

    def of(self, pod: Stored) -> dict[str, Sickness]:
        """Return what a pod suffers from, by name."""
        if not self._all:
            return {}
        workload = self._named(pod)
        found = (each for each in self._all if each.name in OF_PODS and self._has(each, pod, workload))
        return {each.name: each for each in found}

    def silent(self, name: str, workload: Stored | None = None) -> bool:
        """Whether nobody works: for a workload, or at all."""
        return any(
            each.name == name and (workload is None or self._suffers(each, self._workload(workload)))
            for each in self._all
        )

    def forbids(self, verb: str, resource: str, namespace: str) -> bool:
        """Whether a verb on a resource is forbidden."""
        return any(
            each.name == "forbidden"
            and each.verb in ("", verb)
            and each.resource in ("", resource)
            and (not namespace or each.namespace == namespace)
            for each in self._all
        )

    def _has(self, sickness: Sickness, pod: Stored, workload: str) -> bool:
        return (
            sickness.namespace == pod.namespace
            and sickness.workload in ("", workload)
            and parse_labels(sickness.selector).holds(pod.labels)
            and (not sickness.replacements or pod.uid in self._replacements)
        )

    def _suffers(self, sickness: Sickness, workload: Stored | None) -> bool:
        return (
            workload is not None
            and sickness.namespace == workload.namespace
            and sickness.workload in ("", workload.name)
            and parse_labels(sickness.selector).holds(workload.labels)
            and (not sickness.replacements or workload.uid in self._complete)
        )

    def _workload(self, obj: Stored) -> Stored | None:
        """Return the workload that an object is of, or is."""
        while obj.kind not in WORKLOADS:
            owner = next((each for each in obj.meta.get("ownerReferences") or () if each.get("controller")), None)
            kind = BY_NAME.get(owner["kind"]) if owner else None
            known = kind in (OWNERS if obj.kind is POD else WORKLOADS)
            found = self._store.get(kind, obj.namespace, owner["name"]) if owner and kind and known else None
            if found is None:
                return None
            obj = found
        return obj

    def _named(self, pod: Stored) -> str:
        workload = self._workload(pod)
        return pod.name if workload is None else workload.name

    def _hear(self, change: Change) -> None:
        workload = change.after
        if change.type == "ADDED":
            self._break_out(workload, replacements=False)
        wanted, ready = _wanted_and_ready(workload)
        if workload.uid not in self._complete and 0 < wanted == ready:
            self._complete.add(workload.uid)
            self._break_out(workload, replacements=True)

    def _break_out(self, workload: Stored, *, replacements: bool) -> None:
        for each in self._all:
            if each.replacements is replacements and each.name in OF_WORKLOADS and self._suffers(each, workload):
                self.begin(each, workload)

    def _hear_pod(self, change: Change) -> None:
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
