"""How each chaos item of the session ended, from its reports alone: the same in one process and under xdist."""

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
    """What the process that runs an item adds to each of its reports.

    `chaos` is what is known of the item so far, `cluster` which cluster was used, None before one was; `interrupted` is
    whether a signal has ended the item.
    """

    chaos: ChaosResult
    cluster: ClusterFacts | None
    interrupted: bool


@dataclass(slots=True)
class _ReportedItem:
    """What has been reported of one item so far."""

    location: tuple[str, int | None, str]
    keywords: dict[str, Any]
    last: ItemReport
    outcome: str = ""
    finished: bool = False
    rerun: bool = False


@dataclass(slots=True)
class Results:
    """The chaos items of the session: how many were selected, and how each ended.

    `broken` says that there may have been others that were never reported.
    """

    selected: int = 0
    broken: bool = False
    cluster: ClusterFacts = field(default_factory=ClusterFacts)
    _items: dict[str, _ReportedItem] = field(default_factory=dict)
    _begun: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)

    def start(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Know of an item, of whatever kind, before its first report."""
        self._begun[nodeid] = location

    def finish(self, nodeid: str) -> None:
        """Know that all reports of an item have come."""
        self._begun.pop(nodeid, None)

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
            reported.rerun, reported.outcome, reported.finished = True, "", False
            return
        reported.outcome = _outcome(report, reported.outcome)
        reported.finished = report.when == "teardown"

    def unfinished(self, *, never_reported: bool) -> list[pytest.TestReport]:
        """Return a failed report for each item that began and did not end, so that no reporter takes it for passed.

        Under xdist (`never_reported`) these may be items of which no report has come, of whatever kind they are.
        """
        reports = []
        for nodeid, reported in self._items.items():
            if not reported.finished:
                chaos = replace(reported.last.chaos, verdict=Verdict.INTERRUPTED)
                report = _cut_short(nodeid, reported.location, reported.keywords)
                setattr(report, ATTRIBUTE, json.plain(ItemReport(chaos, None, interrupted=True)))
                reports.append(report)
        if never_reported:
            reports += [
                _cut_short(nodeid, place, {}) for nodeid, place in self._begun.items() if nodeid not in self._items
            ]
        return reports

    @property
    def tests(self) -> list[ItemResult]:
        """How each item ended so far."""
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


def _cut_short(nodeid: str, location: tuple[str, int | None, str], keywords: dict[str, Any]) -> pytest.TestReport:
    return pytest.TestReport(nodeid, location, keywords, "failed", "kubechaos: interrupted before it ended", "call")


def _outcome(report: pytest.TestReport, before: str) -> str:
    """The item's outcome after one more phase, in the words of pytest's summary."""
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.skipped:
        return "skipped"
    return "passed" if report.when == "call" else before
