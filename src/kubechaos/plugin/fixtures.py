"""What tests ask for: the cluster, chaos, a healthy Deployment, the alert rules."""

import hashlib
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import options

if TYPE_CHECKING:
    from kubesim import Simulation

    from ..api.credentials import PinnedContext
    from ..judge.alerts import AlertRule
    from ..observe.cluster import Access, Cluster
    from ..run.chaos import Chaos
    from ..run.experiments import Experiments
    from ..run.rehearsal import Rehearsal
    from ..settings import Settings
    from ..target import Target

IDENTITY = pytest.StashKey[tuple[str, str]]()
SETTINGS = pytest.StashKey["Settings"]()
PINNED = pytest.StashKey["PinnedContext"]()
CLUSTER = pytest.StashKey[dict[str, str | None]]()
SIMULATION = pytest.StashKey["Simulation"]()
EXPERIMENTS: "pytest.StashKey[Experiments]" = pytest.StashKey()
ENDS = pytest.StashKey[float]()
RAISED = pytest.StashKey[list[BaseException]]()

LONGEST_SLUG = 80


def identity(config: pytest.Config) -> tuple[str, str]:
    """Return the run's id and its seed, the same in every xdist worker."""
    if IDENTITY not in config.stash:
        config.stash[IDENTITY] = options.identity(config)
    return config.stash[IDENTITY]


def settings(config: pytest.Config) -> "Settings":
    """Return the run's Settings, read once."""
    if SETTINGS not in config.stash:
        config.stash[SETTINGS] = options.read(config, identity(config))
    return config.stash[SETTINGS]


def pinned(config: pytest.Config) -> "PinnedContext":
    """Return the run's cluster as its kubeconfig said when it was first asked for."""
    from ..api.credentials import pin
    from ..errors import ConfigError
    from ..settings import EMBEDDED

    if PINNED not in config.stash:
        if settings(config).simulated:
            config.stash[PINNED] = pin(EMBEDDED, _simulation(config).kubeconfig)
            return config.stash[PINNED]
        if not options.named(config):
            raise ConfigError("no cluster is named, so none is touched: name one with --chaos-context NAME")
        config.stash[PINNED] = pin(settings(config).context)
    return config.stash[PINNED]


def _simulation(config: pytest.Config) -> "Simulation":
    """Return the session's embedded cluster, begun when it is first asked for."""
    if SIMULATION not in config.stash:
        config.stash[SIMULATION] = simulation = simulate(config)
        config.add_cleanup(simulation.stop)
    return config.stash[SIMULATION]


def simulate(config: pytest.Config) -> "Simulation":
    """Return a fresh embedded cluster with what the manifests say.

    Raises ConfigError naming the field of a manifest that it does not support.
    """
    from kubesim import ManifestError, Scaled, Simulation

    from ..errors import ConfigError
    from ..settings import FACTOR

    simulation = Simulation([config.rootpath / name for name in settings(config).manifests], clock=Scaled(FACTOR))
    try:
        return simulation.start()
    except ManifestError as error:
        raise ConfigError(f"--chaos-manifests: {error}") from error


@pytest.fixture(scope="session")
def _kubechaos_access(request: pytest.FixtureRequest) -> "Access":
    from ..observe.cluster import Access

    clock = _simulation(request.config).clock if settings(request.config).simulated else None
    access = Access.to(pinned(request.config), clock)
    request.config.stash[CLUSTER] = access.describe()
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
    from ..errors import RefusedError
    from ..run.artifacts import Artifacts
    from ..run.chaos import Chaos
    from ..run.experiments import Experiments

    item, run_settings = request.node, settings(request.config)
    if item.get_closest_marker("chaos") is None:
        raise RefusedError(
            "chaos was asked for while the test ran: name it as an argument, or mark the test with chaos"
        )
    folder = request.config.rootpath / run_settings.results / run_settings.run / _slug(item)
    experiments = Experiments(
        _kubechaos_access,
        run_settings,
        item.nodeid,
        alert_rules,
        Artifacts(folder, request.config.rootpath),
        time_of_day=_time_of_day,
        left=lambda: item.stash.get(ENDS, inf) - time.monotonic(),
    )
    item.stash[EXPERIMENTS] = experiments
    yield Chaos(experiments)
    experiments.close()
    for error in experiments.inexcusable:
        if not any(error is each for raised in item.stash.get(RAISED, []) for each in _chain(raised)):
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
    from ..observe.cluster import Access, Cluster
    from ..run.artifacts import Artifacts
    from ..run.chaos import Chaos
    from ..run.experiments import Experiments
    from ..run.rehearsal import Rehearsal
    from ..settings import EMBEDDED

    run_settings, root = settings(request.config), request.config.rootpath
    simulation = simulate(request.config)
    try:
        place = pin(EMBEDDED, simulation.kubeconfig)
        access = Access.to(place, simulation.clock)
        artifacts = Artifacts(root / run_settings.results / run_settings.run / f"{_slug(request.node)}-sim", root)
        nodeid = request.node.nodeid
        experiments = Experiments(
            access, run_settings, nodeid, alert_rules, artifacts, time_of_day=_time_of_day, left=lambda: inf
        )
        yield Rehearsal(Chaos(experiments), Cluster(access, place.namespace), simulation)
        experiments.close()
    finally:
        simulation.stop()


def _time_of_day() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _slug(item: pytest.Item) -> str:
    """A folder name for an item: readable, and unlike that of any other item or attempt."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(item.nodeid.partition("::")[0]).stem + "-" + item.name)[
        :LONGEST_SLUG
    ]
    attempt = getattr(item, "execution_count", 1)
    retry = f"-retry{attempt - 1}" if attempt > 1 else ""
    return f"{readable}-{hashlib.sha256(item.nodeid.encode()).hexdigest()[:8]}{retry}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it was raised from, with, or in a group beside."""
    seen: set[int] = set()
    queue = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        queue += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            queue += each.exceptions
