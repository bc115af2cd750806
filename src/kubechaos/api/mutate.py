"""The one function that sends calls which change the cluster; only `act` may use it."""

from collections.abc import Mapping
from typing import Any, Final

from ..kube import decode
from .client import DEADLINE, Client, Request

JSON: Final = "application/json"
MERGE: Final = "application/merge-patch+json"


def send(
    client: Client,
    method: str,
    path: str,
    body: Mapping[str, Any],
    *,
    deadline: float = DEADLINE,
) -> bytes:
    """Send a body once and return the answer's body; a PATCH is a merge patch.

    Raises the ApiError of the answer; an UnreachableError that is `unsent` has changed nothing.
    """
    # No query: of a DELETE with DeleteOptions in its body the API server would ignore it, preconditions included.
    content = MERGE if method == "PATCH" else JSON
    return client.exchange(Request(method, path, None, decode.encode(body), content), deadline)
