"""pytest's hooks until there is a chaos test, in the order in which pytest calls them; from then on, `session`.

This module is the plugin's entry point, so pytest loads it in every session of everybody who has installed us: it must
import little and do nothing unless a chaos test was collected.
"""

from typing import TYPE_CHECKING

import pytest

from . import options, report_file
from .context import MARKER, UNSELECTED, is_chaos
from .fixtures import (  # noqa: F401  # pytest finds fixtures by their names here
    _kubechaos_access,
    _kubechaos_chaos,
    _kubechaos_cluster,
    _kubechaos_healthy_deployment,
    alert_rules,
    chaos,
    cluster,
    healthy_deployment,
    sim,
)

if TYPE_CHECKING:
    from .session import ChaosSession

MARKER_LINE = f"{MARKER}: a test that hurts the cluster which --chaos-context names; set on every test that uses it"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, as --strict-markers demands."""
    config.addinivalue_line("markers", MARKER_LINE)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Empty the report of an earlier run, before anything that may take long or fail.

    In the controller of xdist, which collects nothing but receives every report, register our session at once.
    """
    config = session.config
    under_xdist = config.pluginmanager.hasplugin("dsession")
    # In one process, an empty name is an error only if chaos tests are collected.
    if hasattr(config, "workerinput") or (config.getoption("chaos_context") == "" and not under_xdist):
        return
    if not options.is_cluster_named(config):
        return
    problem = report_file.empty(config)
    if problem:
        from . import terminal

        terminal.warn(config, problem)
    # xdist/dsession.py: its plugin "dsession" answers pytest_collection, so no later hook says what was collected.
    if under_xdist:
        _register(config)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Give faults ids that carry their arguments, like test_survives[kill(1)]."""
    # Asked of the class, not of the value: a mock has every attribute. Not isinstance: that would import the faults.
    if hasattr(type(val), "__kubechaos_id__"):
        return repr(val)
    return None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test that uses the cluster."""
    if "_kubechaos_cluster" in getattr(item, "fixturenames", ()):
        item.add_marker(MARKER)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out chaos tests where no cluster is named."""
    # Last, so that -k, -m and --deselect (_pytest/mark, _pytest/main.py) have taken out theirs: what they take out is
    # not spoken of.
    chaos_items = [item for item in items if is_chaos(item)]
    if not chaos_items or options.is_cluster_named(config):
        return
    items[:] = [item for item in items if item not in chaos_items]
    config.hook.pytest_deselected(items=chaos_items)
    config.stash[UNSELECTED] = len(chaos_items)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Register our session if chaos tests remain; else not even the kubeconfig is read."""
    # Not in pytest_collection_modifyitems: others take out tests there later than we can, as pytest-split does. First,
    # as the terminal's implementation asks for our line, and that of an xdist worker lets its tests begin.
    selected = len({item.nodeid for item in session.items if is_chaos(item)})
    if selected and options.is_cluster_named(session.config):
        _register(session.config).begin(session, selected)


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Return the line that says how to run what was taken out."""
    count = config.stash.get(UNSELECTED, 0)
    if not count:
        return ""
    return f"kubechaos: {count} chaos tests not selected: no cluster is named; name one with --chaos-context NAME"


def _register(config: pytest.Config) -> "ChaosSession":
    from . import stopping
    from .session import ChaosSession

    session = ChaosSession(config)
    config.pluginmanager.register(stopping, "kubechaos-stopping")
    config.pluginmanager.register(session, "kubechaos-session")
    return session
