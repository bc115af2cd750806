"""The subresource scale of a Deployment."""

from ..store.objects import Body, Stored
from ..store.refusals import conflict, invalid
from .registry import Registry
from .validation import negative, not_a_number


def shown(deployment: Stored) -> Body:
    """Return a Deployment as a Scale, which has no generation."""
    meta = {key: deployment.meta[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    labels = deployment.spec["selector"].get("matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": deployment.spec["replicas"]} if deployment.spec["replicas"] else {},
        "status": {
            "replicas": deployment.status.get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def patched(registry: Registry, deployment: Stored, patch: Body, *, dry: bool) -> Body:
    """Merge a patch into a Scale; raises Refused."""
    meta, spec = patch.get("metadata") or {}, patch.get("spec") or {}
    if meta.get("uid") not in (None, deployment.uid):
        why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {deployment.uid}"
        raise conflict(deployment.kind, deployment.name, why)
    replicas = spec.get("replicas", deployment.spec["replicas"])
    if not isinstance(replicas, int):
        raise not_a_number("Scale", "spec.replicas", replicas)
    if replicas < 0:
        raise invalid(deployment.kind, deployment.name, negative("spec.replicas", replicas))
    change: Body = {"spec": {"replicas": replicas}}
    if meta.get("resourceVersion"):
        change["metadata"] = {"resourceVersion": meta["resourceVersion"]}
    return shown(registry.patch(deployment, change, dry=dry))
