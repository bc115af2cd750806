"""Why a cluster cannot be brought up here, in one line."""

from dataclasses import dataclass


class Refused(Exception):
    """This machine will not do; the message is the one line that says why."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts that decide whether a cluster can be brought up."""

    system: str
    uid: int
    has_go: bool
    has_binary: bool
    missing_packages: tuple[str, ...]
    has_apt: bool


def refusal(machine: Machine) -> str | None:
    """Return why this machine will not do, or None."""
    if machine.system != "Linux":
        return f"devcluster needs Linux (this is {machine.system}): its nodes are namespaces of the Linux kernel."
    if machine.uid != 0:
        return "devcluster needs root: it makes namespaces, mounts and cgroups. Run it as root."
    if not machine.has_go and not machine.has_binary:
        return "devcluster needs Go on PATH to build Kubernetes once, and no cached build was found."
    if machine.missing_packages and not machine.has_apt:
        return f"devcluster needs {', '.join(machine.missing_packages)}, and there is no apt-get to install them with."
    return None
