"""The subresource scale of a Deployment or a StatefulSet."""

from typing import Final

from ..store.kinds import Kind
from ..store.objects import Body, Stored, encode
from ..store.refusals import Refused, invalid, invalid_patch
from .registry import Registry
from .validation import negative

SCALE: Final = Kind("Scale", "autoscaling", "scales")


def shown(workload: Stored) -> Body:
    """Return a workload as a Scale, which has no generation."""
    meta = {key: workload.meta[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    labels = workload.spec["selector"].get("matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": workload.spec["replicas"]} if workload.spec["replicas"] else {},
        "status": {
            "replicas": workload.status.get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def patched(registry: Registry, workload: Stored, patch: Body, *, dry: bool) -> Body:
    """Merge a patch into a Scale; raises Refused."""
    meta, spec = patch.get("metadata") or {}, patch.get("spec") or {}
    if meta.get("uid") not in (None, workload.uid):
        why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {workload.uid}"
        scale = f"{workload.kind.plural}/scale"
        details = {"name": workload.name, "group": "apps", "kind": scale}
        message = f'Operation cannot be fulfilled on {scale}.apps "{workload.name}": {why}'
        raise Refused(409, "Conflict", message, details)
    replicas = spec.get("replicas", workload.spec["replicas"])
    if not isinstance(replicas, int):
        raise invalid_patch(encode(patch), "spec.replicas wants a number")
    if replicas < 0:
        raise invalid(SCALE, workload.name, negative("spec.replicas", replicas))
    change: Body = {"spec": {"replicas": replicas}}
    if meta.get("resourceVersion"):
        change["metadata"] = {"resourceVersion": meta["resourceVersion"]}
    return shown(registry.patch(workload, change, dry=dry))
