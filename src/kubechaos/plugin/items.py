"""One chaos item: the work around its phases, and our part of its reports."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from math import inf

import pytest
from msgspec.structs import replace

from ..errors import ChaosError, InterruptedOutage, NotHealedError, Verdict
from ..report import json, text
from ..report.gate import EXCUSABLE
from ..report.run import ChaosResult, ClusterFacts, result
from ..run.signals import Interruptions
from . import fixtures, stopping
from .context import BEGUN, CLUSTER, EARLIER, EXPERIMENTS, INTERRUPTIONS, NO_MORE, RAISED, attempt, is_chaos, worker_of
from .results import ATTRIBUTE, ItemReport
from .tracebacks import hide_frames

PROPERTY = "chaos_"
"""How our JUnit properties begin."""


def begin(item: pytest.Item) -> None:
    """Begin an attempt at the item: of an earlier one, only its verdict is kept."""
    # Whoever runs the item again: pytest-rerunfailures, pytest-retry and flaky do it in three ways, and the last two
    # report no more than one attempt.
    earlier = item.config.stash.setdefault(EARLIER, {})
    if item.nodeid in earlier:
        earlier[item.nodeid].append(_attempt(item).verdict)
    earlier.setdefault(item.nodeid, [])
    item.config.stash[BEGUN] = item
    item.stash[RAISED] = []
    if EXPERIMENTS in item.stash:
        del item.stash[EXPERIMENTS]
    item.user_properties[:] = [(name, value) for name, value in item.user_properties if not name.startswith(PROPERTY)]


@contextmanager
def guarded(item: pytest.Item) -> Iterator[None]:
    """Make a signal, and whatever ends the session from within, an error of the item; note what is raised."""
    try:
        with interruptions(item).raised_at_once():
            yield
    except pytest.exit.Exception as error:
        # pytest would end the session at once: without a teardown, and with the exit code that the test asks for.
        _stop(item, f"pytest.exit: {error}")
        interruption = InterruptedOutage(f"interrupted by pytest.exit: {error}")
        item.stash[RAISED].append(interruption)
        raise interruption from error
    except BaseException as error:
        # Here, since not every plugin that runs an item again makes a report of what it raised.
        item.stash[RAISED].append(error)
        raise


@contextmanager
def protected(item: pytest.Item) -> Iterator[None]:
    """Hold signals back until the item's cleanup has ended, and heal what a fixture that was cut short has not."""
    with interruptions(item).raised_at_the_end():
        try:
            yield
        finally:
            _close(item)


def _close(item: pytest.Item) -> None:
    """Close the experiments whose fixture has not: pytest runs no further finalizer once a signal has ended one."""
    experiments = item.stash.get(EXPERIMENTS, None)
    if experiments is None or experiments.closed:
        return
    experiments.close()
    # The fixture ends at the end of the session then, outside of any phase: what it raised there would end pytest.
    item.stash[RAISED] += experiments.failures.errors


def end_unfinished(item: pytest.Item) -> ItemReport:
    """Heal what an item has left whose teardown pytest leaves out; return what is known of it then.

    A signal, or whatever else ends the session, has come between two of its phases.
    """
    with suppress(InterruptedOutage), protected(item):
        pass
    _stop_if_not_healed(item)
    return _item_report(item, metadata(item))


def interruptions(item: pytest.Item) -> Interruptions:
    """Return the signals of an item; the first one lets no further item begin."""
    if INTERRUPTIONS not in item.stash:
        item.stash[INTERRUPTIONS] = Interruptions(partial(_stop, item))
    return item.stash[INTERRUPTIONS]


def _stop(item: pytest.Item, why: str) -> None:
    # This item is torn down and reported, then pytest ends its loop (_pytest/main.py, pytest_runtestloop).
    stopping.stop(item.session, Verdict.INTERRUPTED, why)
    _end_reruns(item)


def _end_reruns(item: pytest.Item) -> None:
    """Let pytest-rerunfailures begin no further attempt: it would be refused, and its report would be the last one."""
    # It compares this number with that of the reruns allowed, once an attempt has ended.
    if hasattr(item, "execution_count"):
        item.execution_count = NO_MORE


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
    # Before another plugin's wrapper of the same hook, inside of which pytest-retry begins the next attempt.
    if is_chaos(item):
        _stop_if_not_healed(item)
    # The verdict is final only after the teardown, which may fail to heal.
    if is_chaos(item) and call.when == "teardown":
        item.user_properties.extend(_properties(metadata(item)))


def _stop_if_not_healed(item: pytest.Item) -> None:
    if metadata(item).verdict is Verdict.NOT_HEALED:
        stopping.stop(item.session, Verdict.NOT_HEALED, _advice(item))
        _end_reruns(item)


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
    known = _attempt(item)
    # A rerun may find a target that recovers. It does not heal what an earlier attempt has left broken.
    if Verdict.NOT_HEALED in item.config.stash.get(EARLIER, {}).get(item.nodeid, []):
        return replace(known, verdict=Verdict.NOT_HEALED)
    return known


def _attempt(item: pytest.Item) -> ChaosResult:
    """Return what is known of the current attempt alone."""
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
    setattr(report, ATTRIBUTE, json.plain(_item_report(item, chaos)))
    # Without a result nobody knows whether the target would have recovered, so there is nothing to excuse.
    if report.skipped and chaos.verdict is not None and chaos.verdict not in EXCUSABLE:
        _undo_excuse(report, chaos.verdict)
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


def _item_report(item: pytest.Item, chaos: ChaosResult) -> ItemReport:
    earlier = item.config.stash.get(EARLIER, {}).get(item.nodeid, [])
    return ItemReport(
        chaos,
        _cluster(item),
        interrupted=_interrupted(item),
        uses_chaos=fixtures.CHAOS in getattr(item, "fixturenames", ()),
        attempt=attempt(item),
        earlier=tuple(verdict for verdict in earlier if verdict),
        worker=worker_of(item.config),
    )


def _advice(item: pytest.Item) -> str:
    """Return what was not healed, and what a person can do about it."""
    errors = [*item.stash.get(RAISED, [])]
    if EXPERIMENTS in item.stash:
        errors += item.stash[EXPERIMENTS].failures.errors
    found = [str(error) for error in errors if isinstance(error, NotHealedError)]
    found += [each.cause for each in metadata(item).experiments if each.verdict is Verdict.NOT_HEALED]
    return [*found, f"see the report of {item.nodeid}"][0]


def _cluster(item: pytest.Item) -> ClusterFacts | None:
    """Return which cluster the session has used so far; None before it has."""
    known = item.config.stash.get(CLUSTER, None)
    if known is None:
        return None
    return ClusterFacts(**known)


def _interrupted(item: pytest.Item) -> bool:
    """Return whether the item has received a signal, or was ended as by one."""
    return interruptions(item).received or any(
        isinstance(error, InterruptedOutage) for error in item.stash.get(RAISED, [])
    )
