"""Our lines in the terminal: the one after the collection, warnings, the last one."""

from typing import TYPE_CHECKING

import pytest

from ..report import text
from ..report.run import RunSummary
from ..settings import FACTOR, RESOLUTION, Settings
from ..untrusted import safe

if TYPE_CHECKING:
    from ..api.connection import Connection

MARKUP = {"pass": "green", "flaky": "yellow", "simulated": "yellow"}
"""By gate; every other gate is red."""


def header(settings: Settings, connection: "Connection", items: int) -> str:
    """Return the line that says what will be hurt, where, as whom, and for how long if each makes one experiment."""
    seconds = items * (settings.settle + settings.within + settings.stable_for)
    simulated = ""
    if settings.simulated:
        seconds /= FACTOR
        simulated = f" SIMULATED, {FACTOR:g} times as fast, resolution {RESOLUTION:g} s;"
    kind, name = settings.target
    where = settings.context
    if not settings.simulated:
        where += _described(connection)
    # The kubeconfig may come from somebody else, and the names in it are any text.
    return safe(
        f"kubechaos:{simulated} {items} chaos tests on context {where}, "
        f"namespace {settings.namespace or connection.namespace}, "
        f"default target {kind.lower()}/{name}, seed {settings.seed}; about {_duration(seconds)} at one fault a test"
    )


def _described(connection: "Connection") -> str:
    """Describe which cluster a context means, and as whom: two kubeconfigs may have a context of the same name."""
    acting = ""
    if connection.impersonation is not None:
        acting = f" as {connection.impersonation.user}"
    facts = [connection.server, "the pod's service account"]
    if connection.source:
        facts[1] = f"kubeconfig {connection.source}"
    if connection.insecure:
        facts.append("its certificate NOT VERIFIED: insecure-skip-tls-verify")
    return f"{acting} ({', '.join(facts)})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def line(config: pytest.Config, text: str, **markup: bool) -> None:
    """Write a line."""
    # The reporter is missing in an xdist worker, and under `-p no:terminal`.
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(text, **markup)


def warn(config: pytest.Config, text: str) -> None:
    """Write a line in red."""
    line(config, f"kubechaos: {text}", red=True)


def last_line(config: pytest.Config, run: RunSummary, settings: Settings) -> None:
    """Write the last line of the run: the gate, and what it is based on."""
    artifacts = f"{settings.results}/{settings.run}"
    line(config, text.summary(run, artifacts), **{MARKUP.get(run.gate, "red"): True})
