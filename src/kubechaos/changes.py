"""The changes that a fault makes, as data, so that another process or a person can undo them.

A change is recorded before it is made. `undo` compares it with the live object: only the fields that we changed are put
back, and only those that still have the value that we set. A newer value of somebody else wins.
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
    """One field that we change.

    path: the path of the field (`kube/fields.py`).
    before: its value before the change, which an undo restores; UNSET if it was not there.
    after: its value after the change; UNSET if the change removes it.
    """

    path: Path
    before: Any = UNSET
    after: Any = UNSET


class Patched(Struct, frozen=True, tag_field="change", tag=True):
    """Fields of an existing object, changed on the condition that it is still at `resource_version`."""

    ref: Ref
    edits: tuple[Edit, ...]
    resource_version: str = ""


class Created(Struct, frozen=True, tag_field="change", tag=True):
    """An object that we create; `run` is the id of the run, and the value of its label RUN_LABEL."""

    ref: Ref
    run: str


class Timed(Struct, frozen=True, tag_field="change", tag=True):
    """Something in a pod that ends by itself at `expires`, in seconds since the epoch; `command` ends it earlier."""

    ref: Ref
    command: tuple[str, ...]
    expires: float


Change: TypeAlias = Patched | Created | Timed


class Outcome(StrEnum):
    """What became of a change when it was to be undone."""

    DONE = "done"
    """It was put back."""
    ALREADY = "already"
    """It is as it was before the change."""
    GONE = "gone"
    """The object is no longer in the API."""
    SUPERSEDED = "superseded"
    """Somebody else has set another value since, or created the object anew; that is left as it is."""
    WAITING = "waiting"
    """It is too early to say: a write of ours may still land, or the change has not ended by itself. Ask again."""


class Request(Struct, frozen=True):
    """One write that undoes a change.

    method, path, body: the HTTP request.
    expected: what the answer must show.
    generation: `metadata.generation` of the object before the write; 0 if it has none.
    """

    method: str
    path: str
    body: Json
    expected: tuple[Edit, ...] = ()
    generation: int = 0


def edits(live: Json, fields: Mapping[str, Any]) -> tuple[Edit, ...]:
    """Return the edits by which an object gets `fields`; those that it has already are left out.

    `fields` are nested as in the object, and None removes a field. An item of a list is named by one of its keys:
    {"containers": {"[name=app]": {"image": "x"}}}.
    """
    found = (Edit(path, value_at(live, path), after) for path, after in _paths_and_values(fields, ()))
    return tuple(edit for edit in found if edit.before != edit.after)


def shown(fields: Mapping[str, Any]) -> str:
    """Return fields as a person writes them, as in "spec.replicas is 3"."""
    return ", ".join(f"{written(path)} is {_shown(value)}" for path, value in _paths_and_values(fields, ()))


def _paths_and_values(fields: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of each innermost field."""
    for key, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _paths_and_values(value, (*path, key))
        else:
            yield (*path, key), UNSET if value is None else value


def patch(live: Json, edits: tuple[Edit, ...]) -> Json:
    """Return the merge patch that gives each field of `edits` its new value.

    The server refuses it (409 Conflict) if the object is no longer at the version of `live`.
    """
    # A merge patch cannot name an item of a list, it replaces the list (RFC 7386). So a list with an edited item is
    # written with all its items; as the resourceVersion is the precondition, nobody else's change in it is lost. A
    # strategic merge patch can name an item, but custom resources do not support it; a JSON patch can by position only.
    wanted: Any = live
    for edit in edits:
        wanted = with_value(wanted, edit.path, edit.after)
    body: Json = {}
    for edit in edits:
        path = _up_to_list(edit.path)
        value = value_at(wanted, path)
        # null removes a field from an object (RFC 7386).
        body = with_value(body, path, None if value is UNSET else value)
    meta = live["metadata"]
    precondition = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    return {**body, "metadata": {**body.get("metadata", {}), **precondition}}


def _up_to_list(path: Path) -> Path:
    """Return the path of the outermost list on a path; the path itself if there is none."""
    for number, step in enumerate(path):
        if is_item(step):
            return path[:number]
    return path


def generation(live: Json) -> int:
    """Return `metadata.generation` of an object; 0 if it has none."""
    found: int = live["metadata"].get("generation", 0)
    return found


def generation_after(before: int, edits: tuple[Edit, ...]) -> int:
    """Return `metadata.generation` after these edits; 0 if they do not change it."""
    # Kubernetes counts one generation for each write that changes the spec; metadata and status do not count.
    if any(edit.path[0] == "spec" for edit in edits):
        return before + 1
    return 0


def as_accepted(change: Patched, answer: Json) -> Patched:
    """Return a change with the values that the API server's answer shows."""
    # Admission may have altered them, and an undo recognises our value by equality.
    accepted = tuple(Edit(edit.path, edit.before, value_at(answer, edit.path)) for edit in change.edits)
    return Patched(change.ref, accepted, change.resource_version)


def not_set(answer: Json, edits: tuple[Edit, ...]) -> str:
    """Return a sentence on the first field of an answer that is not as asked for; "" if all are."""
    for edit in edits:
        found = value_at(answer, edit.path)
        if found != edit.after:
            return f"{written(edit.path)} is {_shown(found)} instead of {_shown(edit.after)}"
    return ""


def undo(change: Change, live: Json | None, now: float) -> Request | Outcome:
    """Return the write that undoes a change, or what became of the change if there is nothing to write.

    `live` is the object as it is now, None if it is gone; `now` is the time in seconds since the epoch.
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
    """Return the write that puts back the fields that still have our value."""
    ours = [edit for edit in change.edits if value_at(live, edit.path) == edit.after]
    if ours:
        back = tuple(Edit(edit.path, before=edit.after, after=edit.before) for edit in ours)
        return Request("PATCH", path(change.ref), patch(live, back), back, generation(live))
    if any(value_at(live, edit.path) != edit.before for edit in change.edits):
        return Outcome.SUPERSEDED
    # A write of ours that was never answered may still be on its way, and would break the target after the heal. It can
    # land only as long as the object is at the version that the write has as its precondition.
    may_land = live["metadata"]["resourceVersion"] == change.resource_version
    return Outcome.WAITING if may_land else Outcome.ALREADY


def _remove(change: Created, live: Json) -> Request | Outcome:
    """Return the write that deletes an object that we created."""
    # Of an object whose creation was never answered no uid is known: the label says whether it is ours.
    meta = live["metadata"]
    if meta.get("labels", {}).get(RUN_LABEL) != change.run:
        return Outcome.SUPERSEDED
    if meta.get("deletionTimestamp"):
        return Outcome.WAITING
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    return Request("DELETE", path(change.ref), {**options, "preconditions": {"uid": meta["uid"]}})


def path(ref: Ref) -> str:
    """Return the path of an object in the API."""
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
    """Return the kubectl command that puts one field back."""
    if edit.path == ("spec", "replicas"):
        return f"kubectl scale {ref} -n {ref.namespace} --replicas={edit.before}"
    if any(is_item(step) for step in edit.path):
        # No patch that would still be right when it is typed: the list may have other items by then.
        return f"kubectl edit {ref} -n {ref.namespace}  # set {written(edit.path)} to {_shown(edit.before)}"
    body = with_value({}, edit.path, None if edit.before is UNSET else edit.before)
    quoted = msgspec.json.encode(body).decode().replace("'", "'\\''")
    return f"kubectl patch {ref} -n {ref.namespace} --type=merge -p '{quoted}'"


def _shown(value: Any) -> str:
    return "not there" if value is UNSET else msgspec.json.encode(value).decode()
