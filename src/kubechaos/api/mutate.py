"""The one function that sends calls which change the cluster; only `act` may use it."""

from collections.abc import Mapping
from typing import Any, Final

from ..kube import decode
from .client import DEADLINE, Client, Request

JSON: Final = "application/json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"


def send(
    client: Client,
    method: str,
    path: str,
    body: Mapping[str, Any],
    *,
    content: str = "",
    deadline: float = DEADLINE,
) -> bytes:
    """Send a body, once, with no query; returns the answer's body. A PATCH is a merge patch unless said otherwise.

    The query is left empty on purpose: with a DeleteOptions body the API server ignores it. Raises the ApiError of the
    answer; an UnreachableError that is `unsent` has changed nothing.
    """
    content = content or (MERGE if method == "PATCH" else JSON)
    return client.exchange(Request(method, path, None, decode.encode(body), content), deadline)
