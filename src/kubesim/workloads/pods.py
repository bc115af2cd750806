"""What every workload does with its template: pods that know whose they are."""

from typing import Any

from ..store.objects import Body, Stored


def controlled_by(owner: Stored) -> Body:
    """Return the reference that says who an object's controller is."""
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
