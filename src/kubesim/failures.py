"""The failures that can be injected into the simulated cluster, one class for each, with what it does.

A new failure is one class here: defining it with a `name` makes it known to `Simulation.inject` and to error messages.
"Survived by default" says that a workload that has it, with its default parameters, recovers from a kill all the same.
"""

from dataclasses import dataclass, fields
from math import inf
from typing import Any, ClassVar, Final, NamedTuple

from .store.kinds import BUDGET, DAEMON_SET, KINDS, QUOTA, Kind
from .store.objects import Body, Stored

VERBS: Final = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
BY_NAME: Final[dict[str, type["Failure"]]] = {}
"""Every failure by the name that users type, in the order of this file."""


@dataclass(frozen=True)
class Failure:
    """Something that goes wrong on purpose; where it applies is not said here, but by a `Scope`."""

    name: ClassVar[str]

    def __init_subclass__(cls, name: str = "") -> None:
        if name:
            cls.name = name
            BY_NAME[name] = cls

    def __new__(cls, *args: object, **parameters: object) -> "Failure":
        known = [each.name for each in fields(cls)]
        unknown = [each for each in parameters if each not in known]
        if unknown:
            raise TypeError(f"{cls.__name__} has no parameter {unknown[0]!r}; there are: {', '.join(known) or 'none'}")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        seconds = getattr(self, "seconds", 0.0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < inf:
            raise ValueError(f"{type(self).__name__}: seconds is {seconds!r}, which is no number of seconds, 0 or more")


def named(name: str) -> Failure:
    """Return the failure of a name, with its default parameters; raises ValueError naming those that there are."""
    if name not in BY_NAME:
        raise ValueError(f"no failure {name!r}; there are: {', '.join(sorted(BY_NAME))}")
    return BY_NAME[name]()


class PodFailure(Failure):
    """A failure of single pods."""


class WorkloadFailure(Failure):
    """A failure of a Deployment, StatefulSet or DaemonSet, not of its pods."""


class ClusterFailure(Failure):
    """A failure of the control plane; it has no workload."""


class ReadinessFailure(PodFailure):
    """A pod whose readiness probe does not always pass."""

    recurs: ClassVar[bool] = False
    """Whether a probe that has passed may fail again."""
    slow: ClassVar[bool] = False
    """Whether the startup probe fails too, as it does while a program still starts."""

    def passes(self, seconds: float) -> bool:
        """Return whether the probe passes, so many seconds after probing began."""
        raise NotImplementedError


@dataclass(frozen=True)
class NeverReady(ReadinessFailure, name="never-ready"):
    """The pod runs, but its readiness probe always fails."""

    def passes(self, seconds: float) -> bool:
        return False


@dataclass(frozen=True)
class SlowReady(ReadinessFailure, name="slow-ready"):
    """The readiness probe fails for the first `seconds` of every container, and passes after that.

    So does the startup probe: if that fails for too long, the container is restarted.
    Survived by default: the recovery takes 2 s longer.
    """

    seconds: float = 2.0
    slow: ClassVar[bool] = True

    def passes(self, seconds: float) -> bool:
        return seconds >= self.seconds


@dataclass(frozen=True)
class Flapping(ReadinessFailure, name="flapping"):
    """The readiness probe passes for `seconds`, fails for as long, and so on."""

    seconds: float = 2.0
    recurs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.seconds:
            raise ValueError("Flapping: seconds is 0, so it would never pass, nor fail")

    def passes(self, seconds: float) -> bool:
        return int(seconds / self.seconds) % 2 == 0


class Exit(NamedTuple):
    """How containers end by themselves: the status that they leave, and how many seconds after their start."""

    reason: str
    code: int
    seconds: float


class ContainerFailure(PodFailure):
    """A pod whose containers end by themselves, again and again."""

    probed: ClassVar[bool] = False
    """Whether the containers live long enough to be probed, and so to become Ready."""

    @property
    def exit(self) -> Exit:
        """How the containers end."""
        raise NotImplementedError


@dataclass(frozen=True)
class CrashLoop(ContainerFailure, name="crash-loop"):
    """Every container exits with `exit_code` as soon as it has started: CrashLoopBackOff."""

    exit_code: int = 1

    @property
    def exit(self) -> Exit:
        return Exit("Error", self.exit_code, 0.05)


@dataclass(frozen=True)
class OutOfMemory(ContainerFailure, name="oom"):
    """Every container becomes Ready and is OOMKilled (exit code 137) `seconds` after its start."""

    seconds: float = 2.0
    probed: ClassVar[bool] = True

    @property
    def exit(self) -> Exit:
        return Exit("OOMKilled", 137, self.seconds)


@dataclass(frozen=True)
class LivenessFailure(PodFailure, name="liveness"):
    """The liveness probe fails from `seconds` after the start of every container, which is restarted again and again.

    A probe with default times takes 30 s for that, longer than a recovery must last by default.
    """

    seconds: float = 0.0


class InitFailure(PodFailure):
    """A pod whose init containers, but for sidecars, do not end well; a pod without any is as it was."""


@dataclass(frozen=True)
class InitCrashLoop(InitFailure, name="init-crash-loop"):
    """The first init container exits with `exit_code` as soon as it has started, again and again: CrashLoopBackOff."""

    exit_code: int = 1


@dataclass(frozen=True)
class InitWaiting(InitFailure, name="init-waiting"):
    """The first init container never ends, as if it waited for another service: the pod stays Pending."""


@dataclass(frozen=True)
class ImagePull(PodFailure, name="image-pull"):
    """The image cannot be pulled: ErrImagePull and ImagePullBackOff in turn."""


@dataclass(frozen=True)
class Unschedulable(PodFailure, name="unschedulable"):
    """No node has room for the pod, which stays Pending: FailedScheduling, `Insufficient cpu`."""

    obstacle: ClassVar[str] = "Insufficient cpu"


@dataclass(frozen=True)
class IgnoresSigterm(PodFailure, name="ignores-sigterm"):
    """The containers run on after SIGTERM, until they are killed (exit code 137) when their grace period is over.

    Survived by default: a replacement does not wait for them.
    """


@dataclass(frozen=True)
class StuckFinalizer(PodFailure, name="stuck-finalizer"):
    """A deleted pod stays Terminating for ever, as nobody removes its finalizer.

    Survived by default: a pod that is being deleted is replaced all the same, and an alert says that it stays.
    """

    finalizer: ClassVar[str] = "kubesim/stuck"


class ObjectFailure(WorkloadFailure):
    """A failure that is an object beside the workload; it is deleted when the failure is removed."""

    kind: ClassVar[Kind]

    @classmethod
    def object_name(cls) -> str:
        """Return the name of the object."""
        return f"injected-{cls.name}"

    def manifest(self, workload: Stored, nodes: int) -> Body:
        """Return the object for a workload, on a cluster of so many nodes."""
        return {
            "kind": self.kind.name,
            "apiVersion": self.kind.api_version,
            "spec": self.spec(workload, nodes),
            "metadata": {"name": self.object_name(), "namespace": workload.namespace},
        }

    def spec(self, workload: Stored, nodes: int) -> dict[str, Any]:
        """Return the spec of the object."""
        raise NotImplementedError


@dataclass(frozen=True)
class Quota(ObjectFailure, name="quota"):
    """A ResourceQuota of no pods: no pod can be created in the namespace (FailedCreate: exceeded quota)."""

    kind: ClassVar[Kind] = QUOTA

    def spec(self, workload: Stored, nodes: int) -> dict[str, Any]:
        return {"hard": {"pods": "0"}}


@dataclass(frozen=True)
class BlockingBudget(ObjectFailure, name="blocking-budget"):
    """A PodDisruptionBudget over the workload's pods refuses every eviction (429).

    Survived by default: a kill asks no budget; an eviction is blocked.
    """

    kind: ClassVar[Kind] = BUDGET

    def spec(self, workload: Stored, nodes: int) -> dict[str, Any]:
        # A DaemonSet has no scale subresource: maxUnavailable would make the disruption controller fail (SyncFailed)
        # instead of refusing evictions, so such a budget asks for as many healthy pods as there are nodes.
        blocked: Body = {"maxUnavailable": 0}
        if workload.kind is DAEMON_SET:
            blocked = {"minAvailable": nodes}
        return {**blocked, "selector": workload.spec["selector"]}


@dataclass(frozen=True)
class ControllerSilent(WorkloadFailure, name="controller-silent"):
    """The workload's controllers do nothing: deleted pods are not replaced, and the status is not updated."""


@dataclass(frozen=True)
class SchedulerSilent(ClusterFailure, name="scheduler-silent"):
    """The scheduler does nothing: new pods stay Pending without an event."""


@dataclass(frozen=True)
class Forbidden(ClusterFailure, name="forbidden"):
    """The API server answers 403 to `verb` on `resource`, as if by RBAC; "" stands for every verb or resource."""

    verb: str = ""
    resource: str = ""

    def __post_init__(self) -> None:
        resources = sorted(kind.plural for kind in KINDS)
        for what, asked, known in (
            ("verb", self.verb, VERBS),
            ("resource", self.resource.partition("/")[0], resources),
        ):
            if asked and asked not in known:
                raise ValueError(f"Forbidden: no {what} {asked!r}; there are: {', '.join(known)}")

    def forbids(self, verb: str, resource: str) -> bool:
        """Return whether a request is forbidden."""
        return self.verb in ("", verb) and self.resource in ("", resource)
