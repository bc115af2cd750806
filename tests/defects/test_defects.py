"""The planted-defect suite: each verdict is right, and each cause is named."""

import pytest

from tests.defects.cases import CASES
from tests.defects.scene import Case, Outcome, Scene, play


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name.replace(" ", "-")) for case in CASES])
def test_the_verdict_is_right_and_its_cause_is_named(case: Case, scene: Scene, outcomes: list[Outcome]) -> None:
    outcome = Outcome(case, "no verdict", "", None)
    try:
        outcome = play(case, scene)
    finally:
        outcomes.append(outcome)
    assert outcome.verdict == case.verdict, outcome.cause
    assert outcome.named, f"the cause is not named: {outcome.cause!r}"
    assert not outcome.blamed, f"a neighbour is blamed: {outcome.cause!r}"
    assert not outcome.missing, f"never raised: {outcome.missing}"
    assert outcome.outage is None or case.fact(outcome.outage), repr(outcome.outage)


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
