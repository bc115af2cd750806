"""The history of a StatefulSet or a DaemonSet: one ControllerRevision for every template that it has had."""

from collections.abc import Collection

from ..apiserver.registry import Registry
from ..store.kinds import CONTROLLER_REVISION, STATEFUL_SET
from ..store.objects import Body, Stored
from .pods import controlled_by
from .revisions import hashed

HASH = "controller-revision-hash"
"""The label of pods, and of a DaemonSet's revisions; of a StatefulSet's pods it is the full name of the revision."""
OTHER_HASH = "controller.kubernetes.io/hash"
"""The label of a StatefulSet's revisions."""


class History:
    """Reads and writes the revisions of one kind's objects."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def of(self, owner: Stored) -> list[Stored]:
        """Return an owner's revisions, the newest last."""
        owned = self._registry.store.owned(CONTROLLER_REVISION, owner.uid)
        return sorted(owned, key=lambda each: (each.body["revision"], each.meta["creationTimestamp"], each.name))

    def current(self, owner: Stored) -> Stored:
        """Return the revision of the current template, made or made the newest if it is not; raises Refused."""
        known, data = self.of(owner), _data(owner)
        newest: int = known[-1].body["revision"] if known else 0
        found = next((each for each in reversed(known) if each.body["data"] == data), None)
        if found is None:
            return self._made(owner, data, newest + 1)
        if found is known[-1]:
            return found
        return self._registry.store.put(CONTROLLER_REVISION, {**found.body, "revision": newest + 1})

    def _made(self, owner: Stored, data: Body, number: int) -> Stored:
        hash_ = hashed(data)
        own = {OTHER_HASH if owner.kind is STATEFUL_SET else HASH: hash_}
        labels = {**((owner.spec["template"].get("metadata") or {}).get("labels") or {}), **own}
        meta = {"name": f"{owner.name}-{hash_}", "labels": labels, "ownerReferences": [controlled_by(owner)]}
        if owner.annotations:
            meta["annotations"] = dict(owner.annotations)
        body = {"metadata": meta, "data": data, "revision": number}
        return self._registry.create(CONTROLLER_REVISION, owner.namespace, body)

    def forget(self, owner: Stored, live: Collection[str], free: Collection[str]) -> None:
        """Remove the oldest revisions beyond the limit, but none that is live; `free` do not count for the limit."""
        known = self.of(owner)
        counted = sum(each.name not in free for each in known)
        dead = [each for each in known if each.name not in live]
        for each in dead[: max(0, counted - owner.spec["revisionHistoryLimit"])]:
            self._registry.store.remove(each)


def template_of(revision: Stored) -> Body:
    """Return the template that a revision is of."""
    template: Body = revision.body["data"]["spec"]["template"]
    return {key: value for key, value in template.items() if key != "$patch"}


def _data(owner: Stored) -> Body:
    """Return a template as the patch that would restore it."""
    return {"spec": {"template": {**owner.spec["template"], "$patch": "replace"}}}
