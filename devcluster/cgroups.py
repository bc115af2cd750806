"""The cgroups of a cluster: they bound its pods, and they show which processes are its own.

Every process of a cluster starts in its cgroup and so do all its descendants; nothing else identifies them.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from devcluster.layout import PREFIX, Layout, id_in

ROOT = Path("/sys/fs/cgroup")
TRACKING = "pids"
SYSTEM = "system"
CONTROLLERS_OF_PODS = "+cpu +cpuset +io +memory +pids"


def is_unified(root: Path = ROOT) -> bool:
    """Return whether this machine has cgroup v2 alone."""
    return (root / "cgroup.controllers").exists()


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Return the directories in which a cluster needs a cgroup: one with v2, one per controller with v1."""
    if is_unified(root):
        return [root]
    return sorted(path for path in root.iterdir() if (path / "tasks").exists() and not path.is_symlink())


def membership(layout: Layout, root: Path = ROOT) -> Path:
    """Return the file into which a process of the cluster writes its number first."""
    hierarchy = root if is_unified(root) else root / TRACKING
    return hierarchy / layout.name / SYSTEM / "cgroup.procs"


def make(layout: Layout, root: Path = ROOT) -> None:
    """Make the cgroups of a cluster and of each node."""
    for hierarchy in hierarchies(root):
        delegate(hierarchy, root)
        own = child(hierarchy, layout.name)
        delegate(own, root)
        for name in (SYSTEM, *(node.name for node in layout.nodes)):
            child(own, name)


def child(parent: Path, name: str) -> Path:
    """Make a cgroup; a cpuset takes no process before it has processors and memory."""
    directory = parent / name
    directory.mkdir(exist_ok=True)
    for setting in ("cpuset.cpus", "cpuset.mems"):
        if (parent / "tasks").exists() and (parent / setting).exists():
            (directory / setting).write_text((parent / setting).read_text())
    return directory


def delegate(directory: Path, root: Path) -> None:
    """Let the children of a v2 cgroup use the controllers that pods need."""
    if is_unified(root):
        (directory / "cgroup.subtree_control").write_text(CONTROLLERS_OF_PODS)


def cluster_ids(root: Path = ROOT) -> set[str]:
    """Return the ids of the clusters that have a cgroup."""
    names = (path.name for hierarchy in hierarchies(root) for path in hierarchy.glob(f"{PREFIX}*"))
    return {cluster for name in names if (cluster := id_in(name))}


def directories(name: str, root: Path = ROOT) -> list[Path]:
    """Return the top cgroups of the cluster with this name."""
    return [hierarchy / name for hierarchy in hierarchies(root) if (hierarchy / name).exists()]


def thaw(name: str, root: Path = ROOT) -> None:
    """Thaw what a test froze: a frozen v1 process does not even die."""
    for state in (root / "freezer" / name).rglob("freezer.state"):
        with suppress(OSError):
            state.write_text("THAWED")


def remove(name: str, within: float = 10.0, root: Path = ROOT) -> None:
    """Remove the cgroups of a cluster whose processes have ended; the kernel may need a moment to notice."""
    deadline = time.monotonic() + within
    while (left := directories(name, root)) and time.monotonic() < deadline:
        prune(left)
        if directories(name, root):
            time.sleep(0.02)


def prune(tops: Iterable[Path]) -> None:
    """Remove every cgroup below and including these that can be removed."""
    for top in tops:
        for directory in deepest_first(top):
            with suppress(OSError):
                directory.rmdir()


def deepest_first(top: Path) -> Iterator[Path]:
    """Yield a directory after all those below it."""
    with suppress(FileNotFoundError):
        for path in list(top.iterdir()):
            if path.is_dir():
                yield from deepest_first(path)
    yield top
