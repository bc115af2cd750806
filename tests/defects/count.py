"""How many verdicts were right: counted from the reports alone, so that a case that never ended is not right."""

from collections.abc import Iterable

import pytest

from tests.defects.cases import CASES
from tests.defects.scene import Case, Outcome

OUTCOME = "outcome"
"""The property of a case's report: the verdict, the code and the cause."""
BY_TEST = {f"test_the_verdict_is_right_and_its_cause_is_named[{case.id}]": case for case in CASES}


class Count:
    """What has been made of the cases of this session, whether they ran in it or in the workers of xdist."""

    def __init__(self) -> None:
        self.cases: dict[str, Case] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.passed: set[str] = set()
        self.failed: set[str] = set()

    def expect(self, ids: Iterable[str]) -> None:
        """Know of tests before their first report."""
        for each in ids:
            if case := BY_TEST.get(each.rpartition("::")[2]):
                self.cases[each] = case

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist."""
        self.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """With it: the controller collects nothing itself."""
        self.expect(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn how a part of a test ended, and what was made of the case."""
        if (case := self.cases.get(report.nodeid)) is None:
            return
        if not report.passed:
            self.failed.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)
        for name, value in report.user_properties:
            if name == OUTCOME:
                self.outcomes[report.nodeid] = Outcome(case, *value, None)

    def right(self, each: str) -> bool:
        """Whether all of a test passed, its setup and its teardown included."""
        return each in self.passed - self.failed

    def wrong(self) -> list[str]:
        """What should have been made of each case that was not right, and what was."""
        lines = []
        for each in (each for each in self.cases if not self.right(each)):
            case, made = self.cases[each], self.outcomes.get(each)
            was = _shown(made) if made else "no verdict"
            lines.append(f"{case.name}: {was} WRONG, expected {case.verdict} {case.code} /{case.says}/")
        return sorted(lines)

    def total(self) -> str:
        """The sum over all cases that were to be run."""
        owed = [each for each, case in self.cases.items() if case.code]
        named = [each for each in owed if each in self.outcomes and self.outcomes[each].named]
        return (
            f"defects: right {sum(map(self.right, self.cases))} of {len(self.cases)}, "
            f"false green {sum(made.false_green for made in self.outcomes.values())}, "
            f"false red {sum(made.false_red for made in self.outcomes.values())}, "
            f"codes named {len(named)} of {len(owed)}"
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Print it."""
        if not self.cases or config.option.collectonly:
            return
        terminalreporter.section("planted defects")
        if config.get_verbosity() > 0:
            for made in self.outcomes.values():
                terminalreporter.write_line(f"{made.case.name}: {_shown(made)}")
        for line in [*self.wrong(), self.total()]:
            terminalreporter.write_line(line)


def _shown(made: Outcome) -> str:
    return f"{made.verdict} {made.code or '-'}: {made.cause or '-'}"
