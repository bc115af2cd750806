"""What an error means for the experiment that it ended, and which errors a test may swallow."""

import pytest

from kubechaos.errors import (
    ArtifactsError,
    EvictionBlockedError,
    ForbiddenError,
    InterruptedOutage,
    NotHealedError,
    Verdict,
)
from kubechaos.kube.objects import Ref
from kubechaos.run.failures import Failures, judgement_of

WEB, OTHER = Ref("Deployment", "shop", "web"), Ref("Deployment", "shop", "other")
BLOCKED = EvictionBlockedError("pod web-a may not be evicted")


@pytest.mark.parametrize("error", [ArtifactsError("no space left"), ForbiddenError("denied by a policy")])
@pytest.mark.parametrize(("landed", "verdict"), [(False, Verdict.REFUSED), (True, Verdict.INTERRUPTED)])
def test_what_is_refused_after_something_was_done_is_an_interruption(
    error: Exception, landed: bool, verdict: Verdict
) -> None:
    assert judgement_of(error, landed=landed, of_another_target=False).verdict == verdict


@pytest.mark.parametrize(("another", "verdict"), [(False, Verdict.BLOCKED), (True, Verdict.INTERRUPTED)])
def test_an_error_of_another_target_is_an_interruption(another: bool, verdict: Verdict) -> None:
    judgement = judgement_of(BLOCKED, landed=True, of_another_target=another)
    assert (judgement.verdict, judgement.cause.code) == (verdict, "DisruptionBudget")


def test_a_cluster_that_was_left_broken_is_never_merely_interrupted() -> None:
    error = NotHealedError("still at 1 replica")
    assert judgement_of(error, landed=True, of_another_target=True).verdict == Verdict.NOT_HEALED


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), InterruptedOutage("SIGINT")])
def test_any_other_error_is_an_interruption_and_its_cause(error: BaseException) -> None:
    judgement = judgement_of(error, landed=False, of_another_target=False)
    assert judgement.verdict == Verdict.INTERRUPTED
    assert str(error) in judgement.cause.text


def test_an_error_is_noted_once_and_again_where_it_means_something_else() -> None:
    failures = Failures()
    failures.note(BLOCKED, OTHER)
    failures.note(BLOCKED, OTHER)
    assert (failures.verdicts, failures.inexcusable) == ([Verdict.BLOCKED], [])
    assert failures.is_of_another(BLOCKED, WEB)
    assert not failures.is_of_another(BLOCKED, OTHER)
    failures.note(BLOCKED, WEB, Verdict.INTERRUPTED)
    assert (failures.verdicts, failures.inexcusable) == ([Verdict.BLOCKED, Verdict.INTERRUPTED], [BLOCKED])


def test_an_error_of_the_test_itself_is_of_no_target() -> None:
    failures = Failures()
    with pytest.raises(ZeroDivisionError), failures.noting():
        _ = 1 / 0
    assert not failures.is_of_another(failures.errors[0], WEB)
    assert failures.verdicts == [Verdict.INTERRUPTED]
