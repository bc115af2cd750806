"""The sum that the suite prints can be trusted."""

from types import SimpleNamespace
from typing import Any

from tests.defects.cases import CASES
from tests.defects.count import OUTCOME, Count

TEST = "tests/defects/test_defects.py::test_the_verdict_is_right_and_its_cause_is_named"
PLAIN, NEVER_READY = (f"{TEST}[{case}]" for case in ("plain", "never-ready"))


def report(test: str, when: str, outcome: str, *made: str) -> Any:
    properties = [(OUTCOME, list(made))] if made else []
    passed = outcome == "passed"
    return SimpleNamespace(nodeid=test, when=when, passed=passed, user_properties=properties)


def counted(*reports: Any) -> Count:
    count = Count()
    count.expect([PLAIN, NEVER_READY, "tests/real/test_it.py::test_something_else[plain]"])
    for each in reports:
        count.pytest_runtest_logreport(each)
    return count


def ended(test: str, *made: str, call: str = "passed", teardown: str = "passed") -> list[Any]:
    parts = [("setup", "passed"), ("call", call)]
    return [*(report(test, when, was) for when, was in parts), report(test, "teardown", teardown, *made)]


def test_every_case_has_an_id_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


def test_what_is_right_is_counted() -> None:
    count = counted(
        *ended(PLAIN, "recovered", "Starting", ""),
        *ended(NEVER_READY, "not_recovered", "Unhealthy", "Readiness probe failed"),
    )
    assert count.total() == "defects: right 2 of 2, false green 0, false red 0, codes named 2 of 2"
    assert count.wrong() == []


def test_a_case_that_never_ended_is_not_right_and_has_no_code() -> None:
    count = counted(report(PLAIN, "???", "failed"), report(NEVER_READY, "setup", "passed"))
    assert count.total() == "defects: right 0 of 2, false green 0, false red 0, codes named 0 of 2"
    assert [line.split(" WRONG")[0] for line in count.wrong()] == ["never ready: no verdict", "plain: no verdict"]


def test_a_case_whose_teardown_fails_is_not_right() -> None:
    count = counted(*ended(PLAIN, "recovered", "Starting", "", teardown="failed"))
    assert count.total().startswith("defects: right 0 of 2, false green 0, false red 0, codes named 1 of 2")


def test_a_wrong_verdict_is_a_false_green_or_a_false_red() -> None:
    count = counted(
        *ended(PLAIN, "not_recovered", "CrashLoopBackOff", "", call="failed"),
        *ended(NEVER_READY, "recovered", "", "", call="failed"),
    )
    assert count.total() == "defects: right 0 of 2, false green 1, false red 1, codes named 0 of 2"
