"""The one function that sends what changes the cluster."""

from collections.abc import Mapping
from typing import Any

from .transport import DEADLINE, Transport


def send(
    client: Transport, method: str, path: str, body: Mapping[str, Any], *, content: str = "", deadline: float = DEADLINE
) -> bytes:
    """Send a body, once; returns the answer's body."""
    return client.send(method, path, body, content=content, deadline=deadline)
