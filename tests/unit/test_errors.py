"""One tree of errors, each with the verdict that it stands for."""

import inspect
from typing import Any

import pytest

from kubechaos import errors
from kubechaos.errors import ChaosError
from kubechaos.judge.verdict import RANK
from tests.unit.hostile import HOSTILE, harmless

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, BaseException) and not issubclass(value, Warning)
]


WORDS = {
    errors.NotHealedError: "not_healed",
    errors.InterruptedOutage: "interrupted",
    errors.FaultError: "interrupted",
    errors.NotEndedError: "interrupted",
    errors.NotSteadyError: "not_steady",
    errors.InconclusiveError: "inconclusive",
    errors.FaultNotProvenError: "fault_not_proven",
    errors.EvictionBlockedError: "blocked",
    errors.NotRecoveredError: "not_recovered",
}
"""The verdicts of the errors that are no refusals."""


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_has_its_verdict_and_all_others_are_refused(error: type[ChaosError]) -> None:
    assert error.verdict == WORDS.get(error, "refused")


def test_there_is_an_error_for_every_verdict_but_recovered() -> None:
    assert {error.verdict for error in CLASSES} == {*RANK} - {"recovered"}


@pytest.mark.parametrize("error", [each for each in CLASSES if each is not errors.InterruptedOutage])
def test_every_error_is_a_chaos_error(error: type[BaseException]) -> None:
    assert issubclass(error, ChaosError)


def test_an_interruption_is_not_caught_by_except_exception() -> None:
    assert not issubclass(errors.InterruptedOutage, Exception)


@pytest.mark.parametrize("error", CLASSES)
def test_only_errors_on_the_target_are_assertion_errors(error: type[BaseException]) -> None:
    about_the_target = error in (errors.NotRecoveredError, errors.EvictionBlockedError)
    assert issubclass(error, AssertionError) == about_the_target


@pytest.mark.parametrize(
    ("error", "kin"),
    [
        (errors.ArgumentError, ValueError),
        (errors.OptionError, ValueError),
        (errors.HoldError, TypeError),
        (errors.NotEndedError, RuntimeError),
        (errors.UnknownAlertError, LookupError),
        (errors.NoReadinessProbeWarning, UserWarning),
        (errors.SlowLivenessProbeWarning, UserWarning),
    ],
)
def test_an_error_is_also_of_the_fitting_builtin_class(error: type[BaseException], kin: type[BaseException]) -> None:
    assert issubclass(error, kin)


def test_the_error_on_an_unknown_alert_names_the_known_ones_in_order() -> None:
    error = errors.UnknownAlertError("B", ["C", "A"])
    assert str(error) == "no alert rule is named 'B'; known: A, C"


def test_an_answer_of_the_api_carries_its_code_and_reason() -> None:
    error = errors.ForbiddenError("no", status=403, reason="Forbidden", retry_after=2.0)
    assert (str(error), error.status, error.reason, error.retry_after) == ("no", 403, "Forbidden", 2.0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.TooFewReplicasError("x"), "TooFewReplicas"),
        (errors.NotSteadyError("x"), "NotSteady"),
        (errors.NotSteadyError("x", code="ImagePullBackOff"), "ImagePullBackOff"),
        (errors.EvictionBlockedError("x"), "DisruptionBudget"),
        (errors.ApiError("x", status=422, reason="Invalid"), "Invalid"),
        (errors.UnreachableError("x"), "Unreachable"),
        (errors.InterruptedOutage("x"), "Interrupted"),
    ],
)
def test_an_error_names_its_cause_by_a_code(error: errors.ChaosError, code: str) -> None:
    assert error.code == code


@pytest.mark.parametrize("error", CLASSES)
def test_no_error_says_what_a_terminal_or_a_ci_runner_would_obey(error: Any) -> None:
    made = error(HOSTILE, ()) if error is errors.UnknownAlertError else error(HOSTILE)
    assert harmless(str(made))
    assert harmless(f"{made.args}")


def test_the_reason_of_an_answer_is_a_code_that_can_be_printed() -> None:
    assert harmless(errors.ApiError("x", reason=HOSTILE).code)
