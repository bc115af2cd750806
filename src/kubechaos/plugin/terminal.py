"""What people see: the line after collection, the section under a failure, the last line."""

import pytest

from ..report import text
from ..report.run import RunSummary
from ..settings import FACTOR, RESOLUTION, Settings


def header(settings: Settings, namespace: str, items: int) -> str:
    """Return the line that says what will be hurt, where, and for how long at worst."""
    longest = items * (settings.settle + settings.within + settings.stable_for) / (FACTOR if settings.simulated else 1)
    kind, name = settings.target
    simulated = f" SIMULATED, {FACTOR:g} times as fast, resolution {RESOLUTION:g} s;" if settings.simulated else ""
    return (
        f"kubechaos:{simulated} {items} chaos tests on context {settings.context}, namespace {namespace}, "
        f"default target {kind.lower()}/{name}, seed {settings.seed}; at worst {_duration(longest)}"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def warn(config: pytest.Config, text: str) -> None:
    """Write a line that nobody may overlook."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"kubechaos: {text}", red=True)


def last_line(config: pytest.Config, run: RunSummary, settings: Settings) -> None:
    """Write the last line of the run: the gate and what it stands on."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        markup = {"green" if run.gate == "pass" else "yellow" if run.gate in ("flaky", "simulated") else "red": True}
        place = f"{settings.results}/{settings.run}"
        reporter.write_line(text.summary(run, place), **markup)
