"""The planted-defect suite: each verdict is right, and each cause is named."""

from collections.abc import Callable

import pytest

from tests.defects.cases import CASES
from tests.defects.count import OUTCOME
from tests.defects.scene import Case, Scene, play
from tests.real.turns import ALONE


def _parameter(case: Case) -> object:
    marks = [getattr(pytest.mark, ALONE)] if case.alone else []
    return pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("case", [_parameter(case) for case in CASES])
def test_the_verdict_is_right_and_its_cause_is_named(
    case: Case, scene: Scene, record_property: Callable[[str, object], None]
) -> None:
    outcome = play(case, scene)
    record_property(OUTCOME, [str(outcome.verdict), outcome.code, outcome.cause])
    assert outcome.verdict == case.verdict, outcome.cause
    assert outcome.named, f"the code is {outcome.code!r}, of the cause {outcome.cause!r}"
    assert outcome.explained, f"the cause does not say {case.says!r}: {outcome.cause!r}"
    assert not outcome.blamed, f"a neighbour is blamed: {outcome.cause!r}"
    assert not outcome.missing, f"never raised: {outcome.missing}"
    assert outcome.outage is None or case.fact(outcome.outage), repr(outcome.outage)
