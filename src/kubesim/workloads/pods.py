"""The pods that a workload creates from its template, with a reference to their controller."""

from typing import Any

from ..store.objects import Body, Stored


def controlled_by(owner: Stored) -> Body:
    """Return the owner reference to an object's controller."""
    return {
        "apiVersion": owner.kind.api_version,
        "kind": owner.kind.name,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def of_template(owner: Stored, template: Body, name: str, **meta: Any) -> Body:
    """Return a pod of a template; `meta` is added to its metadata."""
    own = {**(template.get("metadata") or {}), "name": name, "ownerReferences": [controlled_by(owner)]}
    return {"metadata": own | meta, "spec": template["spec"]}
