"""pytest's hooks until there is a chaos test, in the order in which pytest calls them; from then on, `session`.

This module is the plugin's entry point, so pytest loads it in every session of everybody who has installed us: it must
import little and do nothing unless a chaos test was collected.
"""

import pytest

from . import options
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

MARKER_LINE = f"{MARKER}: a test that hurts the cluster which --chaos-context names; set on every test that uses it"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, as --strict-markers demands."""
    config.addinivalue_line("markers", MARKER_LINE)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Register our session at once in the controller of xdist, which collects nothing but receives every report."""
    # xdist/dsession.py: its plugin "dsession" answers pytest_collection, so no later hook says what was collected.
    if session.config.pluginmanager.hasplugin("dsession") and options.is_cluster_named(session.config):
        _register(session.config, 0)


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
    """Take out chaos tests where no cluster is named; register our session where one is."""
    # Last, so that -k, -m and --deselect (_pytest/mark, _pytest/main.py) have taken out theirs: a run without a chaos
    # test left must not even read the kubeconfig.
    chaos_items = [item for item in items if is_chaos(item)]
    if not chaos_items:
        return
    if options.is_cluster_named(config):
        _register(config, len(chaos_items))
        return
    items[:] = [item for item in items if item not in chaos_items]
    config.hook.pytest_deselected(items=chaos_items)
    config.stash[UNSELECTED] = len(chaos_items)


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Return the line that says how to run what was taken out."""
    count = config.stash.get(UNSELECTED, 0)
    if not count:
        return ""
    return f"kubechaos: {count} chaos tests not selected: no cluster is named; name one with --chaos-context NAME"


def _register(config: pytest.Config, selected: int) -> None:
    from .session import ChaosSession

    config.pluginmanager.register(ChaosSession(config, selected), "kubechaos-session")
