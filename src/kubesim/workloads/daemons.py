"""The nodes that a DaemonSet's pods belong on, and the tolerations and node affinity of each."""

from typing import Final

from ..apiserver.registry import GENERATION
from ..controllers.node_affinity import REQUIRED, selects, terms, untolerated
from ..store.objects import Body, Stored, is_terminal
from .history import HASH

TEMPLATE: Final = "pod-template-generation"
TOLERATED: Final = tuple(
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for effect, keys in (
        ("NoExecute", ("not-ready", "unreachable")),
        ("NoSchedule", ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")),
    )
    for key in keys
)


def spec_of(daemon_set: Stored) -> Body:
    """Return the spec of a pod for any node: whatever is wrong with it, these pods stay."""
    spec: Body = daemon_set.spec["template"]["spec"]
    # Added by the real controller, too: a node that is not ready or under pressure keeps its daemon pods.
    given = list(spec.get("tolerations") or ())
    return {**spec, "tolerations": given + [each for each in TOLERATED if each not in given]}


def should_run(spec: Body, node: Stored) -> tuple[bool, bool]:
    """Return whether a pod should be made on a node, and whether one that is there may stay."""
    if spec.get("nodeName") not in (None, "", node.name) or not selects(spec, node):
        return False, False
    if untolerated(spec, node, "NoSchedule", "NoExecute"):
        return False, untolerated(spec, node, "NoExecute") is None
    return True, True


def template_for(daemon_set: Stored, node: str, hash_: str) -> Body:
    """Return the template of the pod for one node: its node affinity leads it there."""
    template, spec = daemon_set.spec["template"], spec_of(daemon_set)
    meta = template.get("metadata") or {}
    labels = {**(meta.get("labels") or {}), HASH: hash_, TEMPLATE: daemon_set.annotations[GENERATION]}
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    affinity = spec.get("affinity") or {}
    asked = affinity.get("nodeAffinity") or {}
    required = {**(asked.get(REQUIRED) or {}), "nodeSelectorTerms": [{"matchFields": [field]}]}
    spec["affinity"] = {**affinity, "nodeAffinity": {**asked, REQUIRED: required}}
    return {"metadata": {**meta, "labels": labels}, "spec": spec}


def node_of(pod: Stored) -> str:
    """Return the name of the node that a pod was made for; "" if it does not say."""
    if node := pod.spec.get("nodeName"):
        return str(node)
    fields = [each for term in terms(pod.spec) for each in term.get("matchFields") or ()]
    return str(fields[0]["values"][0]) if fields else ""


def pods_by_node(pods: list[Stored]) -> dict[str, list[Stored]]:
    """Return a DaemonSet's pods by the node that each was made for, placed ones first, then the oldest.

    Pods that name no node are left out, and those that have ended and are being deleted.
    """
    found: dict[str, list[Stored]] = {}
    for pod in sorted(pods, key=lambda pod: (not pod.spec.get("nodeName"), pod.meta["creationTimestamp"], pod.name)):
        if (node := node_of(pod)) and not (is_terminal(pod) and pod.deleting):
            found.setdefault(node, []).append(pod)
    return found


def is_updated(daemon_set: Stored, pod: Stored, hash_: str) -> bool:
    """Return whether a pod is of the current template."""
    return pod.labels.get(HASH) == hash_ or pod.labels.get(TEMPLATE) == daemon_set.annotations[GENERATION]
