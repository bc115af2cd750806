"""The running components of a cluster."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devcluster import cgroups
from devcluster.commands import Component
from devcluster.layout import Layout

TAIL_LINES = 15
JOIN = 'echo $$ >"$0" && exec "$@"'
HOLD = """\
for directory in /run /var/lib /var/log; do mount -t tmpfs -o size=2g,mode=755 "$0" $directory || exit 1; done
test ! -e /etc/resolv.conf || mount --bind "$1" /etc/resolv.conf || exit 1
echo 1 >/proc/sys/net/ipv4/ip_forward && echo held && exec sleep infinity
"""
# Nothing listens there, so that the pull of an image that is not on the node fails at once and not after a timeout.
NO_RESOLVER = "nameserver 127.0.0.1\n"
DIE_WITH_DRIVER = ("setpriv", "--pdeathsig", "KILL")


class ComponentDied(Exception):
    """A component ended by itself; the message carries the tail of its log."""


@dataclass(frozen=True, slots=True)
class Running:
    """A started component."""

    name: str
    argv: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes]


class Components:
    """The components of one cluster."""

    def __init__(self, layout: Layout, *, keep: bool) -> None:
        """Start with none; those of a cluster that is to be kept may outlive the driver."""
        self.layout = layout
        self.started: dict[str, Running] = {}
        self.holders: dict[str, int] = {}
        self.bond = () if keep else DIE_WITH_DRIVER

    def hold(self) -> None:
        """Make the namespaces of every node, each held open by one sleeping process."""
        resolver = self.layout.state / "resolv.conf"
        resolver.write_text(NO_RESOLVER)
        fresh = (
            "unshare",
            "--mount",
            "--net",
            "--propagation",
            "private",
            "sh",
            "-c",
            HOLD,
            self.layout.name,
            str(resolver),
        )
        waiting = []
        for node in self.layout.nodes:
            held = self.start(f"holder-{node.number}", fresh, stdout=subprocess.PIPE)
            self.holders[node.name] = held.process.pid
            waiting.append(held)
        for held in waiting:
            self.expect_held(held)

    def expect_held(self, held: Running) -> None:
        """Wait until a node's namespaces are ready."""
        output = held.process.stdout
        if output is None or output.readline() != b"held\n":
            raise ComponentDied(f"could not make namespaces:\n{tail(held.log)}")
        output.close()

    def run(self, component: Component) -> None:
        """Start a component in the namespaces of its node."""
        holder = str(self.holders[component.node.name])
        self.start(component.name, ("nsenter", "--target", holder, "--mount", "--net", "--", *component.command))

    def start(self, name: str, command: Sequence[str], stdout: int | None = None) -> Running:
        """Start a program as a member of the cluster's cgroup."""
        argv = joining(self.layout, command)
        log = self.layout.logs / f"{name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(
                (*self.bond, *argv),
                stdin=subprocess.DEVNULL,
                stdout=file if stdout is None else stdout,
                stderr=file,
                start_new_session=True,
            )
        self.started[name] = Running(name, argv, log, process)
        return self.started[name]

    def raise_if_any_died(self) -> None:
        """Raise `ComponentDied` for a component that ended although nobody said it may."""
        for name, running in self.started.items():
            status = running.process.poll()
            if status is not None and not (self.layout.may_die / name).exists():
                raise ComponentDied(f"{name} died ({ending(status)}); the end of its log:\n{tail(running.log)}")


def joining(layout: Layout, command: Sequence[str]) -> tuple[str, ...]:
    """Return a command that joins the cluster's cgroup before anything else."""
    return ("sh", "-c", JOIN, str(cgroups.membership(layout)), *command)


def ending(status: int) -> str:
    """Return how a process ended, in words."""
    return f"signal {-status}" if status < 0 else f"exit {status}"


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log."""
    text = log.read_text(errors="replace")
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (empty)"
