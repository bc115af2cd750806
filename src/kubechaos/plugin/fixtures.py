"""pytest's fixtures: the cluster, chaos, a healthy Deployment, the alert rules, a simulated cluster of the test's own.

Each public fixture only returns a private one: a user who overrides `cluster` or `chaos` in a conftest.py must not
change what the fixtures of this plugin are built on. Modules of the package are imported inside of the fixtures, since
pytest loads this module in every session, also in those without a chaos test (benchmarks/startup.py).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from math import inf
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING

import pytest

from .context import (
    CLUSTER,
    EXPERIMENTS,
    GIVEN_UP,
    RAISED,
    TIMEOUT_AT,
    folder_of,
    is_chaos,
    killer,
    pinned,
    settings,
    simulate,
    simulation,
    time_of_day,
)

SIMULATED = "+sim"
"""How the version of a simulated cluster ends."""
CHAOS = "_kubechaos_chaos"
"""The name of the fixture below that every test which injects faults uses, however indirectly."""

if TYPE_CHECKING:
    from ..judge.alerts import AlertRule
    from ..kube.objects import Ref
    from ..observe.cluster import Access, Cluster
    from ..run.chaos import Chaos
    from ..run.experiments import Experiments
    from ..run.rehearsal import Rehearsal
    from ..target import Target


@pytest.fixture(scope="session")
def _kubechaos_access(request: pytest.FixtureRequest) -> "Access":
    from ..errors import RefusedError
    from ..observe.cluster import Access

    clock = simulation(request.config).clock if settings(request.config).simulated else None
    access = Access.to(pinned(request.config), clock)
    request.config.stash[CLUSTER] = facts = access.describe()
    # By its own kubeconfig, say: its verdicts would pass for those of a real cluster, in seconds of another clock.
    if clock is None and (facts["server_version"] or "").endswith(SIMULATED):
        raise RefusedError(f"{access.context} is a simulated cluster: write --chaos-context embedded, for what is one")
    return access


@pytest.fixture(scope="session")
def _kubechaos_cluster(request: pytest.FixtureRequest, _kubechaos_access: "Access") -> "Cluster":
    from ..observe.cluster import Cluster

    return Cluster(_kubechaos_access, settings(request.config).namespace or pinned(request.config).namespace)


@pytest.fixture(scope="session")
def cluster(_kubechaos_cluster: "Cluster") -> "Cluster":
    """The cluster that --chaos-context names."""
    return _kubechaos_cluster


@pytest.fixture
def alert_rules() -> "list[AlertRule]":
    """Alert rules of your own, beside the built-in ones; override this fixture."""
    return []


@pytest.fixture
def _kubechaos_chaos(
    request: pytest.FixtureRequest,
    _kubechaos_access: "Access",
    _kubechaos_cluster: "Cluster",
    alert_rules: "list[AlertRule]",
) -> "Iterator[Chaos]":
    from ..run.chaos import Chaos
    from . import stopping

    item = request.node
    _check_marked(item)
    threads = {get_ident()}

    def seconds_left() -> float:
        # Asked by an experiment just before it injects, in the thread that does it.
        stopping.check(item.config)
        threads.add(get_ident())
        fires_at: float = item.stash.get(TIMEOUT_AT, inf)
        return fires_at - time.monotonic()

    experiments = _experiments(
        item,
        _kubechaos_access,
        alert_rules,
        folder_of(item),
        left=seconds_left,
        killer=lambda: killer(item),
        given_up=item.config.stash.setdefault(GIVEN_UP, set()),
    )
    item.stash[EXPERIMENTS] = experiments
    yield Chaos(experiments)
    experiments.close()
    unread = experiments.failures.inexcusable
    if len(threads) > 1:
        # Nobody knows whether the result of a Future was read, so not even a not_recovered is excused.
        unread = experiments.failures.errors
    _raise_swallowed(unread, item.stash.get(RAISED, []))


def _check_marked(item: pytest.Item) -> None:
    """Raise RefusedError for a test that asks for `chaos` while it runs."""
    from ..errors import RefusedError

    # request.getfixturevalue("chaos") comes too late: the item is not marked, so nothing guards it against signals.
    if not is_chaos(item):
        raise RefusedError(
            "chaos was asked for while the test ran: name it as an argument, or mark the test with kubechaos"
        )


def _experiments(
    item: pytest.Item,
    access: "Access",
    alert_rules: "list[AlertRule]",
    folder: Path,
    *,
    left: Callable[[], float],
    killer: Callable[[], str],
    given_up: "set[Ref] | None" = None,
) -> "Experiments":
    """Return the experiments of an item on a cluster, whose artifacts go to a folder; the rest as in `Experiments`.

    `left` may raise, then nothing is injected.
    """
    from ..run.artifacts import Artifacts
    from ..run.experiments import Experiments

    artifacts = Artifacts(folder, item.config.rootpath)
    return Experiments(
        access,
        settings(item.config),
        item.nodeid,
        alert_rules,
        artifacts,
        time_of_day=time_of_day,
        left=left,
        killer=killer,
        given_up=given_up,
    )


def _raise_swallowed(errors: Sequence[BaseException], raised: Sequence[BaseException]) -> None:
    """Raise the first of the errors that none of the item's phases has raised so far."""
    from ..errors import NotHealedError
    from .tracebacks import is_part_of

    for error in errors:
        if not any(is_part_of(error, each) for each in raised):
            # What could not be healed at the end of the test was never the test's to swallow.
            if not isinstance(error, NotHealedError):
                error.add_note("kubechaos: the test swallowed this verdict, which cannot be excused")
            raise error


