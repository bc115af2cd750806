"""The answers of an API server that refuses a call: a Status, with the messages of a real one."""

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
        # In this order, and without what is empty, as Go encodes it.
        self.status["message"] = message
        if reason:
            self.status["reason"] = reason
        if details:
            self.status["details"] = details
        self.status["code"] = code


def details(kind: Kind, name: str, what: str = "", **more: Any) -> dict[str, Any]:
    """Return the details of a Status about an object; `what` stands for its kind, which is the plural if not given."""
    known: dict[str, Any] = {"name": name, "group": kind.group, "kind": what or kind.plural}
    return {key: value for key, value in known.items() if value} | more


def not_found(kind: Kind, name: str) -> Refused:
    """Return the 404 for an object that does not exist."""
    return Refused(404, "NotFound", f'{kind.resource} "{name}" not found', details(kind, name))


def already_exists(kind: Kind, name: str) -> Refused:
    """Return the 409 for a new object whose name is taken."""
    return Refused(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', details(kind, name))


def conflict(kind: Kind, name: str, why: str) -> Refused:
    """Return the 409 for a precondition that does not hold."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refused(409, "Conflict", message, details(kind, name))


def stale(kind: Kind, name: str) -> Refused:
    """Return the 409 for a write that is based on an old version of the object."""
    return conflict(
        kind, name, "the object has been modified; please apply your changes to the latest version and try again"
    )


def invalid(kind: Kind, name: str, *causes: Cause) -> Refused:
    """Return the 422 that names the fields that are wrong."""
    return _invalid(kind.full, name, causes, details(kind, name, kind.name))


def invalid_options(options: str, *causes: Cause) -> Refused:
    """Return the 422 for wrong ListOptions, CreateOptions or DeleteOptions."""
    return _invalid(f"{options}.meta.k8s.io", "", causes, {"group": "meta.k8s.io", "kind": options})


def invalid_patch(patch: bytes, why: str) -> Refused:
    """Return the 422 for a patch whose result is not an object of its kind."""
    message = f'Invalid value: "{patch.decode(errors="replace")}": {why}'
    return _invalid("", "", (cause("FieldValueInvalid", "patch", message),), {})


def _invalid(what: str, name: str, causes: tuple[Cause, ...], about: dict[str, Any]) -> Refused:
    failures = [f"{cause['field']}: {cause['message']}" for cause in causes]
    listed = failures[0]
    if len(failures) > 1:
        listed = f"[{', '.join(failures)}]"
    return Refused(422, "Invalid", f'{what} "{name}" is invalid: {listed}', {**about, "causes": list(causes)})


def forbidden(kind: Kind, name: str, why: str) -> Refused:
    """Return the 403 for an object that may not be created or changed."""
    named = kind.resource
    if name:
        named += f' "{name}"'
    return Refused(403, "Forbidden", f"{named} is forbidden: {why}", details(kind, name))


def bad_request(message: str) -> Refused:
    """Return the 400 for a call that makes no sense."""
    return Refused(400, "BadRequest", message)


def too_many(message: str, retry_after: int | None = None, **more: Any) -> Refused:
    """Return the 429 for a call that comes too soon, or that a budget does not allow."""
    return Refused(429, "TooManyRequests", message, more, retry_after)


def expired(message: str) -> Refused:
    """Return the 410 for a version that has been compacted."""
    return Refused(410, "Expired", message)


def too_large(asked: int, current: int, retry_after: int | None = 1) -> Refused:
    """Return the 504 for a version that does not exist yet."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    about: dict[str, Any] = {"causes": causes}
    if retry_after:
        about["retryAfterSeconds"] = retry_after
    return Refused(504, "Timeout", message, about, retry_after)


def cause(reason: str, field: str, message: str) -> Cause:
    """Return one wrong field."""
    return {"reason": reason, "message": message, "field": field}


def success(**more: Any) -> dict[str, Any]:
    """Return the Status of a call that succeeded."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", **more}
