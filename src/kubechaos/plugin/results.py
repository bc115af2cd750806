"""How each chaos item of the session ended, counted from its reports.

From the reports alone, since under xdist they are all that comes from a worker: as JSON, attributes included
(https://docs.pytest.org/en/stable/reference/reference.html#pytest.TestReport). So one process counts as many do.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from ..errors import Verdict
from ..judge.verdict import worst
from ..report import json
from ..report.run import ChaosResult, ClusterFacts, ItemResult, result

ATTRIBUTE = "kubechaos"
"""The attribute of a chaos item's reports with an ItemReport as plain values: xdist carries no others."""


class ItemReport(Struct, frozen=True):
    """The part that the process which runs an item adds to each of its reports.

    `chaos` is what is known of the item so far, `cluster` which cluster was used, None before one was; `interrupted` is
    whether a signal has ended the item, `uses_chaos` whether it uses that fixture. `attempt` is how many times it has
    begun, `earlier` the verdicts of the attempts before. `worker` is that of xdist if each runs every item, else "".
    """

    chaos: ChaosResult
    cluster: ClusterFacts | None
    interrupted: bool
    uses_chaos: bool
    attempt: int
    earlier: tuple[Verdict, ...]
    worker: str


@dataclass(slots=True)
class _ReportedItem:
    """One item, as far as it has been reported."""

    location: tuple[str, int | None, str]
    keywords: dict[str, Any]
    last: ItemReport
    """From the latest report."""
    outcome: str = ""
    """In the words of pytest's summary, like "xfailed"; empty until the test function or an error was reported."""
    finished: bool = False
    """True once the teardown was reported."""
    rerun: bool = False
    """True if it was begun more than once."""


@dataclass(slots=True)
class Results:
    """The chaos items of the session: how many were selected, and how each ended."""

    selected: int = 0
    broken: bool = False
    """True if there may have been others that were never reported."""
    cut_short: bool = False
    """True if an item began and did not end."""
    cluster: ClusterFacts = field(default_factory=ClusterFacts)
    _items: dict[tuple[str, str], _ReportedItem] = field(default_factory=dict)
    """By node id and worker."""
    _started: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)

    def start(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Register an item, of whatever kind, before its first report."""
        self._started[nodeid] = location

    def finish(self, nodeid: str) -> None:
        """Note that all reports of an item have come."""
        self._started.pop(nodeid, None)

    def add_report(self, report: pytest.TestReport) -> None:
        """Take in one report; reports of other items are not ours."""
        plain = getattr(report, ATTRIBUTE, None)
        if plain is None:
            return
        last = json.from_plain(plain, ItemReport)
        new = _ReportedItem(report.location, dict(report.keywords), last)
        reported = self._items.setdefault((report.nodeid, last.worker), new)
        reported.last = last
        reported.rerun |= last.attempt > 1
        self.cluster = last.cluster or self.cluster
        if report.outcome not in ("passed", "failed", "skipped"):
            # An outcome of a plugin that takes the failure back, and begins another attempt, which counts.
            reported.rerun, reported.outcome, reported.finished = True, "", False
            return
        reported.outcome = _outcome(report, reported.outcome)
        reported.finished = report.when == "teardown"

    def has_finished(self, nodeid: str) -> bool:
        """Return whether all reports of an item that this process runs have come."""
        return nodeid not in self._started

    def update(self, nodeid: str, last: ItemReport) -> None:
        """Take in what has become known of an item since its last report, if there was one."""
        if (nodeid, last.worker) in self._items:
            self._items[nodeid, last.worker].last = last

    def unfinished(self, *, never_reported: bool) -> list[pytest.TestReport]:
        """Return a failed report for each item that began and did not end, so that no reporter takes it for passed.

        Under xdist (`never_reported`) these may be items of which no report has come, of whatever kind they are.
        """
        reports = [_interrupted(nodeid, item) for (nodeid, _), item in self._items.items() if not item.finished]
        if never_reported:
            # A worker that crashed may have had a chaos item in hand; which items those are only it knew.
            known = {nodeid for nodeid, _ in self._items}
            reports += [_cut_short(nodeid, place, {}) for nodeid, place in self._started.items() if nodeid not in known]
        return reports

    @property
    def tests(self) -> list[ItemResult]:
        """How each item has ended so far."""
        return [_result(nodeid, reported) for (nodeid, _), reported in self._items.items()]

    @property
    def metadata(self) -> dict[str, ChaosResult]:
        """The `metadata.chaos` of each item; where several workers have run it, with the experiments of all."""
        found: dict[str, ChaosResult] = {}
        for (nodeid, _), reported in self._items.items():
            chaos = reported.last.chaos
            found[nodeid] = _together(found[nodeid], chaos) if nodeid in found else chaos
        return found


def _together(one: ChaosResult, other: ChaosResult) -> ChaosResult:
    verdicts = [each.verdict for each in (one, other) if each.verdict]
    return result(verdicts, one.artifacts, (*one.experiments, *other.experiments))


def _result(nodeid: str, reported: _ReportedItem) -> ItemResult:
    chaos = reported.last.chaos
    return ItemResult(
        nodeid,
        reported.outcome,
        chaos.verdict,
        rerun=reported.rerun,
        interrupted=reported.last.interrupted,
        uses_chaos=reported.last.uses_chaos,
        earlier=reported.last.earlier,
        artifacts=chaos.artifacts,
        experiments=chaos.experiments,
    )


def _interrupted(nodeid: str, item: _ReportedItem) -> pytest.TestReport:
    report = _cut_short(nodeid, item.location, item.keywords)
    known = item.last.chaos.verdict or Verdict.INTERRUPTED
    chaos = replace(item.last.chaos, verdict=worst([known, Verdict.INTERRUPTED]))
    setattr(report, ATTRIBUTE, json.plain(replace(item.last, chaos=chaos, interrupted=True)))
    return report


def _cut_short(nodeid: str, location: tuple[str, int | None, str], keywords: dict[str, Any]) -> pytest.TestReport:
    return pytest.TestReport(nodeid, location, keywords, "failed", "kubechaos: interrupted before it ended", "call")


def _outcome(report: pytest.TestReport, before: str) -> str:
    """Return the item's outcome after one more phase or subtest, in the words of pytest's summary."""
    # pytest's exit code does not forget a failed report. The test of a failed subtest is reported as passed, and only
    # the terminal's own implementation of pytest_report_teststatus makes a failure of it (_pytest/subtests.py).
    if before in ("failed", "error") and not report.failed:
        return before
    is_call = report.when == "call"
    if report.failed:
        return "failed" if is_call else "error"
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.skipped:
        return "skipped"
    return "passed" if is_call else before
