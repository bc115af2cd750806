"""Whether a pod fits a node, and the scheduler's message if it fits none."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..controllers.node_affinity import names_others, selects, tolerated, untolerated
from ..store.objects import Stored

CORDON: Final = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_UNITS: Final = {
    "m": 0.001,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}


@dataclass(frozen=True, slots=True)
class Why:
    """Why a pod does not fit a node; `helped` says that it would if other pods were preempted."""

    text: str
    helped: bool = False


def quantity(text: str | int | float) -> float:
    """Return the value of a quantity like 500m or 2Gi; raises ValueError."""
    written = str(text)
    unit = next((each for each in ("Ki", "Mi", "Gi", "Ti", "m", "k", "M", "G", "T") if written.endswith(each)), "")
    return float(written.removesuffix(unit)) * _UNITS.get(unit, 1.0)


def requests(pod: Stored) -> dict[str, int]:
    """Return what a pod requests: cpu in thousandths, memory in bytes."""
    total: Counter[str] = Counter()
    for container in pod.spec["containers"]:
        asked = (container.get("resources") or {}).get("requests") or {}
        total["cpu"] += round(quantity(asked.get("cpu", 0)) * 1000)
        total["memory"] += round(quantity(asked.get("memory", 0)))
    return dict(total)


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
    return _full(pod, node, used)


def _full(pod: Stored, node: Stored, used: Mapping[str, int]) -> Why | None:
    room = node.status["allocatable"]
    if used.get("pods", 0) + 1 > int(room["pods"]):
        return Why("Too many pods", helped=True)
    for resource, asked in requests(pod).items():
        there = quantity(room[resource])
        if resource == "cpu":
            there *= 1000
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
