"""POSTs that change nothing: they ask the API server what we may do, and who we are."""

from collections.abc import Mapping
from typing import Any

from ..kube import decode
from .client import Client, Request


def review(client: Client, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST a SelfSubjectAccessReview or a SelfSubjectReview and return the answer; raises the ApiError of the answer.

    The API server stores neither of them, so this is no mutation, and does not go through `mutate`.
    """
    request = Request("POST", path, None, decode.encode(body), "application/json")
    return decode.mapping(client.exchange(request))
