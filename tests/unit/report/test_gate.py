"""The gate: one word on a run, the worst that applies."""

import pytest

from kubechaos.errors import Verdict
from kubechaos.judge.verdict import RANK
from kubechaos.report.gate import EXCUSABLE, Item, gate


def item(
    outcome: str = "passed",
    verdict: str | None = "recovered",
    rerun: bool = False,
    interrupted: bool = False,
    uses_chaos: bool = True,
) -> Item:
    return Item("test_it", outcome, Verdict(verdict) if verdict else None, rerun, interrupted, uses_chaos, ())


PASSED = item()
FLAKY = item(rerun=True)
NOT_RUN = item("skipped", None)
EMPTY = item("passed", None)
READS_ONLY = item("passed", None, uses_chaos=False)
CUT = item("failed", "interrupted", interrupted=True)
FAILED = item("failed", "not_recovered")


@pytest.mark.parametrize(
    ("items", "word"),
    [
        ([PASSED], "pass"),
        ([PASSED, PASSED], "pass"),
        ([PASSED, NOT_RUN], "pass"),
        ([item("xfailed", "not_recovered")], "pass"),
        ([item("passed", "not_recovered")], "pass"),
        ([item("passed", "blocked")], "pass"),
        ([item("xpassed", "recovered")], "pass"),
        ([PASSED, READS_ONLY], "pass"),
        ([FLAKY], "flaky"),
        ([PASSED, FLAKY], "flaky"),
        ([], "not_run"),
        ([NOT_RUN], "not_run"),
        ([READS_ONLY], "not_run"),
        ([EMPTY], "incomplete"),
        ([PASSED, EMPTY], "incomplete"),
        ([FLAKY, EMPTY], "incomplete"),
        ([item("xpassed", None)], "incomplete"),
        ([FAILED, EMPTY], "fail"),
        ([CUT], "incomplete"),
        ([item("", None)], "incomplete"),
        ([item("", "recovered")], "incomplete"),
        ([FAILED], "fail"),
        ([item("failed", None)], "fail"),
        ([item("error", None)], "fail"),
        ([item("failed", "recovered")], "fail"),
    ],
)
def test_each_outcome_and_verdict_gives_a_word_of_the_gate(items: list[Item], word: str) -> None:
    assert gate(len(items), items) == word


def test_items_that_did_not_run_make_the_gate_incomplete() -> None:
    assert gate(2, [PASSED]) == "incomplete"
    assert gate(1, []) == "incomplete"


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ([FAILED], [CUT]),
        ([FAILED], [NOT_RUN]),
        ([FAILED], [FLAKY]),
        ([FAILED], [PASSED]),
        ([CUT], [NOT_RUN]),
        ([CUT], [FLAKY]),
        ([CUT], [PASSED]),
        ([FLAKY], [PASSED]),
    ],
)
def test_the_worst_item_decides_whatever_the_order(worse: list[Item], better: list[Item]) -> None:
    word = gate(1, worse)
    assert gate(2, worse + better) == gate(2, better + worse) == word


@pytest.mark.parametrize("verdict", [word for word in RANK if word not in EXCUSABLE])
@pytest.mark.parametrize("outcome", ["passed", "xfailed", "skipped"])
def test_a_missing_result_cannot_be_excused(verdict: str, outcome: str) -> None:
    assert gate(1, [item(outcome, verdict)]) == "fail"


def test_only_verdicts_about_the_target_can_be_excused() -> None:
    assert {"recovered", "blocked", "not_recovered"} == EXCUSABLE


def test_a_rerun_that_failed_again_is_a_failure() -> None:
    assert gate(1, [item("failed", "not_recovered", rerun=True)]) == "fail"


def test_an_interrupted_item_that_was_not_healed_is_a_failure() -> None:
    assert gate(1, [item("failed", "not_healed", interrupted=True)]) == "fail"
