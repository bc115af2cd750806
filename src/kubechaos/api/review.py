"""POSTs that change nothing: the API server is asked what we may do, and who we are."""

from collections.abc import Mapping
from typing import Any

from ..kube import decode
from .client import Client, Request


def review(client: Client, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST a SelfSubjectAccessReview or a SelfSubjectReview and return the answer; raises the ApiError of the answer.

    Nothing is stored by it, so it is no mutation.
    """
    request = Request("POST", path, None, decode.encode(body), "application/json")
    return decode.mapping(client.exchange(request))
