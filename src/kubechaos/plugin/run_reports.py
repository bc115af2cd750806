"""What is said of the run as a value: in the reports of others, in files of its own, in the last line."""

from importlib.metadata import version
from typing import Any

import pytest

from ..errors import ArtifactsError, ConfigError
from ..report import json
from ..report.formats import FORMATS
from ..report.run import Run, make_run
from ..run.artifacts import save_reports
from ..settings import FACTOR, Settings
from ..untrusted import writable
from . import stopping, terminal
from .context import run_folder, settings
from .results import Results


class RunReports:
    """The reports of one run; there are none where an option cannot be read, which ends the session with its error."""

    def __init__(self, config: pytest.Config, results: Results) -> None:
        self._config = config
        self._results = results

    @property
    def settings(self) -> Settings | None:
        """The settings; None where an option cannot be read."""
        try:
            return settings(self._config)
        except ConfigError:
            return None

    def add_to(self, json_report: dict[str, Any]) -> None:
        """Add the top level `chaos` to pytest-json-report's report, and the metadata of tests that never ended."""
        # Also of what is not ours: one lone surrogate, and nobody could read the file.
        json_report.update(writable(json_report))
        run_settings = self.settings
        if run_settings is None:
            return
        # An item that never ended has no metadata yet: the report that we added for it was made by no makereport.
        metadata = json.plain(self._results.metadata)
        for test in json_report.get("tests", ()):
            if test["nodeid"] in metadata:
                test.setdefault("metadata", {})["chaos"] = metadata[test["nodeid"]]
        json_report["chaos"] = json.summary(self._run(run_settings))

    def finish(self) -> None:
        """Write the run's own reports, what a person has to put back, and the last line."""
        run_settings = self.settings
        if run_settings is None:
            return
        run = self._run(run_settings)
        self._write(run)
        not_healed = stopping.not_healed(self._config)
        if not_healed:
            terminal.warn(self._config, f"the cluster was not healed: {not_healed}")
        terminal.last_line(self._config, run, run_settings)

    def _run(self, run_settings: Settings) -> Run:
        factor = None
        if run_settings.simulated:
            factor = FACTOR
        return make_run(
            version=version("pytest-kubechaos"),
            run=run_settings.run,
            started=run_settings.started,
            seed=run_settings.seed,
            factor=factor,
            cluster=self._results.cluster,
            selected=self._results.selected,
            broken=self._results.broken,
            tests=self._results.tests,
        )

    def _write(self, run: Run) -> None:
        """Write the run in every format, beside the artifacts of its tests; where no test began, there is nothing."""
        if not run.tests:
            return
        try:
            save_reports(run_folder(self._config), {f"run.{name}": render(run) for name, render in FORMATS.items()})
        except ArtifactsError as error:
            terminal.warn(self._config, str(error))
