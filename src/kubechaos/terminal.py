"""What people see: the line after collection, the section under a failure, the last line."""

import pytest

from .report import text
from .settings import Settings


def header(settings: Settings, namespace: str, items: int) -> str:
    """Return the line that says what will be hurt, where, and for how long at worst."""
    longest = items * (settings.settle + settings.within + settings.stable_for)
    kind, name = settings.target
    return (
        f"kubechaos: {items} chaos tests on context {settings.context}, namespace {namespace}, "
        f"default target {kind.lower()}/{name}, seed {settings.seed}; at worst {_duration(longest)}"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def last_line(config: pytest.Config, gate: str, verdicts: list[str], settings: Settings) -> None:
    """Write the last line of the run: the gate and what it stands on."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        colour = {"green" if gate == "pass" else "yellow" if gate == "flaky" else "red": True}
        reporter.write_line(text.summary(gate, verdicts, settings.seed, f"{settings.results}/{settings.run}"), **colour)
