"""One chaos item: the work around its phases, and our part of its reports."""

from collections.abc import Callable
from math import inf

import pytest

from ..errors import ChaosError, InterruptedOutage, Verdict
from ..report import json, text
from ..report.gate import EXCUSABLE
from ..report.run import ChaosResult, ClusterFacts, result
from . import fixtures
from .context import CLUSTER, EXPERIMENTS, RAISED, is_chaos
from .results import ATTRIBUTE, ItemReport
from .tracebacks import hide_frames

PROPERTY = "chaos_"
"""How our JUnit properties begin."""


def begin(item: pytest.Item) -> None:
    """Forget an earlier attempt at the item: pytest-rerunfailures runs the same item again, and each is reported."""
    item.stash[RAISED] = []
    if EXPERIMENTS in item.stash:
        del item.stash[EXPERIMENTS]
    item.user_properties[:] = [(name, value) for name, value in item.user_properties if not name.startswith(PROPERTY)]


def session_stopper(item: pytest.Item) -> Callable[[str], None]:
    """Return what a signal handler calls with its reason: it lets no further item begin."""

    def stop(why: str) -> None:
        # pytest looks at it after each item (_pytest/main.py, pytest_runtestloop); this one is torn down and reported.
        item.session.shouldstop = why

    return stop


def cancel_timeout(item: pytest.Item) -> None:
    """Cancel the item's pytest-timeout."""
    # The hook is pytest-timeout's own, and missing under `-p no:timeout`.
    if hasattr(item.config.hook, "pytest_timeout_cancel_timer"):
        item.config.hook.pytest_timeout_cancel_timer(item=item)


def note_result(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember what a phase raised, and give the item its JUnit properties, before pytest makes the report."""
    if call.excinfo is not None:
        hide_frames(call.excinfo, entrance=fixtures.__name__, full=bool(item.config.getoption("fulltrace")))
        item.stash.setdefault(RAISED, []).append(call.excinfo.value)
    # The verdict is final only after the teardown, which may fail to heal.
    if is_chaos(item) and call.when == "teardown":
        item.user_properties.extend(_properties(metadata(item)))


def _properties(chaos: ChaosResult) -> list[tuple[str, object]]:
    """Return the facts for JUnit: plain values, as xdist carries no others."""
    times = [each.recovery_time for each in chaos.experiments if each.recovery_time < inf]
    properties: dict[str, object] = {
        "verdict": chaos.verdict and str(chaos.verdict),
        "artifacts": chaos.artifacts,
        "recovery_time": max(times, default=None),
    }
    return [(f"{PROPERTY}{name}", value) for name, value in properties.items() if value is not None]


def metadata(item: pytest.Item) -> ChaosResult:
    """Return `metadata.chaos` of the item, as far as it is known."""
    raised = item.stash.get(RAISED, [])
    verdicts = [error.verdict for error in raised if isinstance(error, ChaosError | InterruptedOutage)]
    experiments = item.stash.get(EXPERIMENTS, None)
    if experiments is None:
        return result(verdicts, None, [])
    return result([*experiments.verdicts, *verdicts], experiments.artifacts.place, experiments.outages)


def complete_report(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to a chaos item's report what is known, and undo an xfail that would excuse a missing result."""
    if not is_chaos(item):
        return
    chaos = metadata(item)
    setattr(report, ATTRIBUTE, json.plain(ItemReport(chaos, _cluster(item), _interrupted(item))))
    # Without a result nobody knows whether the target would have recovered, so there is nothing to excuse.
    if report.skipped and chaos.verdict is not None and chaos.verdict not in EXCUSABLE:
        _undo_excuse(report, chaos.verdict)
    if chaos.verdict is Verdict.NOT_HEALED:
        item.session.shouldstop = "kubechaos: the cluster was not healed; nothing more is done to it"
    experiments = item.stash.get(EXPERIMENTS, None)
    if report.failed and experiments is not None:
        report.sections += [("kubechaos timeline", text.timeline(outage)) for outage in experiments.outages]


def _undo_excuse(report: pytest.TestReport, verdict: Verdict) -> None:
    """Make a failure of an xfail or a skip; pytest writes both as the outcome "skipped" (_pytest/skipping.py)."""
    report.outcome = "failed"
    if hasattr(report, "wasxfail"):
        # Reporters take a report with this attribute for an xfail, whatever its outcome is.
        del report.wasxfail
    else:
        report.longrepr = f"kubechaos: {verdict}: there is no result, which a skip cannot excuse"


def _cluster(item: pytest.Item) -> ClusterFacts | None:
    """Return which cluster the session has used so far; None before it has."""
    known = item.config.stash.get(CLUSTER, None)
    if known is None:
        return None
    return ClusterFacts(**known)


def _interrupted(item: pytest.Item) -> bool:
    """Return whether a signal has ended the item."""
    return any(isinstance(error, InterruptedOutage) for error in item.stash.get(RAISED, []))
