"""What clusters left on this machine."""

import sys
from collections.abc import Sequence
from pathlib import Path

from devcluster import cgroups, processes, removal
from devcluster.layout import PREFIX, state_directory
from devcluster.options import leftovers_options


def main(arguments: Sequence[str]) -> int:
    """List what clusters without a driver left, or remove it; return 1 if anything is left."""
    options = leftovers_options(arguments)
    found = [cluster for cluster in sorted(removal.cluster_ids()) if options.all or not removal.is_alive(cluster)]
    if options.remove:
        for cluster in found:
            removal.remove(cluster)
    lines = [line for cluster in found for line in remains(cluster)]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


def remains(cluster: str) -> list[str]:
    """Return what is left of a cluster, one line each."""
    members = processes.clusters().get(cluster, [])
    name, state = PREFIX + cluster, state_directory(cluster)
    return [
        *(f"process   {name}  {member}  {processes.command_line(member)}" for member in sorted(members)),
        *(f"namespace {name}  {namespace}" for namespace in namespaces(members)),
        *(f"mount     {name}  {mount}" for mount in mounts_in(Path("/proc/self/mounts").read_text(), name)),
        *(f"cgroup    {name}  {directory}" for directory in cgroups.directories(name)),
        *([f"state     {name}  {state}"] if state.exists() else []),
    ]


def namespaces(members: Sequence[int]) -> list[str]:
    """Return the network namespaces that these processes keep alive, without the one we are in."""
    here = Path("/proc/self/ns/net").readlink()
    found = set()
    for member in members:
        try:
            found.add(Path("/proc", str(member), "ns/net").readlink())
        except OSError:
            continue
    return sorted(str(namespace) for namespace in found - {here})


def mounts_in(table: str, name: str) -> list[str]:
    """Return the mount points of a mount table that carry a cluster's name."""
    return [line.split()[1] for line in table.splitlines() if name in line]
