"""Manifests with fields that are not supported are refused, as ignoring one would falsify what a test shows."""

from ..store.kinds import POD, Kind
from ..store.objects import Body
from ..store.refusals import Refused, cause, invalid
from . import field_types
from .field_classes import SPECS


def check(kind: Kind, body: Body) -> None:
    """Raise Refused with the path of every field that is not supported."""
    fields = SPECS.get(kind)
    if fields is None or runs_to_an_end(kind, body):
        return
    found = fields.problems("spec", body.get("spec") or {})
    causes = [cause("FieldValueForbidden", path, f"Forbidden: {why}") for path, why in found]
    if causes:
        raise invalid(kind, body["metadata"]["name"], *causes)


def check_types(kind: Kind, body: Body) -> None:
    """Raise Refused with the path of every field whose value cannot be decoded."""
    if kind not in SPECS:
        return
    # The real API server names the first one, in the words of its decoder; whoever loads a file gets all of them.
    causes = [cause("FieldValueInvalid", path, why) for path, why in field_types.problems("", body)]
    if causes:
        first = f"{causes[0]['field']} {causes[0]['message']}"
        message = f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: {first}'
        raise Refused(400, "BadRequest", message, {"causes": causes})


def runs_to_an_end(kind: Kind, body: Body) -> bool:
    """Return whether an object is a pod that nobody restarts, like that of a Job: it is inert, and has Succeeded."""
    return kind is POD and (body.get("spec") or {}).get("restartPolicy", "Always") != "Always"