@pytest.fixture
def chaos(_kubechaos_chaos: "Chaos") -> "Chaos":
    """Inject faults with chaos.run(fault, target), or around a block with chaos.inject(fault, target)."""
    return _kubechaos_chaos


@pytest.fixture
def _kubechaos_healthy_deployment(
    request: pytest.FixtureRequest, _kubechaos_chaos: "Chaos", _kubechaos_cluster: "Cluster"
) -> "Target":
    kind, name = settings(request.config).target
    return _kubechaos_chaos.steady(_kubechaos_cluster.workload(kind, name))


@pytest.fixture
def healthy_deployment(_kubechaos_healthy_deployment: "Target") -> "Target":
    """The workload that --chaos-target names, found steady."""
    return _kubechaos_healthy_deployment


@pytest.fixture
def sim(request: pytest.FixtureRequest, alert_rules: "list[AlertRule]") -> "Iterator[Rehearsal]":
    """A simulated cluster of the test's own whose pods can be made to fail; its verdicts do not count for the gate."""
    from ..api.credentials import pin
    from ..errors import FaultError
    from ..observe.cluster import Access, Cluster
    from ..run.chaos import Chaos
    from ..run.rehearsal import Rehearsal
    from ..settings import EMBEDDED

    own_cluster = simulate(request.config)
    try:
        pinned_context = pin(EMBEDDED, own_cluster.kubeconfig)
        access = Access.to(pinned_context, own_cluster.clock)
        folder = folder_of(request.node)
        # Beside the folder of `chaos`, as one test may use both.
        folder = folder.with_name(f"{folder.name}-sim")
        experiments = _experiments(request.node, access, alert_rules, folder, left=lambda: inf, killer=str)
        yield Rehearsal(Chaos(experiments), Cluster(access, pinned_context.namespace), own_cluster)
        # What its experiments raised was the subject of the test, which may have expected it. A block that was
        # forgotten has raised nothing.
        before = len(experiments.failures.errors)
        experiments.close()
        forgotten = [each for each in experiments.failures.errors[before:] if isinstance(each, FaultError)]
        _raise_swallowed(forgotten, request.node.stash.get(RAISED, []))
    finally:
        own_cluster.stop()
