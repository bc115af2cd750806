"""pytest's hooks while there are chaos tests, in the order in which pytest calls them.

Three rules of pluggy decide who runs when (https://docs.pytest.org/en/stable/how-to/writing_hook_functions.html): a
wrapper runs around all plain implementations; `tryfirst` makes a wrapper an outer one, and a plain one early; of two
equal ones the plugin that was registered last comes first, and we are registered after all others, at the end of the
collection. So a `tryfirst` wrapper of ours is the outermost: its first half runs before everybody, its second after.
"""

import signal
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

import pytest

from ..errors import ConfigError, Verdict
from ..report import json
from ..report.gate import gate
from ..report.run import ItemResult
from ..run.signals import FORCED_AT, defer, ignored, terminable
from ..untrusted import safe
from . import items, stopping, terminal
from .context import BEGUN, TIMEOUT_AT, TIMEOUT_METHOD, identity, is_chaos, pinned, settings, simulation
from .results import Results
from .run_reports import RunReports

NOT_HEALED = 10
"""pytest's exit code when the cluster was left broken; pytest itself uses those up to 6."""
SELECTED = "kubechaos_selected"
"""What an xdist worker sends at its end: how many chaos items it has collected."""
USAGE_ERROR = "kubechaos_usage_error"
"""And why it ran none of them, if an option or the kubeconfig is wrong."""
HEADER = "kubechaos_header"
"""The attribute of the first report of a worker with the line that says what is being hurt."""
CUT_SHORT = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
"""The exit codes of a session that may not have run all of its items."""

Wrapper = Generator[None, Any, Any]


