"""Creating and changing objects, with all that the API server adds and checks."""

import uuid
from collections.abc import Callable
from random import Random

from ..clock import Calendar, Timers
from ..store.kinds import CONTROLLER_REVISION, DAEMON_SET, DEPLOYMENT, EVENT, NAMESPACE, Kind
from ..store.objects import Body, Stored, without_nulls
from ..store.refusals import already_exists, bad_request, forbidden, not_found, stale
from ..store.store import Store
from . import defaults, unsupported_fields, validation
from .patch import Merge, merge

SERVER_MADE = ("uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "selfLink")
GENERATION = "deprecated.daemonset.template.generation"
"""The annotation that counts the templates of a DaemonSet; the API server's own, whatever a client writes."""
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""The letters of generated names: no vowels, so that no words come out."""


class Registry:
    """The only way to write objects; `admit` may refuse a new one."""

    def __init__(self, store: Store, timers: Timers, chance: Random) -> None:
        self.store = store
        self.timers = timers
        self.calendar = Calendar(timers)
        self.chance = chance
        self.admit: list[Callable[[Kind, Body], None]] = []

    def find(self, kind: Kind, namespace: str, name: str) -> Stored:
        """Return an object; raises Refused."""
        found = self.store.get(kind, namespace, name)
        if found is None:
            raise not_found(kind, name)
        return found

    def suffix(self, length: int = 5) -> str:
        """Return a random end for a name."""
        return "".join(self.chance.choices(ALPHABET, k=length))

    def uid(self) -> str:
        """Return a uid of the run's own chance."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def create(self, kind: Kind, namespace: str, body: Body, *, dry: bool = False) -> Stored:
        """Create an object and return it; raises Refused."""
        # As the API server decodes them, except that an Event keeps its `eventTime: null`.
        if kind is not EVENT:
            body = without_nulls(body)
        self._check_namespace(kind, namespace, body)
        unsupported_fields.check_types(kind, body)
        given = body.get("metadata") or {}
        meta = {key: value for key, value in given.items() if key not in SERVER_MADE and value is not None}
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + self.suffix()
        if kind.namespaced:
            meta["namespace"] = namespace
        fresh = {key: value for key, value in body.items() if key not in ("kind", "apiVersion", "status")}
        fresh = defaults.filled(kind, {**fresh, "metadata": meta})
        validation.check_new(kind, fresh)
        unsupported_fields.check(kind, fresh)
        if self.store.get(kind, namespace, meta["name"]) is not None:
            raise already_exists(kind, meta["name"])
        for admit in self.admit:
            admit(kind, fresh)
        return self._commit_new(kind, self._born(kind, meta, fresh), dry)

    def _born(self, kind: Kind, meta: Body, fresh: Body) -> Body:
        meta |= {"uid": self.uid(), "creationTimestamp": self.calendar.time()}
        if kind.generations:
            meta["generation"] = 1
        if kind is DAEMON_SET:
            meta["annotations"] = {**(meta.get("annotations") or {}), GENERATION: "1"}
        if kind in (EVENT, CONTROLLER_REVISION) or not (kind.simulated or kind in defaults.STATUS):
            return fresh
        if unsupported_fields.runs_to_an_end(kind, fresh):
            return {**fresh, "status": {"phase": "Succeeded"}}
        return {**fresh, "status": dict(defaults.STATUS.get(kind, {}))}

    def _commit_new(self, kind: Kind, body: Body, dry: bool) -> Stored:
        if dry:
            return Stored(kind, body, 0)
        return self.store.put(kind, body)

    def _check_namespace(self, kind: Kind, namespace: str, body: Body) -> None:
        asked = body.get("kind", kind.name), body.get("apiVersion", kind.api_version)
        if asked[0] != kind.name or asked[1] not in kind.api_versions:
            group = kind.group.partition(".")[0]
            why = f"converting (v1.{asked[0]}) to ({group}.{kind.name}): unknown conversion"
            raise bad_request(f'{asked[0]} in version "v1" cannot be handled as a {kind.name}: {why}')
        own = (body.get("metadata") or {}).get("namespace")
        if own and kind.namespaced and own != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if not kind.namespaced:
            return
        home = self.store.get(NAMESPACE, "", namespace)
        if home is None:
            raise not_found(NAMESPACE, namespace)
        if home.deleting:
            name = (body.get("metadata") or {}).get("name", "")
            raise forbidden(
                kind, name, f"unable to create new content in namespace {namespace} because it is being terminated"
            )

    def change(self, before: Stored, body: Body, *, dry: bool = False) -> Stored:
        """Commit a changed spec or metadata, never the status; nothing happens if nothing is changed."""
        asked = body["metadata"].get("resourceVersion")
        if asked and asked != str(before.version):
            raise stale(before.kind, before.name)
        after = self._changed(before, body)
        validation.check_change(before, after)
        unsupported_fields.check(before.kind, after)
        # A write that changes nothing has no new version, and no watcher sees it.
        if after == before.body:
            return before
        meta = after["metadata"]
        if before.kind.generations and _counts(before, after):
            meta["generation"] = before.meta["generation"] + 1
        if dry:
            return Stored(before.kind, after, before.version)
        # Whoever removes the last finalizer of a deleted object ends it.
        if before.deleting and not meta.get("finalizers") and meta.get("deletionGracePeriodSeconds") == 0:
            self.store.remove(before)
            return Stored(before.kind, after, before.version)
        return self.store.put(before.kind, after)

    def _changed(self, before: Stored, body: Body) -> Body:
        """Return a changed body with its defaults, and with all that only the server writes as it was."""
        kept = {key: before.meta[key] for key in SERVER_MADE if key != "uid" and key in before.meta}
        meta = {**{key: value for key, value in body["metadata"].items() if key not in kept}, **kept}
        after = {**body, "metadata": meta}
        if "status" in before.body:
            after["status"] = before.body["status"]
        if before.kind is not EVENT:
            after = {**defaults.filled(before.kind, after)}
        meta |= _stamped(before, after)
        return after

    def patch(self, before: Stored, patch: Body, *, dry: bool = False, into: Merge = merge) -> Stored:
        """Merge a patch into an object's spec and metadata."""
        asked = (patch.get("metadata") or {}).get("resourceVersion")
        merged = into(before.body, {key: each for key, each in patch.items() if key not in ("kind", "apiVersion")})
        meta = merged.get("metadata") or {}
        merged["metadata"] = {**meta, "resourceVersion": asked}
        return self.change(before, merged, dry=dry)

    def replace(self, before: Stored, body: Body, *, dry: bool = False) -> Stored:
        """Put all of an object's spec and metadata in the place of what is there; raises Refused."""
        self._check_namespace(before.kind, before.namespace, body)
        fresh = {key: value for key, value in without_nulls(body).items() if key not in ("kind", "apiVersion")}
        meta = {"uid": before.uid, "namespace": before.namespace, **(fresh.get("metadata") or {})}
        if not before.namespace:
            del meta["namespace"]
        return self.change(before, {**fresh, "metadata": meta}, dry=dry)

    def replace_status(self, before: Stored, body: Body) -> Stored:
        """Put a status in the place of what is there, and nothing else; raises Refused."""
        asked = (body.get("metadata") or {}).get("resourceVersion")
        if asked and asked != str(before.version):
            raise stale(before.kind, before.name)
        return self.status(before, body.get("status") or {})

    def patch_status(self, before: Stored, patch: Body, into: Merge = merge) -> Stored:
        """Merge a patch into an object's status, and into nothing else."""
        return self.status(before, into(before.status, patch.get("status") or {}))

    def status(self, before: Stored, status: Body) -> Stored:
        """Commit a status; nothing happens if it is the same."""
        if status == before.status:
            return before
        return self.store.put(before.kind, {**before.body, "status": status})

    def latest(self, obj: Stored) -> Stored | None:
        """Return the current version of an object; None if it is gone or another has its name."""
        # The uid decides: whoever holds an old version must not act on a new object that happens to have its name.
        found = self.store.get(obj.kind, obj.namespace, obj.name)
        if found is None or found.uid != obj.uid:
            return None
        return found

    def annotate(self, obj: Stored, **annotations: str) -> Stored:
        """Set annotations of deployment.kubernetes.io, as controllers do: this is no new generation."""
        named = {f"deployment.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
        meta = {**obj.meta, "annotations": {**obj.annotations, **named}}
        if meta == obj.meta:
            return obj
        return self.store.put(obj.kind, {**obj.body, "metadata": meta})


def _stamped(before: Stored, after: Body) -> Body:
    """Return the metadata of a changed object that are the server's: how many templates a DaemonSet has had."""
    if before.kind is not DAEMON_SET:
        return {}
    number = int(before.annotations[GENERATION]) + (after["spec"].get("template") != before.spec["template"])
    return {"annotations": {**(after["metadata"].get("annotations") or {}), GENERATION: str(number)}}


def _counts(before: Stored, after: Body) -> bool:
    """Return whether a change is a new generation: one of the spec is, and one of a Deployment's annotations."""
    annotations = after["metadata"].get("annotations") or {}
    changed = before.kind is DEPLOYMENT and annotations != before.annotations
    return changed or after.get("spec") != before.body.get("spec")
