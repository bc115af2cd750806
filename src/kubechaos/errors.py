"""The errors of kubechaos: one tree of classes, each with the verdict that it stands for."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from .untrusted import cleaned


class Verdict(StrEnum):
    """How an experiment ended; the worst first."""

    NOT_HEALED = "not_healed"
    """Something that kubechaos changed could not be put back."""
    INTERRUPTED = "interrupted"
    """A signal, a timeout or an exception ended the experiment early."""
    REFUSED = "refused"
    """The experiment was not begun, and nothing was changed."""
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
    """The root of the tree: an experiment did not end with a proven recovery.

    verdict: the verdict that the error stands for.
    code: the cause in one word, for programs: as given, else the name of the class without "Error".
    """

    verdict = Verdict.REFUSED
    code = "Chaos"

    def __init__(self, *args: object, code: str = "") -> None:
        # Here, where no class and no call can forget it: most of these messages quote a server, a program or a test.
        super().__init__(*cleaned(args))
        self.code = cleaned(code) or type(self).code

    def __init_subclass__(cls) -> None:
        # By default the code is the name, so a new class of errors has one that cannot be forgotten.
        cls.code = vars(cls).get("code") or cls.__name__.removesuffix("Error")


class NotHealedError(ChaosError):
    """Something that kubechaos changed could not be put back."""

    verdict = Verdict.NOT_HEALED


class InterruptedOutage(BaseException):
    """A signal ended an experiment before it could be judged.

    It is a BaseException like KeyboardInterrupt, so that `except Exception` in a test does not catch it.
    """

    verdict = Verdict.INTERRUPTED
    code = "Interrupted"

    def __init__(self, *args: object) -> None:
        super().__init__(*cleaned(args))


class FaultError(ChaosError):
    """An alert rule raised an exception, or a block was never entered or never left: the experiment has no result."""

    verdict = Verdict.INTERRUPTED


class NotEndedError(ChaosError, RuntimeError):
    """The outcome of an `inject` block was asked for inside the block."""

    verdict = Verdict.INTERRUPTED


class RefusedError(ChaosError):
    """The experiment was not begun, and nothing was changed."""


class ConfigError(RefusedError):
    """An option or the kubeconfig is wrong."""


class UnknownContextError(ConfigError):
    """The named context is not in the kubeconfig."""


class KubeconfigError(ConfigError):
    """The kubeconfig is missing, malformed or incomplete."""


class OptionError(ConfigError, ValueError):
    """The value of an option cannot be used."""


class ArtifactsError(ConfigError):
    """The folder of the artifacts cannot be written."""


class ArgumentError(RefusedError, ValueError):
    """An argument of a fault or of an experiment cannot be used."""


class HoldError(RefusedError, TypeError):
    """`hold` was given for a fault that cannot be held, or is missing for one that must be."""


class NotFoundTargetError(RefusedError):
    """The workload or its namespace does not exist."""


class TooFewReplicasError(RefusedError):
    """The workload wants fewer replicas than the target asks for."""


class TooFewCandidatesError(RefusedError):
    """There are fewer Ready pods than victims asked for."""


class TimeoutTooShortError(RefusedError):
    """The timeout of the test (pytest-timeout) is shorter than the experiment may take."""


class PermissionRefusedError(RefusedError):
    """kubechaos has no permission for something that the experiment needs."""


class NotSteadyError(ChaosError):
    """The target was not healthy before the fault."""

    verdict = Verdict.NOT_STEADY


class InconclusiveError(ChaosError):
    """The observation has a gap, or somebody else changed the target, so there is no verdict on its recovery."""

    verdict = Verdict.INCONCLUSIVE


class FaultNotProvenError(ChaosError):
    """No effect of the fault was seen."""

    verdict = Verdict.FAULT_NOT_PROVEN


class EvictionBlockedError(ChaosError, AssertionError):
    """A disruption budget allowed no eviction in time."""

    verdict = Verdict.BLOCKED
    code = "DisruptionBudget"


class NotRecoveredError(ChaosError, AssertionError):
    """The target did not recover in time."""

    verdict = Verdict.NOT_RECOVERED


class RecordingError(ChaosError):
    """A file is no recording, or is one of another version."""


class NoReadinessProbeWarning(UserWarning):
    """The target has no readiness probe, so Ready means no more than that its containers run."""


class SlowLivenessProbeWarning(UserWarning):
    """A liveness probe of the target needs longer to fail than a recovery must last: it may be restarted after that."""


class UnknownAlertError(ChaosError, LookupError):
    """A test asked for an alert by a name that no rule has."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no alert rule is named {name!r}; known: {', '.join(sorted(known))}")


class ApiError(ChaosError):
    """The API server answered with an error.

    status: the HTTP status; 0 if there was no answer.
    reason: the reason of the Status, as in "Conflict"; "" if there is none.
    causes: the reasons of the causes in its details, as in "DisruptionBudget".
    retry_after: when to try again, in seconds; None if the server does not say.
    """

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


# Whether a write was sent decides what a heal must do: one that was not sent cannot land later.
class UnreachableError(ApiError):
    """There was no answer of the API server.

    The connection was refused or cut, TLS failed, the deadline passed, or another server answered in its place.
    `unsent` is True if not a byte of the request was sent, so that it cannot have had any effect.
    """

    def __init__(self, message: str, *, unsent: bool = False, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.unsent = unsent


class MalformedError(ApiError, ValueError):
    """An answer is not one of the Kubernetes API: a login page, an error of a proxy, something that was cut."""


class UnauthorizedError(ApiError):
    """401 Unauthorized: the credentials were not accepted."""


class ForbiddenError(ApiError):
    """403 Forbidden: the credentials have no permission for this."""


class NotFoundError(ApiError):
    """404 Not Found: there is no such object."""


class ConflictError(ApiError):
    """409 Conflict: a precondition failed, or the object has changed."""


class ExpiredError(ApiError):
    """410 Gone: the resource version is too old to start a watch from."""


def may_pass(error: ApiError) -> bool:
    """Return whether the same call may succeed later."""
    # 408, 429 and 5xx are those of a server that is overloaded, or is being replaced behind its load balancer. What is
    # refused for who we are, or answered by something else than an API server, will not change by itself.
    if isinstance(error, UnauthorizedError | ForbiddenError | MalformedError):
        return False
    return isinstance(error, UnreachableError) or error.status in (0, 408, 429) or error.status >= 500