class ChaosSession:
    """The session's chaos items: guarded while they run, and counted as they are reported."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        self._results = Results()
        self._reports = RunReports(config, self._results)
        self._header_shown = False
        self._until_the_end = ExitStack()
        # Cleanups run in reverse order: the end of the embedded cluster, which was registered later, comes before.
        config.add_cleanup(self._until_the_end.close)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give every xdist worker the same run and seed, before it starts."""
        node.workerinput["kubechaos_run"], node.workerinput["kubechaos_seed"] = identity(self._config)
        node.workerinput["kubechaos_each"] = self._runs_each_item_in_each_worker

    @property
    def _runs_each_item_in_each_worker(self) -> bool:
        return bool(self._config.getoption("dist", "no") == "each")

    def begin(self, session: pytest.Session, selected: int) -> None:
        """Read the options and the kubeconfig now that it is known that they are needed.

        Raises UsageError if one cannot be used: pytest prints one line, and its exit code is 4.
        """
        # A file that could not be collected may hold chaos tests that will not be run.
        self._results.broken |= session.testsfailed > 0
        self._results.selected = selected
        # In an xdist worker this is what goes to the controller; elsewhere nobody reads it.
        output: dict[str, object] = getattr(self._config, "workeroutput", {})
        output[SELECTED] = selected
        try:
            pinned(self._config)
        except ConfigError as error:
            output[USAGE_ERROR] = f"kubechaos: {error}"
            raise pytest.UsageError(output[USAGE_ERROR]) from error

    def pytest_report_collectionfinish(self) -> str:
        """Return the line that says what will be hurt, and for about how long; and what an embedded cluster has."""
        # _pytest/terminal.py calls it in its own pytest_collection_finish, after ours, which has read the options.
        return "" if self._is_worker else self._header()

    def _header(self) -> str:
        run_settings = settings(self._config)
        lines = [terminal.header(run_settings, pinned(self._config).connection, self._results.selected)]
        if run_settings.simulated:
            # The names of kinds are what the files say.
            lines.append(safe(f"kubechaos: {simulation(self._config).loaded}"))
        return "\n".join(lines)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Wrapper:
        """Make SIGTERM end the session as Ctrl-C does, with all reports."""
        self._until_the_end.enter_context(ignored())
        with terminable():
            result = yield
        # Nothing has ended the loop early. Signals go to others again.
        self._until_the_end.close()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Wrapper:
        """Keep a signal between the phases of an item for the next one: it would leave out the teardown."""
        with items.interruptions(item).held_back() if is_chaos(item) else nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Wrapper:
        """Make a signal an error of the item."""
        # Outermost: the fixtures are set up inside, by _pytest/runner.py.
        items.begin(item)
        with _guarded(item):
            return (yield)

    @pytest.hookimpl(optionalhook=True, wrapper=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> Wrapper:
        """Note when the item's timeout will fire; what it raises then must not interrupt the writing of a record."""
        item.stash[TIMEOUT_AT] = time.monotonic() + settings.timeout
        item.stash[TIMEOUT_METHOD] = settings.method
        timer = yield
        # After pytest-timeout's own implementation, as that is what installs the handler of SIGALRM.
        if is_chaos(item):
            defer(signal.SIGALRM)
        return timer

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Wrapper:
        """Make a signal a failure of the item."""
        with _guarded(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Wrapper:
        """Protect the cleanup from the item's timeout and from signals."""
        if not is_chaos(item):
            return (yield)
        # Outermost, hence before the first fixture's finalizer. With timeout_func_only=false the timer still runs.
        with items.protected(item):
            items.cancel_timeout(item)
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Wrapper:
        """Add what is known to the item's report, and undo an excuse that is none."""
        # Before _pytest/runner.py makes the report from `call`; after _pytest/skipping.py has made an xfail of it.
        items.note_result(item, call)
        report = yield
        items.complete_report(item, report)
        # The controller of xdist collects nothing: it learns from its workers what is being hurt.
        if self._is_worker and is_chaos(item) and not self._header_shown:
            self._header_shown = True
            setattr(report, HEADER, self._header())
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_runtest_metadata(self, item: pytest.Item, call: pytest.CallInfo[None]) -> dict[str, Any]:
        """Add `metadata.chaos` to the item's part of the JSON report."""
        if not is_chaos(item):
            return {}
        return {"chaos": json.plain(items.metadata(item))}

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Register an item before its first report, which may never come from an xdist worker."""
        self._results.start(nodeid, location)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note that every report of an item has come."""
        self._results.finish(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how the item ended."""
        header = getattr(report, HEADER, "")
        if header and not self._is_worker and not self._header_shown:
            self._header_shown = True
            terminal.line(self._config, header)
        self._results.add_report(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Learn from an xdist worker how many chaos items there were, unless it crashed before it could say so."""
        self._results.broken |= bool(error)
        output = getattr(node, "workeroutput", {})
        # Each worker collects all items, so each says the same number.
        counts = [self._results.selected, output.get(SELECTED, 0)]
        self._results.selected = sum(counts) if self._runs_each_item_in_each_worker else max(counts)
        if USAGE_ERROR in output:
            # Out of pytest_runtestloop, so that the controller ends as one process would.
            raise pytest.UsageError(output[USAGE_ERROR])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Wrapper:
        """Report what began and did not end, and set the exit code; write the last line when all others are done."""
        # Outermost: JUnit and pytest-json-report write their files inside, and must have the items and the exit code
        # that we add; the terminal writes its summary inside, and our line is to stand below it.
        with ignored():
            self._end_unfinished()
            self._results.broken |= exitstatus in CUT_SHORT
            if not self._is_worker:
                self._add_missing_reports()
                session.exitstatus = self._exit_code(session)
            try:
                # A fixture of the session may hang.
                with terminable(at=FORCED_AT):
                    result = yield
            except KeyboardInterrupt:
                result, session.exitstatus = None, session.exitstatus or pytest.ExitCode.INTERRUPTED
            if not self._is_worker:
                self._reports.finish()
        return result

    def _end_unfinished(self) -> None:
        item = self._config.stash.get(BEGUN, None)
        if item is not None and is_chaos(item) and not self._results.has_finished(item.nodeid):
            self._results.update(item.nodeid, items.end_unfinished(item))

    def _not_healed(self, tests: Sequence[ItemResult]) -> bool:
        """Return whether the cluster was left broken; a worker may have died before it could report it."""
        if any(test.verdict is Verdict.NOT_HEALED for test in tests):
            return True
        return self._reports.settings is not None and bool(stopping.not_healed(self._config))

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add what is known of the run and of its tests to the JSON report."""
        self._reports.add_to(json_report)

    def _add_missing_reports(self) -> None:
        under_xdist = self._config.pluginmanager.hasplugin("dsession")
        for report in self._results.unfinished(never_reported=under_xdist):
            self._results.cut_short = True
            self._config.hook.pytest_runtest_logreport(report=report)

    def _exit_code(self, session: pytest.Session) -> int:
        """Return the exit code: pytest's own, but never 0 beside a failure, or beside tests that did not end."""
        tests = self._results.tests
        if self._not_healed(tests):
            return NOT_HEALED
        if session.exitstatus != pytest.ExitCode.OK or self._config.getoption("collectonly"):
            return session.exitstatus
        # `pytest.exit(returncode=0)` ends a session so, and a worker of xdist that cannot send a report.
        cut_short = self._results.cut_short or len(tests) < self._results.selected
        if cut_short or gate(len(tests), tests) == "fail":
            return pytest.ExitCode.TESTS_FAILED
        return session.exitstatus


def _guarded(item: pytest.Item) -> AbstractContextManager[None]:
    if not is_chaos(item):
        return nullcontext()
    return items.guarded(item)
