"""The state of one pytest session: its run id and seed, its settings, its cluster. Made when first asked for.

Everything lies in pytest's own stash (https://docs.pytest.org/en/stable/how-to/writing_hook_functions.html), so that
two sessions in one process, as under pytester, share nothing.
"""

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import options

if TYPE_CHECKING:
    from kubesim import Simulation

    from ..api.credentials import PinnedContext
    from ..errors import Verdict
    from ..kube.objects import Ref
    from ..run.experiments import Experiments
    from ..run.signals import Interruptions
    from ..settings import Settings

MARKER = "kubechaos"
"""The marker of chaos tests: our own name, as a project may have a marker `chaos` that means something else."""
IDENTITY = pytest.StashKey[tuple[str, str]]()
"""Of the config: the run's id and its seed."""
SETTINGS = pytest.StashKey["Settings"]()
"""Of the config: its options."""
PINNED = pytest.StashKey["PinnedContext"]()
"""Of the config: the cluster that the run is about."""
CLUSTER = pytest.StashKey[dict[str, str | None]]()
"""Of the config: what reports say about the cluster, once a test has used it."""
SIMULATION = pytest.StashKey["Simulation"]()
"""Of the config: the embedded cluster, once it was started."""
UNSELECTED = pytest.StashKey[int]()
"""Of the config: how many chaos tests were taken out because no cluster is named."""
EXPERIMENTS: "pytest.StashKey[Experiments]" = pytest.StashKey()
"""Of an item: its experiments, once the fixture `chaos` was set up."""
TIMEOUT_AT = pytest.StashKey[float]()
"""Of an item: when pytest-timeout will end it, on the monotonic clock."""
TIMEOUT_METHOD = pytest.StashKey[str]()
"""Of an item: how pytest-timeout ends it, "signal" or "thread"."""
INTERRUPTIONS: "pytest.StashKey[Interruptions]" = pytest.StashKey()
"""Of a chaos item: the signals that it receives."""
BEGUN = pytest.StashKey[pytest.Item]()
"""Of the config: the item that has begun last, of whatever kind."""
GIVEN_UP: "pytest.StashKey[set[Ref]]" = pytest.StashKey()
"""Of the config: the targets that a test has waited for in vain."""
RAISED = pytest.StashKey[list[BaseException]]()
"""Of an item: what its phases raised so far."""
EARLIER: "pytest.StashKey[dict[str, list[Verdict | None]]]" = pytest.StashKey()
"""Of the config: the verdicts of the earlier attempts of each item that has begun, by node id."""

NO_MORE = 1_000_000
"""More attempts at an item than any number of reruns that is allowed."""
LONGEST_NAME = 80
"""Characters of an item's name in the name of its folder; file systems allow 255 bytes, and there is a suffix."""


def is_chaos(item: pytest.Item) -> bool:
    """Return whether the item is a chaos test."""
    return item.get_closest_marker(MARKER) is not None


def identity(config: pytest.Config) -> tuple[str, str]:
    """Return the run's id and its seed, the same in every xdist worker."""
    if IDENTITY not in config.stash:
        config.stash[IDENTITY] = options.identity(config)
    return config.stash[IDENTITY]


def settings(config: pytest.Config) -> "Settings":
    """Return the run's Settings; raises OptionError for a value that cannot be used."""
    if SETTINGS not in config.stash:
        config.stash[SETTINGS] = options.read(config, identity(config))
    return config.stash[SETTINGS]


def pinned(config: pytest.Config) -> "PinnedContext":
    """Return the run's context, as the kubeconfig described it at the first call; raises ConfigError."""
    if PINNED not in config.stash:
        config.stash[PINNED] = _pin(config)
    return config.stash[PINNED]


def _pin(config: pytest.Config) -> "PinnedContext":
    from ..api.credentials import pin
    from ..errors import ConfigError
    from ..settings import EMBEDDED

    if settings(config).simulated:
        return pin(EMBEDDED, simulation(config).kubeconfig)
    # Never the kubeconfig's current context: it changes behind one's back, and what is hurt must have been named.
    if not options.is_cluster_named(config):
        raise ConfigError("no cluster is named, so none is touched: name one with --chaos-context NAME")
    return pin(settings(config).context)


def simulation(config: pytest.Config) -> "Simulation":
    """Return the session's embedded cluster; the first call starts it, the end of the session stops it."""
    if SIMULATION not in config.stash:
        config.stash[SIMULATION] = started = simulate(config)
        config.add_cleanup(started.stop)
    return config.stash[SIMULATION]


def simulate(config: pytest.Config) -> "Simulation":
    """Start another embedded cluster with the objects of `--chaos-manifests`; the caller stops it.

    Raises ConfigError with everything in them that the simulation does not support.
    """
    from kubesim import EXAMPLE, ManifestError, Scaled, Simulation

    from ..errors import ConfigError
    from ..settings import FACTOR

    wanted = settings(config)
    paths = [Path(each) for each in wanted.manifests] or [EXAMPLE]
    cluster = Simulation(paths, clock=Scaled(FACTOR), namespace=wanted.namespace or "default")
    try:
        return cluster.start()
    except ManifestError as error:
        raise ConfigError(f"--chaos-manifests: {error}") from error


def killer(item: pytest.Item) -> str:
    """Return the setting by which a timeout of the item ends the process without a teardown; "" if none does."""
    if item.stash.get(TIMEOUT_METHOD, "") == "thread":
        return "timeout_method = thread"
    # pytest 9 has brought the second one (_pytest/faulthandler.py); asking an older one for it is a ValueError.
    names = ("faulthandler_timeout", "faulthandler_exit_on_timeout")
    with suppress(ValueError):
        if all(item.config.getini(name) for name in names):
            return f"{names[1]} = true"
    return ""


def time_of_day() -> str:
    """Return the time of day as an RFC 3339 timestamp, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def folder_of(item: pytest.Item) -> Path:
    """Return the path of an item's artifacts: readable, and unlike that of any other item or attempt."""
    module = Path(item.nodeid.partition("::")[0]).stem
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{module}-{item.name}")[:LONGEST_NAME]
    # Two items may look the same once they are made readable, and cut. Their node ids are not the same.
    unique = hashlib.sha256(item.nodeid.encode()).hexdigest()[:8]
    worker = worker_of(item.config)
    retries = attempt(item) - 1
    suffix = f"-{worker}" * bool(worker) + f"-retry{retries}" * bool(retries)
    return run_folder(item.config) / f"{readable}-{unique}{suffix}"


def run_folder(config: pytest.Config) -> Path:
    """Return the path of the run's artifacts."""
    return config.rootpath / settings(config).results / settings(config).run


def attempt(item: pytest.Item) -> int:
    """Return the number of times that the item has begun, this one included."""
    earlier = item.config.stash.get(EARLIER, {}).get(item.nodeid, ())
    # Counted by ourselves, as there are several plugins that run an item again. pytest-rerunfailures alone knows of an
    # attempt in another worker, which has crashed.
    elsewhere: int = getattr(item, "execution_count", 1)
    if elsewhere >= NO_MORE:
        elsewhere = 1
    return max(len(earlier) + 1, elsewhere)


def worker_of(config: pytest.Config) -> str:
    """Return the xdist worker that this process is, if each worker runs every item (`--dist each`); else ""."""
    worker: dict[str, str] = getattr(config, "workerinput", {})
    return worker.get("workerid", "") if worker.get("kubechaos_each") else ""
