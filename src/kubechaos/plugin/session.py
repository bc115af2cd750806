"""pytest's hooks while there are chaos tests, in the order in which pytest calls them."""

import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from ..errors import ArtifactsError, ConfigError, Verdict
from ..report import json
from ..report.formats import FORMATS
from ..report.run import Run, make_run
from ..run.artifacts import save_reports
from ..run.signals import defer, interruptible, shielded, terminable
from ..settings import FACTOR, Settings
from . import items, terminal
from .fixtures import ENDS, identity, pinned, settings
from .results import Results

NOT_HEALED = 10
"""pytest's exit code when the cluster was left broken; pytest itself uses those up to 6."""
CUT_SHORT = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)

Wrapper = Generator[None, Any, Any]


@contextmanager
def _usage_error() -> Iterator[None]:
    """Make a wrong option or kubeconfig what pytest makes of its own: one line and exit code 4."""
    try:
        yield
    except ConfigError as error:
        raise pytest.UsageError(f"kubechaos: {error}") from error


def _forget_report(config: pytest.Config) -> None:
    """Remove the JSON report of an earlier run: a gate must not read it if this run dies before it writes its own."""
    if config.getoption("json_report", False) and (name := config.getoption("json_report_file", None)):
        Path(name).unlink(missing_ok=True)


class ChaosSession:
    """The session's chaos items: guarded while they run, and counted as they are reported."""

    def __init__(self, config: pytest.Config, selected: int) -> None:
        self._config = config
        self._worker = hasattr(config, "workerinput")
        self._results = Results(selected)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give every xdist worker the same run and seed."""
        run, seed = identity(self._config)
        node.workerinput["kubechaos_run"], node.workerinput["kubechaos_seed"] = run, seed

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the options and the kubeconfig now that it is known that they are needed.

        A file that could not be collected may hold chaos tests that will not be run.
        """
        self._results.broken |= session.testsfailed > 0
        if self._worker:
            self._config.workeroutput["kubechaos_selected"] = self._results.selected  # type: ignore[attr-defined]  # set by xdist
        elif self._results.selected:
            with _usage_error():
                pinned(self._config)
            _forget_report(self._config)

    def pytest_report_collectionfinish(self) -> str:
        """Say what will be hurt, and for how long at worst."""
        if self._worker:
            return ""
        run_settings = settings(self._config)
        return terminal.header(
            run_settings, run_settings.namespace or pinned(self._config).namespace, self._results.selected
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Wrapper:
        """Let SIGTERM end the session as Ctrl-C does, reports and all."""
        with terminable():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Wrapper:
        """Make a signal an error of the item."""
        items.begin(item)
        with interruptible(items.stopper(item)) if items.chaotic(item) else nullcontext():
            return (yield)

    @pytest.hookimpl(optionalhook=True, wrapper=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> Wrapper:
        """Note when the item's timeout will fire; what it raises then must not tear a record."""
        item.stash[ENDS] = time.monotonic() + settings.timeout
        timer = yield
        if items.chaotic(item):
            defer(signal.SIGALRM)
        return timer

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Wrapper:
        """Make a signal a failure of the item."""
        with interruptible(items.stopper(item)) if items.chaotic(item) else nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Wrapper:
        """Let neither the item's timeout nor a signal cut short what cleans up."""
        if not items.chaotic(item):
            return (yield)
        with shielded(items.stopper(item)):
            items.cancel_timeout(item)
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Wrapper:
        """Add what is known to the item's report, and undo an excuse that is none."""
        items.note(item, call)
        report = yield
        items.complete(item, report)
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_runtest_metadata(self, item: pytest.Item, call: pytest.CallInfo[None]) -> dict[str, Any]:
        """Add `metadata.chaos` to the item's part of the JSON report."""
        return {"chaos": json.plain(items.metadata(item))} if items.chaotic(item) else {}

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Know of an item before its first report, which may never come from an xdist worker."""
        self._results.start(nodeid, location)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Know that every report of an item has come."""
        self._results.finish(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how the item ended."""
        self._results.add_report(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Learn from an xdist worker how many chaos items there were, if it lasts until it can say so."""
        self._results.broken |= bool(error)
        selected = getattr(node, "workeroutput", {}).get("kubechaos_selected", 0)
        self._results.selected = max(self._results.selected, selected)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Wrapper:
        """Report what began and did not end before any report is written; have the exit code and the last line."""
        self._results.broken |= exitstatus in CUT_SHORT
        if not self._worker:
            for report in self._results.unfinished(never_reported=self._config.pluginmanager.hasplugin("dsession")):
                self._config.hook.pytest_runtest_logreport(report=report)
            if any(test.verdict is Verdict.NOT_HEALED for test in self._results.tests):
                session.exitstatus = NOT_HEALED
        yield
        if not self._worker and (run_settings := self._run_settings()):
            run = self._run(run_settings)
            self._write_reports(run, run_settings)
            terminal.last_line(self._config, run, run_settings)

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Add the top level `chaos` to the JSON report, unless there are no options that could be read."""
        if (run_settings := self._run_settings()) is None:
            return
        metadata = json.plain(self._results.metadata)
        for test in json_report.get("tests", ()):
            if test["nodeid"] in metadata:
                test.setdefault("metadata", {})["chaos"] = metadata[test["nodeid"]]
        json_report["chaos"] = json.summary(self._run(run_settings))

    def _run(self, run_settings: Settings) -> Run:
        return make_run(
            version=version("pytest-kubechaos"),
            run=run_settings.run,
            started=run_settings.started,
            seed=run_settings.seed,
            factor=FACTOR if run_settings.simulated else None,
            cluster=self._results.cluster,
            selected=self._results.selected,
            broken=self._results.broken,
            tests=self._results.tests,
        )

    def _write_reports(self, run: Run, run_settings: Settings) -> None:
        """Write the run in every format, beside the artifacts of its tests; where no test began, there is nothing."""
        if not run.tests:
            return
        folder = self._config.rootpath / run_settings.results / run_settings.run
        try:
            save_reports(folder, {f"run.{name}": render(run) for name, render in FORMATS.items()})
        except ArtifactsError as error:
            terminal.warn(self._config, str(error))

    def _run_settings(self) -> Settings | None:
        try:
            return settings(self._config)
        except ConfigError:
            return None
