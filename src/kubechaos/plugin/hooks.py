"""pytest's hooks until there is a chaos test, in the order in which pytest calls them; from then on, `session`."""

import pytest

from . import options
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

MARKER = "chaos: a test that hurts the cluster which --chaos-context names; set on every test that uses it"
UNNAMED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Under xdist the controller collects nothing, but receives every report."""
    if session.config.pluginmanager.hasplugin("dsession") and options.named(session.config):
        _register(session.config, 0)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Give faults ids that carry their arguments."""
    # Asked of the class, not of the value: a mock has every attribute.
    return repr(val) if hasattr(type(val), "__kubechaos_id__") else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test that uses the cluster."""
    if "_kubechaos_cluster" in getattr(item, "fixturenames", ()):
        item.add_marker("chaos")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out chaos tests where no cluster is named; register the session's hooks where one is."""
    chaotic = [item for item in items if item.get_closest_marker("chaos")]
    if chaotic and options.named(config):
        _register(config, len(chaotic))
    elif chaotic:
        items[:] = [item for item in items if item not in chaotic]
        config.hook.pytest_deselected(items=chaotic)
        config.stash[UNNAMED] = len(chaotic)


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Say how to run what was taken out."""
    if not (count := config.stash.get(UNNAMED, 0)):
        return ""
    return f"kubechaos: {count} chaos tests not selected: no cluster is named; name one with --chaos-context NAME"


def _register(config: pytest.Config, selected: int) -> None:
    from .session import ChaosSession

    config.pluginmanager.register(ChaosSession(config, selected), "kubechaos-session")
