"""The removal of a cluster, complete or half made: the same for its own driver and for `devcluster/leftovers`."""

import fcntl
import os
import shutil
from pathlib import Path

from devcluster import cgroups, processes
from devcluster.layout import PREFIX, STATE_BASE, id_in, state_directory


def remove(cluster: str) -> None:
    """Remove a cluster; mounts and network namespaces go with the last process in them.

    The state directory goes last: as long as it stands, `devcluster/leftovers` looks for the rest.
    """
    processes.kill(cluster)
    cgroups.remove(PREFIX + cluster)
    shutil.rmtree(state_directory(cluster), ignore_errors=True)


def claim(cluster: str) -> int:
    """Make a cluster's state directory, locked for as long as this process runs; return the lock's descriptor.

    The directory is locked before it gets its name, so nobody ever sees it unlocked.
    """
    hidden = STATE_BASE / f".{PREFIX}{cluster}"
    hidden.mkdir(mode=0o711)
    lock = os.open(hidden, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    hidden.rename(state_directory(cluster))
    return lock


def is_alive(cluster: str) -> bool:
    """Return whether the driver of a cluster still runs."""
    try:
        directory = os.open(state_directory(cluster), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(directory)
    return False


def cluster_ids(base: Path = STATE_BASE) -> set[str]:
    """Return the id of every cluster of which anything is left."""
    states = {cluster for path in base.glob(f"{PREFIX}*") if (cluster := id_in(path.name))}
    return states | cgroups.cluster_ids() | set(processes.clusters())
