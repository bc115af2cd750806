"""Every error of kubechaos, in one tree; each carries the verdict it stands for."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How an experiment ended, worst first."""

    NOT_HEALED = "not_healed"
    """Something that kubechaos changed could not be put back."""
    INTERRUPTED = "interrupted"
    """A signal, a timeout or an exception ended the experiment early."""
    REFUSED = "refused"
    """The experiment was not begun; nothing was touched."""
    NOT_STEADY = "not_steady"
    """The target was not healthy before the fault."""
    INCONCLUSIVE = "inconclusive"
    """The observation has a gap, or somebody else changed the target."""
    FAULT_NOT_PROVEN = "fault_not_proven"
    """No effect of the fault was seen."""
    BLOCKED = "blocked"
    """A disruption budget allowed no eviction in time."""
    NOT_RECOVERED = "not_recovered"
    """The target did not recover in time."""
    RECOVERED = "recovered"
    """The fault is proven, and so is the recovery."""


class ChaosError(Exception):
    """The root of the tree: an experiment that is not a proven recovery.

    `verdict` is the verdict that the error stands for, `code` names its cause in one word for programs: as given, else
    the name of the class without "Error".
    """

    verdict = Verdict.REFUSED
    code = "Chaos"

    def __init__(self, *args: object, code: str = "") -> None:
        super().__init__(*args)
        self.code = code or type(self).code

    def __init_subclass__(cls) -> None:
        cls.code = vars(cls).get("code") or cls.__name__.removesuffix("Error")


class NotHealedError(ChaosError):
    """Something that kubechaos changed could not be put back."""

    verdict = Verdict.NOT_HEALED


class InterruptedOutage(BaseException):
    """A signal ended an experiment before it could be judged.

    A BaseException, so that a test's `except Exception` cannot swallow it.
    """

    verdict = Verdict.INTERRUPTED
    code = "Interrupted"


class FaultError(ChaosError):
    """A fault, an alert rule or a test's own block raised, so the experiment has no result."""

    verdict = Verdict.INTERRUPTED


class NotEndedError(ChaosError, RuntimeError):
    """The outcome of an `inject` block was asked for inside the block."""

    verdict = Verdict.INTERRUPTED


class RefusedError(ChaosError):
    """The experiment was not begun; nothing was touched."""


class ConfigError(RefusedError):
    """An option or the kubeconfig is wrong."""


class UnknownContextError(ConfigError):
    """The named context is not in the kubeconfig."""


class KubeconfigError(ConfigError):
    """The kubeconfig is missing, malformed or incomplete."""


class OptionError(ConfigError, ValueError):
    """The value of an option cannot be used."""


class ArtifactsError(ConfigError):
    """The folder for the artifacts cannot be written."""


class ArgumentError(RefusedError, ValueError):
    """An argument of a fault or of an experiment makes no sense."""


class HoldError(RefusedError, TypeError):
    """`hold` was given for a fault that cannot be held, or is missing where it is needed."""


class NotFoundTargetError(RefusedError):
    """The workload or its namespace does not exist."""


class TooFewReplicasError(RefusedError):
    """The workload wants fewer replicas than the target asks for."""


class TooFewCandidatesError(RefusedError):
    """There are fewer Ready pods than victims asked for."""


class TimeoutTooShortError(RefusedError):
    """The item's pytest-timeout would fire before the experiment could end."""


class PermissionRefusedError(RefusedError):
    """The cluster does not let us do what the experiment needs."""


class NotSteadyError(ChaosError):
    """The target was not healthy before the fault."""

    verdict = Verdict.NOT_STEADY


class InconclusiveError(ChaosError):
    """The observation had a hole, or somebody else moved the target: no verdict can be given."""

    verdict = Verdict.INCONCLUSIVE


class FaultNotProvenError(ChaosError):
    """No effect of the fault was seen."""

    verdict = Verdict.FAULT_NOT_PROVEN


class EvictionBlockedError(ChaosError, AssertionError):
    """A disruption budget did not allow an eviction."""

    verdict = Verdict.BLOCKED
    code = "DisruptionBudget"


class NotRecoveredError(ChaosError, AssertionError):
    """The target did not recover in time."""

    verdict = Verdict.NOT_RECOVERED


class RecordingError(ChaosError):
    """A file is not the recording of a test."""


class NoReadinessProbeWarning(UserWarning):
    """The target has no readiness probe: Ready then means no more than that its process runs."""


class UnknownAlertError(ChaosError, LookupError):
    """A test asked for an alert that no rule can raise."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no alert rule is named {name!r}; known: {', '.join(sorted(known))}")

    def __str__(self) -> str:
        return str(self.args[0])


class ApiError(ChaosError):
    """The API server answered with an error: `status` is the HTTP code, `reason` and `causes` the Status's reasons."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        reason: str = "",
        causes: tuple[str, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=reason)
        self.status = status
        self.reason = reason
        self.causes = causes
        self.retry_after = retry_after


class UnreachableError(ApiError):
    """The API server did not answer: refused, TLS failure, cut, past the deadline, or another answered in its place.

    `unsent` is True where not a byte of the request was sent, so that nothing can have come of it.
    """

    def __init__(self, message: str, *, unsent: bool = False, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.unsent = unsent


class MalformedError(ApiError, ValueError):
    """An answer is not what the Kubernetes API gives: a login page, a proxy's error, something cut."""


class UnauthorizedError(ApiError):
    """401: the credentials were not accepted."""


class ForbiddenError(ApiError):
    """403: the credentials may not do this."""


class NotFoundError(ApiError):
    """404: there is no such object."""


class ConflictError(ApiError):
    """409: a precondition failed or the object has changed."""


class ExpiredError(ApiError):
    """410: the resource version is too old to watch from."""


def may_pass(error: ApiError) -> bool:
    """Return whether the same call is worth trying again: the network, too many requests, a server in trouble."""
    if isinstance(error, UnauthorizedError | ForbiddenError | MalformedError):
        return False
    return isinstance(error, UnreachableError) or error.status in (0, 408, 429) or error.status >= 500
