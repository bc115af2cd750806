"""Deleting: at once, with grace, held by finalizers; and what may be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..store.kinds import POD
from ..store.objects import Body, Stored, is_terminal
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
        return cls(_grace(int(asked) if asked.lstrip("-").isdigit() else None), dry=is_dry(query.get("dryRun") or ()))


def _grace(value: int | None) -> int | None:
    """A negative grace is the shortest there is."""
    return 1 if value is not None and value < 0 else value


def is_dry(value: str | list[str] | tuple[()], options: str = "DeleteOptions") -> bool:
    """Whether a call is to change nothing; raises Refused for a way that is none."""
    words = [value] if isinstance(value, str) else list(value)
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
            return obj if options.dry else self._end(obj)
        grace = self._grace(obj, options)
        if obj.deleting and grace >= obj.meta["deletionGracePeriodSeconds"] and grace != 0:
            return obj
        marked = self._marked(obj, grace)
        if options.dry:
            return Stored(POD, marked, obj.version)
        begun = self._registry.store.put(POD, marked) if marked != obj.body else obj
        if grace == 0:
            self._registry.timers.after(FORCED_GAP, lambda: self._finish(begun))
        return begun

    def _check(self, obj: Stored, options: Options) -> None:
        for what, asked, found in (("UID", options.uid, obj.uid), ("ResourceVersion", options.version, obj.version)):
            if asked and asked != str(found):
                after = "deleted and then recreated" if what == "UID" else "modified"
                why = (
                    f"the {what} in the precondition ({asked}) does not match the {what} in record ({found}). "
                    f"The object might have been {after}"
                )
                details = {"name": obj.name, "kind": obj.kind.name}
                message = f'Operation cannot be fulfilled on {obj.kind.name} "{obj.name}": {why}'
                raise Refused(409, "Conflict", message, details)

    def _grace(self, pod: Stored, options: Options) -> int:
        if not pod.spec.get("nodeName") or is_terminal(pod):
            return 0
        own: int = pod.spec["terminationGracePeriodSeconds"]
        return own if options.grace is None else options.grace

    def _marked(self, pod: Stored, grace: int) -> Body:
        """The pod as being deleted; its end may come nearer, never farther."""
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
