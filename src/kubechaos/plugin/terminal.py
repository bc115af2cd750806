"""Our lines in the terminal: the one after the collection, warnings, the last one."""

import pytest

from ..report import text
from ..report.run import RunSummary
from ..settings import FACTOR, RESOLUTION, Settings

MARKUP = {"pass": "green", "flaky": "yellow", "simulated": "yellow"}
"""By gate; every other gate is red."""


def header(settings: Settings, namespace: str, items: int) -> str:
    """Return the line that says what will be hurt, where, and for how long if each makes one experiment."""
    seconds = items * (settings.settle + settings.within + settings.stable_for)
    simulated = ""
    if settings.simulated:
        seconds /= FACTOR
        simulated = f" SIMULATED, {FACTOR:g} times as fast, resolution {RESOLUTION:g} s;"
    kind, name = settings.target
    return (
        f"kubechaos:{simulated} {items} chaos tests on context {settings.context}, namespace {namespace}, "
        f"default target {kind.lower()}/{name}, seed {settings.seed}; about {_duration(seconds)} at one fault a test"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def warn(config: pytest.Config, text: str) -> None:
    """Write a line in red."""
    # The reporter is missing in an xdist worker, and under `-p no:terminal`.
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"kubechaos: {text}", red=True)


def last_line(config: pytest.Config, run: RunSummary, settings: Settings) -> None:
    """Write the last line of the run: the gate, and what it is based on."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        artifacts = f"{settings.results}/{settings.run}"
        reporter.write_line(text.summary(run, artifacts), **{MARKUP.get(run.gate, "red"): True})
