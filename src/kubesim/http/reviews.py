"""The reviews of the API server: who somebody is, and what they may do."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..store.objects import Body
from ..store.refusals import Refused, cause

USER: Final = "simulated"
"""Who has the token."""
ACCESS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHOAMI: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def answered(path: str, review: Body, forbids: Callable[[str, str, str], bool]) -> Body:
    """Return a review with its status; `forbids` is asked for a verb, a resource and a namespace. Raises Refused."""
    if path == WHOAMI:
        return {**review, "status": {"userInfo": {"username": USER, "groups": [USER]}}}
    asked: Mapping[str, Any] = (review.get("spec") or {}).get("resourceAttributes") or {}
    if not asked:
        raise _nothing_asked()
    forbidden = forbids(asked.get("verb", ""), asked.get("resource", ""), asked.get("namespace", ""))
    return {**review, "status": {"allowed": not forbidden}}


def _nothing_asked() -> Refused:
    message = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
    about = {"group": "authorization.k8s.io", "causes": [cause("FieldValueInvalid", "spec", message)]}
    return Refused(422, "Invalid", f'.authorization.k8s.io "" is invalid: spec: {message}', about)
