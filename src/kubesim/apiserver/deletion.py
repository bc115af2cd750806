"""Deletion: at once, with a grace period, or held by finalizers; and the DeleteOptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..store.kinds import POD
from ..store.objects import Body, Stored, is_integer, is_terminal
from ..store.refusals import Refused, bad_request, cause, invalid_options
from .registry import Registry

FORCED_GAP: Final = 0.004
"""Seconds between the MODIFIED (grace 0) and the DELETED of a pod: 2 to 10 ms on a real cluster."""


@dataclass(frozen=True, slots=True)
class Options:
    """A DeleteOptions; `grace` is None where it was not given."""

    grace: int | None = None
    uid: str = ""
    version: str = ""
    dry: bool = False

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> "Options":
        """Read them from a body; raises Refused."""
        preconditions, policy = body.get("preconditions") or {}, body.get("propagationPolicy") or "Background"
        if policy != "Background":
            raise bad_request(f"propagationPolicy: the simulated cluster does not support {policy}")
        uid, version = preconditions.get("uid") or "", preconditions.get("resourceVersion") or ""
        return cls(_grace(body.get("gracePeriodSeconds")), uid, version, is_dry(body.get("dryRun") or ()))

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> "Options":
        """Read them from the query, which counts only where there is no body."""
        asked = query.get("gracePeriodSeconds", "")
        grace = None
        if is_integer(asked):
            grace = _grace(int(asked))
        return cls(grace, dry=is_dry(query.get("dryRun") or ()))


def _grace(value: int | None) -> int | None:
    """Return a grace period as it counts: a negative one is 1 s."""
    if value is not None and value < 0:
        return 1
    return value


def is_dry(value: str | list[str] | tuple[()], options: str = "DeleteOptions") -> bool:
    """Return whether a call is to change nothing; raises Refused for a dryRun that is not "All"."""
    words = list(value)
    if isinstance(value, str):
        words = [value]
    if any(word != "All" for word in words):
        shown = ", ".join(f'"{word}"' for word in words)
        message = f'Unsupported value: [{shown}]: supported values: "All"'
        raise invalid_options(options, cause("FieldValueNotSupported", "dryRun", message))
    return bool(words)


class Deletion:
    """Deletes objects of every kind."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def delete(self, obj: Stored, options: Options) -> Stored:
        """Delete an object and return its last state; raises Refused."""
        self._check(obj, options)
        if obj.kind is not POD:
            if options.dry:
                return obj
            return self._end(obj)
        grace = self._grace(obj, options)
        if obj.deleting and grace >= obj.meta["deletionGracePeriodSeconds"] and grace != 0:
            return obj
        marked = self._marked(obj, grace)
        if options.dry:
            return Stored(POD, marked, obj.version)
        begun = obj
        if marked != obj.body:
            begun = self._registry.store.put(POD, marked)
        if grace == 0:
            # Two steps, as on a real cluster: a watcher first sees the pod MODIFIED (grace period 0), then DELETED.
            self._registry.timers.after(FORCED_GAP, lambda: self._finish(begun))
        return begun

    def _check(self, obj: Stored, options: Options) -> None:
        for what, asked, found, happened in (
            ("UID", options.uid, obj.uid, "deleted and then recreated"),
            ("ResourceVersion", options.version, obj.version, "modified"),
        ):
            if asked and asked != str(found):
                message = (
                    f'Operation cannot be fulfilled on {obj.kind.name} "{obj.name}": the {what} in the precondition '
                    f"({asked}) does not match the {what} in record ({found}). The object might have been {happened}"
                )
                raise Refused(409, "Conflict", message, {"name": obj.name, "kind": obj.kind.name})

    def _grace(self, pod: Stored, options: Options) -> int:
        # Nothing runs that could use a grace period.
        if not pod.spec.get("nodeName") or is_terminal(pod):
            return 0
        if options.grace is not None:
            return options.grace
        return int(pod.spec["terminationGracePeriodSeconds"])

    def _marked(self, pod: Stored, grace: int) -> Body:
        """Return the pod as being deleted; a second deletion may shorten its grace period, but not lengthen it."""
        asked = pod.meta.get("deletionTimestamp")
        ends = self._registry.calendar.time(grace)
        meta = {**pod.meta, "deletionTimestamp": min(ends, asked or ends), "deletionGracePeriodSeconds": grace}
        if not pod.deleting:
            meta["generation"] = pod.meta["generation"] + 1
        return {**pod.body, "metadata": meta}

    def _finish(self, pod: Stored) -> None:
        latest = self._registry.latest(pod)
        if latest is not None and not latest.meta.get("finalizers"):
            self._registry.store.remove(latest)

    def _end(self, obj: Stored) -> Stored:
        if not obj.meta.get("finalizers") or obj.kind.name == "Namespace":
            return self._registry.store.remove(obj)
        if obj.deleting:
            return obj
        meta = {**obj.meta, "deletionTimestamp": self._registry.calendar.time(), "deletionGracePeriodSeconds": 0}
        if obj.kind.generations:
            meta["generation"] = obj.meta["generation"] + 1
        return self._registry.store.put(obj.kind, {**obj.body, "metadata": meta})
