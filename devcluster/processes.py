"""The processes of a cluster: found by their cgroup, and killed."""

import os
import signal
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from devcluster import cgroups
from devcluster.layout import PREFIX, id_in

PROC = Path("/proc")


def clusters(proc: Path = PROC) -> dict[str, list[int]]:
    """Return the living processes of every cluster, by cluster id."""
    found = defaultdict(list)
    for directory in proc.iterdir():
        if directory.name.isdecimal() and (cluster := cluster_of(directory)):
            found[cluster].append(int(directory.name))
    return found


def cluster_of(directory: Path) -> str | None:
    """Return the id of the cluster a living process belongs to."""
    try:
        text = (directory / "cgroup").read_text()
        if PREFIX not in text or is_zombie((directory / "stat").read_text()):
            return None
    except OSError:
        return None
    return cluster_in(text)


def cluster_in(text: str) -> str | None:
    """Return the cluster id in a /proc/PID/cgroup file."""
    for line in text.splitlines():
        top = line.split(":", 2)[-1].lstrip("/").split("/", 1)[0]
        if cluster := id_in(top):
            return cluster
    return None


def is_zombie(stat: str) -> bool:
    """Return whether a /proc/PID/stat line is that of a process that has ended."""
    return stat.rpartition(")")[2].split()[0] in "ZX"


def kill(cluster: str, within: float = 15.0) -> None:
    """Kill every process of a cluster, and again until none is left: one may start another meanwhile."""
    deadline = time.monotonic() + within
    while (members := clusters().get(cluster)) and time.monotonic() < deadline:
        cgroups.thaw(PREFIX + cluster)
        for process in members:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)
        reap()


def reap() -> None:
    """Bury our own children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def command_line(process: int) -> str:
    """Return the command line of a process, for people."""
    try:
        text = Path(PROC, str(process), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"
    return text.strip()[:120] or "?"
