"""What a fault changed, as data: another process can undo it, and a person can too.

A change is written down before it is made. `undo` compares it with the object as it is now: only what we changed is put
back, and only where it is still what we set; a newer value wins.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, Struct

from .kube.fields import Json, Path, is_item, value_at, with_value, written
from .kube.kinds import KINDS
from .kube.objects import Ref

RUN_LABEL = "kubechaos/run"
"""The label with the run's id on every object that we create."""


class Edit(Struct, frozen=True):
    """One field that we change, by its path; UNSET stands for a field that is not there."""

    path: Path
    before: Any = UNSET
    after: Any = UNSET


class Patched(Struct, frozen=True, tag_field="change", tag=True):
    """Fields of one object, changed on condition that it is still at `resource_version`."""

    ref: Ref
    edits: tuple[Edit, ...]
    resource_version: str = ""


class Created(Struct, frozen=True, tag_field="change", tag=True):
    """An object that we create, with our run's id in its label."""

    ref: Ref
    run: str


class Timed(Struct, frozen=True, tag_field="change", tag=True):
    """Something in a pod that ends by itself at `expires`, in seconds of the epoch; `command` ends it sooner."""

    ref: Ref
    command: tuple[str, ...]
    expires: float


Change: TypeAlias = Patched | Created | Timed


class Outcome(StrEnum):
    """What became of a change when it was to be undone."""

    DONE = "done"
    ALREADY = "already"
    """It is as it was before."""
    GONE = "gone"
    SUPERSEDED = "superseded"
    """Somebody else has set another value since, or made the object again: that is left as it is."""
    WAITING = "waiting"
    """Not known yet: a write of ours may still land, or what ends by itself has not. Look again later."""


class Request(Struct, frozen=True):
    """One write that undoes a change: its answer must show `expected`.

    `generation` is `metadata.generation` of the object before the write, 0 where it has none.
    """

    method: str
    path: str
    body: Json
    expected: tuple[Edit, ...] = ()
    generation: int = 0


def edits(live: Json, fields: Mapping[str, Any]) -> tuple[Edit, ...]:
    """Return what `fields` would change of an object; they are nested as in the object, and None removes a field.

    The items of a list are addressed by a key: {"containers": {"[name=app]": {"image": "x"}}}.
    """
    found = (Edit(path, value_at(live, path), after) for path, after in _leaves(fields, ()))
    return tuple(edit for edit in found if edit.before != edit.after)


def shown(fields: Mapping[str, Any]) -> str:
    """Return fields as a person writes them, like "spec.replicas is 3"."""
    return ", ".join(f"{written(path)} is {_shown(value)}" for path, value in _leaves(fields, ()))


def _leaves(fields: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), UNSET if value is None else value


def patch(live: Json, edits: tuple[Edit, ...]) -> Json:
    """Return the merge patch that sets `after` of each edit, on condition that the object has not changed at all.

    The resourceVersion is the precondition: the old values were read at that version, so they need not be tested again.
    A merge patch cannot address the items of a list, so a list with an edited item is written whole.
    """
    wanted: Any = live
    for edit in edits:
        wanted = with_value(wanted, edit.path, edit.after)
    body: Json = {}
    for edit in edits:
        steps = [number for number, step in enumerate(edit.path) if is_item(step)]
        path = edit.path[: steps[0]] if steps else edit.path
        value = value_at(wanted, path)
        body = with_value(body, path, None if value is UNSET else value)
    meta = live["metadata"]
    precondition = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    return {**body, "metadata": {**body.get("metadata", {}), **precondition}}


def generation(live: Json) -> int:
    """Return `metadata.generation` of an object, 0 where it has none."""
    found: int = live["metadata"].get("generation", 0)
    return found


def generation_after(before: int, edits: tuple[Edit, ...]) -> int:
    """Return what `metadata.generation` will be by these edits, 0 if they do not change it.

    Kubernetes counts a generation for each change of the spec, and for no other.
    """
    return before + 1 if any(edit.path[0] == "spec" for edit in edits) else 0


def as_accepted(change: Patched, answer: Json) -> Patched:
    """Return a change as the API server's answer shows it, which may have been altered on the way."""
    accepted = tuple(Edit(edit.path, edit.before, value_at(answer, edit.path)) for edit in change.edits)
    return Patched(change.ref, accepted, change.resource_version)


def not_set(answer: Json, edits: tuple[Edit, ...]) -> str:
    """Say which field of an answer is not what was asked for; "" if all are."""
    for edit in edits:
        found = value_at(answer, edit.path)
        if found != edit.after:
            return f"{written(edit.path)} is {_shown(found)} instead of {_shown(edit.after)}"
    return ""


def undo(change: Change, live: Json | None, now: float) -> Request | Outcome:
    """Return the write that undoes a change, or what became of it where there is nothing to write.

    `live` is the object as it is now, None if it is gone; `now` is the time in seconds of the epoch.
    """
    if live is None:
        return Outcome.GONE
    if change.ref.uid and live["metadata"]["uid"] != change.ref.uid:
        return Outcome.SUPERSEDED
    match change:
        case Patched():
            return _unpatch(change, live)
        case Created():
            return _remove(change, live)
        case Timed():
            return Outcome.ALREADY if now >= change.expires else Outcome.WAITING


def _unpatch(change: Patched, live: Json) -> Request | Outcome:
    ours = [edit for edit in change.edits if value_at(live, edit.path) == edit.after]
    if ours:
        back = tuple(Edit(edit.path, before=edit.after, after=edit.before) for edit in ours)
        return Request("PATCH", path(change.ref), patch(live, back), back, generation(live))
    if any(value_at(live, edit.path) != edit.before for edit in change.edits):
        return Outcome.SUPERSEDED
    # A write of ours that was never answered may still land, but only while the object is at the version on which the
    # write was conditional.
    may_land = live["metadata"]["resourceVersion"] == change.resource_version
    return Outcome.WAITING if may_land else Outcome.ALREADY


def _remove(change: Created, live: Json) -> Request | Outcome:
    meta = live["metadata"]
    if meta.get("labels", {}).get(RUN_LABEL) != change.run:
        return Outcome.SUPERSEDED
    if meta.get("deletionTimestamp"):
        return Outcome.WAITING
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    return Request("DELETE", path(change.ref), {**options, "preconditions": {"uid": meta["uid"]}})


def path(ref: Ref) -> str:
    """Return the API's path of an object."""
    return KINDS[ref.kind].path(ref.namespace, ref.name)


def by_hand(change: Change) -> str:
    """Return the kubectl command with which a person undoes a change."""
    ref = change.ref
    match change:
        case Patched():
            return "; ".join(_by_hand(edit, ref) for edit in change.edits)
        case Created():
            return f"kubectl delete {ref} -n {ref.namespace}"
        case Timed():
            return f"kubectl exec {ref.name} -n {ref.namespace} -- {' '.join(change.command)}"


def _by_hand(edit: Edit, ref: Ref) -> str:
    if edit.path == ("spec", "replicas"):
        return f"kubectl scale {ref} -n {ref.namespace} --replicas={edit.before}"
    if any(is_item(step) for step in edit.path):
        return f"kubectl edit {ref} -n {ref.namespace}  # set {written(edit.path)} to {_shown(edit.before)}"
    body = with_value({}, edit.path, None if edit.before is UNSET else edit.before)
    quoted = msgspec.json.encode(body).decode().replace("'", "'\\''")
    return f"kubectl patch {ref} -n {ref.namespace} --type=merge -p '{quoted}'"


def _shown(value: Any) -> str:
    return "not there" if value is UNSET else msgspec.json.encode(value).decode()
