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
from ..report import json
from ..report.run import ChaosResult, ClusterFacts, ItemResult

ATTRIBUTE = "kubechaos"
"""The attribute of a chaos item's reports with an ItemReport as plain values: xdist carries no others."""


class ItemReport(Struct, frozen=True):
    """The part that the process which runs an item adds to each of its reports.

    `chaos` is what is known of the item so far, `cluster` which cluster was used, None before one was; `interrupted` is
    whether a signal has ended the item.
    """

    chaos: ChaosResult
    cluster: ClusterFacts | None
    interrupted: bool


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
    """True if an earlier attempt failed (pytest-rerunfailures)."""


@dataclass(slots=True)
class Results:
    """The chaos items of the session: how many were selected, and how each ended."""

    selected: int = 0
    broken: bool = False
    """True if there may have been others that were never reported."""
    cluster: ClusterFacts = field(default_factory=ClusterFacts)
    _items: dict[str, _ReportedItem] = field(default_factory=dict)
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
        reported = self._items.setdefault(report.nodeid, _ReportedItem(report.location, dict(report.keywords), last))
        reported.last = last
        self.cluster = last.cluster or self.cluster
        if str(report.outcome) == "rerun":
            # The next attempt counts alone; only that there was another one is kept.
            reported.rerun, reported.outcome, reported.finished = True, "", False
            return
        reported.outcome = _outcome(report, reported.outcome)
        reported.finished = report.when == "teardown"

    def unfinished(self, *, never_reported: bool) -> list[pytest.TestReport]:
        """Return a failed report for each item that began and did not end, so that no reporter takes it for passed.

        Under xdist (`never_reported`) these may be items of which no report has come, of whatever kind they are.
        """
        reports = [_interrupted(nodeid, item) for nodeid, item in self._items.items() if not item.finished]
        if never_reported:
            # A worker that crashed may have had a chaos item in hand; which items those are only it knew.
            reports += [
                _cut_short(nodeid, place, {}) for nodeid, place in self._started.items() if nodeid not in self._items
            ]
        return reports

    @property
    def tests(self) -> list[ItemResult]:
        """How each item has ended so far."""
        return [_result(nodeid, reported) for nodeid, reported in self._items.items()]

    @property
    def metadata(self) -> dict[str, ChaosResult]:
        """The `metadata.chaos` of each item."""
        return {nodeid: reported.last.chaos for nodeid, reported in self._items.items()}


def _result(nodeid: str, reported: _ReportedItem) -> ItemResult:
    chaos = reported.last.chaos
    return ItemResult(
        nodeid,
        reported.outcome,
        chaos.verdict,
        rerun=reported.rerun,
        interrupted=reported.last.interrupted,
        artifacts=chaos.artifacts,
        experiments=chaos.experiments,
    )


def _interrupted(nodeid: str, item: _ReportedItem) -> pytest.TestReport:
    report = _cut_short(nodeid, item.location, item.keywords)
    chaos = replace(item.last.chaos, verdict=Verdict.INTERRUPTED)
    setattr(report, ATTRIBUTE, json.plain(ItemReport(chaos, None, interrupted=True)))
    return report


def _cut_short(nodeid: str, location: tuple[str, int | None, str], keywords: dict[str, Any]) -> pytest.TestReport:
    return pytest.TestReport(nodeid, location, keywords, "failed", "kubechaos: interrupted before it ended", "call")


def _outcome(report: pytest.TestReport, before: str) -> str:
    """Return the item's outcome after one more phase, in the words of pytest's summary."""
    is_call = report.when == "call"
    if report.failed:
        return "failed" if is_call else "error"
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.skipped:
        return "skipped"
    return "passed" if is_call else before
