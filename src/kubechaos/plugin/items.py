"""What is done for one chaos item, around its phases and for its reports."""

from collections.abc import Callable
from math import inf
from types import TracebackType

import pytest

from ..errors import ChaosError, InterruptedOutage, Verdict
from ..report import json, text
from ..report.gate import EXCUSABLE
from ..report.run import ChaosResult, ClusterFacts, result
from . import fixtures
from .fixtures import CLUSTER, EXPERIMENTS, RAISED
from .results import ATTRIBUTE, ItemReport

PROPERTY = "chaos_"
OURS = ("kubechaos", "contextlib")
PYTESTS = ("_pytest", "pluggy")


def chaotic(item: pytest.Item) -> bool:
    """Whether the item is a chaos item."""
    return item.get_closest_marker("chaos") is not None


def begin(item: pytest.Item) -> None:
    """Forget an earlier attempt at the item: each attempt is reported by itself."""
    item.stash[RAISED] = []
    if EXPERIMENTS in item.stash:
        del item.stash[EXPERIMENTS]
    item.user_properties[:] = [(name, value) for name, value in item.user_properties if not name.startswith(PROPERTY)]


def stopper(item: pytest.Item) -> Callable[[str], None]:
    """Return what a signal must do to the session: let no further item begin."""

    def stop(why: str) -> None:
        item.session.shouldstop = why

    return stop


def cancel_timeout(item: pytest.Item) -> None:
    """Cancel the item's pytest-timeout."""
    if hasattr(item.config.hook, "pytest_timeout_cancel_timer"):
        item.config.hook.pytest_timeout_cancel_timer(item=item)


def note(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember what a phase raised, and give the item its properties, before its report is made."""
    if call.excinfo is not None:
        if not item.config.getoption("fulltrace"):
            _shorten(call.excinfo)
        item.stash.setdefault(RAISED, []).append(call.excinfo.value)
    if chaotic(item) and call.when == "teardown":
        item.user_properties.extend(_properties(metadata(item)))


def _shorten(raised: pytest.ExceptionInfo[BaseException]) -> None:
    """Show of our own errors where the test was, not how we came to them; `--full-trace` shows all."""
    if not isinstance(raised.value, ChaosError):
        return
    steps = [entry._rawentry for entry in raised.traceback]
    outside = [step for step in steps if _root(step) not in OURS]
    if all(_root(step) in PYTESTS for step in outside):
        outside += [step for step in steps if step.tb_frame.f_globals.get("__name__") == fixtures.__name__][:1]
    short = None
    for step in reversed(outside):
        short = TracebackType(short, step.tb_frame, step.tb_lasti, step.tb_lineno)
    if short is not None:
        raised.traceback = type(raised.traceback)(short)
    met, cause = {id(raised.value)}, raised.value.__cause__
    while cause is not None and id(cause) not in met:
        met.add(id(cause))
        cause.__traceback__, cause = None, cause.__cause__ or cause.__context__


def _undo_excuse(report: pytest.TestReport, verdict: Verdict) -> None:
    """Make an xfail or a skip the failure that it is."""
    word = "xfail" if hasattr(report, "wasxfail") else "skip"
    report.__dict__.pop("wasxfail", None)
    report.outcome = "failed"
    if word == "skip":
        report.longrepr = f"kubechaos: {verdict}: there is no result, which a skip cannot excuse"


def _root(step: TracebackType) -> str:
    """The top-level package of a frame."""
    return str(step.tb_frame.f_globals.get("__name__", "")).partition(".")[0]


def _properties(found: ChaosResult) -> list[tuple[str, object]]:
    """The facts that belong into JUnit: plain values, as xdist carries no others."""
    times = [each.recovery_time for each in found.experiments if each.recovery_time < inf]
    properties = [
        ("verdict", str(found.verdict) if found.verdict else None),
        ("artifacts", found.artifacts),
        ("recovery_time", max(times, default=None)),
    ]
    return [(f"{PROPERTY}{name}", value) for name, value in properties if value is not None]


def metadata(item: pytest.Item) -> ChaosResult:
    """Return `metadata.chaos` of the item as it stands."""
    experiments, raised = item.stash.get(EXPERIMENTS, None), item.stash.get(RAISED, [])
    verdicts = [error.verdict for error in raised if isinstance(error, ChaosError | InterruptedOutage)]
    if experiments is None:
        return result(verdicts, None, [])
    return result([*experiments.verdicts, *verdicts], experiments.artifacts.place, experiments.outages)


def complete(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to a chaos item's report what is known, and undo an xfail that would excuse a missing result."""
    if not chaotic(item):
        return
    found = metadata(item)
    setattr(report, ATTRIBUTE, json.plain(ItemReport(found, _cluster(item), _interrupted(item))))
    if report.skipped and found.verdict is not None and found.verdict not in EXCUSABLE:
        _undo_excuse(report, found.verdict)
    if found.verdict is Verdict.NOT_HEALED:
        item.session.shouldstop = "kubechaos: the cluster was not healed; nothing more is done to it"
    if report.failed and (experiments := item.stash.get(EXPERIMENTS, None)) is not None:
        report.sections += [("kubechaos timeline", text.timeline(outage)) for outage in experiments.outages]


def _cluster(item: pytest.Item) -> ClusterFacts | None:
    """Which cluster the session has used so far; None before it has."""
    known = item.config.stash.get(CLUSTER, None)
    return ClusterFacts(**known) if known else None


def _interrupted(item: pytest.Item) -> bool:
    """Whether a signal has ended the item."""
    return any(isinstance(error, InterruptedOutage) for error in item.stash.get(RAISED, []))
