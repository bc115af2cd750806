"""Whether a pod fits a node, and the scheduler's message if it fits none."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..controllers.node_affinity import names_others, selects, tolerated, untolerated
from ..store.objects import Body, Stored
from ..store.quantity import units
from .statuses import running_on

CORDON: Final = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
PLENTY: Final = "ephemeral-storage"
"""A resource that every node has enough of: nothing is written in the simulation."""


EVERY: Final = "0.0.0.0"
"""All addresses of a node."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a pod does not fit a node; `helped` says that it would if other pods were preempted."""

    text: str
    helped: bool = False


# The scheduler asks for the same pod once for every node.
@lru_cache(maxsize=1)
def requests(pod: Stored) -> dict[str, int]:
    """Return what a pod requests: cpu in thousandths, the others in units, such as bytes."""
    together: Counter[str] = Counter()
    sidecars: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for container in pod.spec["containers"]:
        together.update(_requests(container))
    # An init container runs beside the sidecars before it, and beside nothing else: what is asked for is the most that
    # runs at one time (k8s.io/component-helpers/resource).
    for container in pod.spec.get("initContainers") or ():
        asked = _requests(container)
        most |= sidecars + asked
        if container.get("restartPolicy") == "Always":
            sidecars.update(asked)
            together.update(asked)
    return {resource: amount for resource, amount in (together | most).items() if resource != PLENTY}


def _requests(container: Body) -> Counter[str]:
    asked = (container.get("resources") or {}).get("requests") or {}
    return Counter({resource: _amount(resource, amount) for resource, amount in asked.items()})


def _amount(resource: str, written: str | int | float) -> int:
    if resource == "cpu":
        return units(written, 1000)
    return units(written)


def obstacle(pod: Stored, node: Stored, used: Mapping[str, int]) -> Why | None:
    """Return why a pod cannot be placed on a node; None if it can."""
    # In the order of the real scheduler's plugins: only the first reason of each node is reported.
    if names_others(pod.spec, node):
        return Why("node(s) didn't satisfy plugin(s) [NodeAffinity]")
    if node.spec.get("unschedulable") and not tolerated(pod.spec, CORDON):
        return Why("node(s) were unschedulable")
    if not selects(pod.spec, node):
        return Why("node(s) didn't match Pod's node affinity/selector")
    taint = untolerated(pod.spec, node, "NoSchedule", "NoExecute")
    if taint:
        value = f": {taint.get('value', '')}"
        return Why(f"node(s) had untolerated taint {{{taint['key']}{value}}}")
    if _ports_taken(pod, used):
        return Why("node(s) didn't have free ports for the requested pod ports", helped=True)
    return _full(pod, node, used)


@lru_cache(maxsize=1)
def host_ports(pod: Stored) -> list[str]:
    """Return the ports of its node that a pod wants, each as "port protocol address"."""
    ports = [each for container in running_on(pod) for each in container.get("ports") or ()]
    wanted = [each for each in ports if each.get("hostPort")]
    return [f"{each['hostPort']} {each.get('protocol', 'TCP')} {each.get('hostIP') or EVERY}" for each in wanted]


def _ports_taken(pod: Stored, used: Mapping[str, int]) -> bool:
    wanted = [each.split() for each in host_ports(pod)]
    if not wanted:
        return False
    taken = [key.split() for key, number in used.items() if number and " " in key]
    return any(
        port == other and (address == its or EVERY in (address, its))
        for *port, address in wanted
        for *other, its in taken
    )


def _full(pod: Stored, node: Stored, used: Mapping[str, int]) -> Why | None:
    room = node.status["allocatable"]
    if used.get("pods", 0) + 1 > int(room["pods"]):
        return Why("Too many pods", helped=True)
    for resource, asked in sorted(requests(pod).items()):
        there = _amount(resource, room.get(resource, 0))
        if asked and used.get(resource, 0) + asked > there:
            return Why(f"Insufficient {resource}", helped=asked <= there)
    return None


def sentence(why: list[Why]) -> str:
    """Return the message of FailedScheduling, with one reason for every node."""
    total = len(why)
    counted = Counter(each.text for each in why)
    reasons = ", ".join(sorted(f"{number} {text}" for text, number in counted.items()))
    preempted = Counter(
        "No preemption victims found for incoming pod" if each.helped else "Preemption is not helpful for scheduling"
        for each in why
    )
    preemption = ", ".join(sorted(f"{number} {text}" for text, number in preempted.items()))
    return f"0/{total} nodes are available: {reasons}. preemption: 0/{total} nodes are available: {preemption}."
