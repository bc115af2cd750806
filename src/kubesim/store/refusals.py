"""What the API server says no with: a Status, in the real one's words."""

from typing import Any

from .kinds import Kind

Cause = dict[str, str]


class Refused(Exception):
    """A call that failed; `status` is the body of the answer."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: dict[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after
        self.status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        self.status |= {"message": message} | ({"reason": reason} if reason else {})
        self.status |= ({"details": details} if details else {}) | {"code": code}


def _details(kind: Kind, name: str, plural: bool = True, **more: Any) -> dict[str, Any]:
    named, group = {"name": name} if name else {}, {"group": kind.group} if kind.group else {}
    return {**named, **group, "kind": kind.plural if plural else kind.name, **more}


def not_found(kind: Kind, name: str) -> Refused:
    """Say that an object is not there."""
    return Refused(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def already_exists(kind: Kind, name: str) -> Refused:
    """Say that a name is taken."""
    return Refused(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def conflict(kind: Kind, name: str, why: str) -> Refused:
    """Say that a precondition does not hold."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refused(409, "Conflict", message, _details(kind, name))


def stale(kind: Kind, name: str) -> Refused:
    """Say that the object is newer than the caller thinks."""
    return conflict(
        kind, name, "the object has been modified; please apply your changes to the latest version and try again"
    )


def invalid(kind: Kind, name: str, *causes: Cause) -> Refused:
    """Say which fields are wrong."""
    return _invalid(kind.full, name, causes, _details(kind, name, plural=False))


def invalid_options(options: str, *causes: Cause) -> Refused:
    """Say which of the ListOptions, CreateOptions or DeleteOptions are wrong."""
    return _invalid(f"{options}.meta.k8s.io", "", causes, {"group": "meta.k8s.io", "kind": options})


def invalid_patch(patch: bytes, why: str) -> Refused:
    """Say that a patch does not make an object of its kind."""
    message = f'Invalid value: "{patch.decode(errors="replace")}": {why}'
    return _invalid("", "", (cause("FieldValueInvalid", "patch", message),), {})


def _invalid(what: str, name: str, causes: tuple[Cause, ...], details: dict[str, Any]) -> Refused:
    failures = [f"{cause['field']}: {cause['message']}" for cause in causes]
    message = f'{what} "{name}" is invalid: ' + (failures[0] if len(failures) == 1 else f"[{', '.join(failures)}]")
    return Refused(422, "Invalid", message, {**details, "causes": list(causes)})


def forbidden(kind: Kind, name: str, why: str) -> Refused:
    """Say that it is not allowed."""
    named = f'{kind.resource} "{name}"' if name else kind.resource
    return Refused(403, "Forbidden", f"{named} is forbidden: {why}", _details(kind, name))


def bad_request(message: str) -> Refused:
    """Say that it makes no sense."""
    return Refused(400, "BadRequest", message)


def too_many(message: str, retry_after: int | None = None, **details: Any) -> Refused:
    """Say that it is too much, or too early."""
    return Refused(429, "TooManyRequests", message, details, retry_after)


def expired(message: str) -> Refused:
    """Say that history has been forgotten."""
    return Refused(410, "Expired", message)


def too_large(asked: int, current: int, retry_after: int | None = 1) -> Refused:
    """Say that nobody has come to that version yet."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    details = {"causes": causes, **({"retryAfterSeconds": retry_after} if retry_after else {})}
    return Refused(504, "Timeout", message, details, retry_after)


def cause(reason: str, field: str, message: str) -> Cause:
    """Return one wrong field."""
    return {"reason": reason, "message": message, "field": field}


def success(**more: Any) -> dict[str, Any]:
    """Return the Status of what went well."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", **more}
