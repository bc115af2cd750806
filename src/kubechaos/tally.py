"""How each chaos item of the session ended, from its reports alone: the same in one process and under xdist."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from .report.gate import Item, gate
from .report.records import Json

ATTRIBUTE = "kubechaos"
"""The attribute of a chaos item's reports, carried along by xdist: {"metadata", "cluster", "cut"} (by a signal?)."""


@dataclass(slots=True)
class _Heard:
    """What has been reported of one item so far."""

    location: tuple[str, int | None, str]
    keywords: dict[str, Any]
    metadata: Json
    outcome: str = ""
    finished: bool = False
    reran: bool = False
    cut: bool = False


@dataclass(slots=True)
class Tally:
    """The chaos items of the session: how many were selected, and how each ended.

    `broken` where there may have been others that nothing was heard of.
    """

    selected: int = 0
    broken: bool = False
    simulated: bool = False
    cluster: dict[str, str | None] = field(
        default_factory=lambda: {"context": None, "server_version": None, "uid": None}
    )
    _items: dict[str, _Heard] = field(default_factory=dict)
    _begun: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)

    def start(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Know of an item, of whatever kind, before its first report."""
        self._begun[nodeid] = location

    def finish(self, nodeid: str) -> None:
        """Know that all reports of an item have come."""
        self._begun.pop(nodeid, None)

    def hear(self, report: pytest.TestReport) -> None:
        """Take in one report; reports of other items are not ours."""
        told = getattr(report, ATTRIBUTE, None)
        if told is None:
            return
        heard = self._items.setdefault(report.nodeid, _Heard(report.location, dict(report.keywords), told["metadata"]))
        heard.metadata = told["metadata"]
        heard.cut = told["cut"]
        self.cluster = told["cluster"] or self.cluster
        if str(report.outcome) == "rerun":
            heard.reran, heard.outcome, heard.finished = True, "", False
            return
        heard.outcome = _outcome(report, heard.outcome)
        heard.finished = report.when == "teardown"

    def unfinished(self, *, unheard: bool) -> list[pytest.TestReport]:
        """Return a failed report for each item that began and did not end, so that no reporter takes it for passed.

        Under xdist (`unheard`) these may be items of which no report has come, of whatever kind they are.
        """
        reports = []
        for nodeid, heard in self._items.items():
            if not heard.finished:
                told = {"metadata": {**heard.metadata, "verdict": "interrupted"}, "cluster": None, "cut": True}
                report = _cut_short(nodeid, heard.location, heard.keywords)
                setattr(report, ATTRIBUTE, told)
                reports.append(report)
        if unheard:
            reports += [
                _cut_short(nodeid, place, {}) for nodeid, place in self._begun.items() if nodeid not in self._items
            ]
        return reports

    @property
    def gate(self) -> str:
        """The gate's word."""
        items = [
            Item(nodeid, heard.outcome, heard.metadata["verdict"], heard.reran, heard.cut)
            for nodeid, heard in self._items.items()
        ]
        return gate(self.selected, items, broken=self.broken, simulated=self.simulated)

    @property
    def tests(self) -> dict[str, Json]:
        """The `metadata.chaos` of each item."""
        return {nodeid: heard.metadata for nodeid, heard in self._items.items()}

    @property
    def verdicts(self) -> list[str]:
        """The verdict of each item that has one."""
        return [heard.metadata["verdict"] for heard in self._items.values() if heard.metadata["verdict"]]


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
