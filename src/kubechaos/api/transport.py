"""Calls and raw streams: one deadline each, nothing repeated behind our back, errors in our own words."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

from .. import wire
from ..errors import (
    ApiError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnreachableError,
)
from .connect import Pinned

DEADLINE: Final = 10.0
JSON: Final = "application/json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
READ_TIMEOUT: Final = 75.0
"""How long a watch may say nothing; the API server sends a bookmark about once a minute."""

_ERRORS: Mapping[int, type[ApiError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: ExpiredError,
}


class Transport:
    """A client of one pinned cluster; not to be shared by threads: `fork` gives each its own."""

    def __init__(self, pinned: Pinned) -> None:
        from kubernetes import client

        self.pinned = pinned
        self._client = client.ApiClient(pinned.configuration)
        self._streaming: Any = None
        self.server_time = 0.0

    def fork(self) -> "Transport":
        """Return a client of the same cluster with connections of its own."""
        return Transport(self.pinned)

    @property
    def client(self) -> Any:
        """The official client, for calls of the user's own."""
        return self._client

    def get(self, path: str, query: Mapping[str, str] | None = None, *, deadline: float = DEADLINE) -> bytes:
        """GET a path; returns the body. Raises the ApiError of the answer."""
        return self._call("GET", path, query, None, deadline)

    def send(
        self, method: str, path: str, body: Mapping[str, Any], *, content: str = "", deadline: float = DEADLINE
    ) -> bytes:
        """Send a body, once, with no query; returns the answer's body. A PATCH is a merge patch unless told otherwise.

        The query is left empty on purpose: with a DeleteOptions body the API server ignores it.
        """
        content = content or (MERGE if method == "PATCH" else JSON)
        return self._call(method, path, None, wire.encode(body), deadline, content)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        deadline: float,
        content: str = "",
    ) -> bytes:
        until = time.monotonic() + deadline
        what = f"{method} {path}"
        with _translated(what):
            response = self._open(method, path, query, body, (deadline, deadline), content)
            try:
                data = b"".join(_chunks(response, until, what))
            finally:
                response.close()
        date = response.headers.get("Date")
        self.server_time = parsedate_to_datetime(date).timestamp() if date else 0.0
        _raise_for(response, data, what)
        return data

    @contextmanager
    def stream(self, path: str, query: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        """Open a watch; yields an iterator of its lines, without the newline.

        Raises the ApiError of the answer, and UnreachableError when the stream is cut or silent for READ_TIMEOUT.
        """
        what = f"watch {path}"
        with _translated(what):
            response = self._open("GET", path, query, None, (DEADLINE, READ_TIMEOUT))
            try:
                if response.status != 200:
                    _raise_for(response, response.read(), what)
                self._streaming = response
                yield _lines(response.stream(amt=None))
            finally:
                self._streaming = None
                response.close()

    def interrupt(self) -> None:
        """Make an open stream end at once; to be called from another thread."""
        if (response := self._streaming) is not None:
            # It may end by itself in the same moment, in any of urllib3's ways.
            with suppress(OSError, RuntimeError, ValueError):
                response.shutdown()

    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        timeout: tuple[float, float],
        content: str = "",
    ) -> Any:
        import urllib3

        headers = {"Accept": "application/json", "User-Agent": "kubechaos"}
        if content:
            headers["Content-Type"] = content
        configuration = self.pinned.configuration
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        return self._client.rest_client.pool_manager.request(
            method,
            configuration.host + path + (f"?{urlencode(query)}" if query else ""),
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn the third party's errors into ours, the original chained as the cause."""
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (HTTPError, OSError) as error:
        raise UnreachableError(f"{what}: {_plain(error)}") from error


def _plain(error: Exception) -> str:
    """Say what happened without urllib3's wrapping."""
    inner = getattr(error, "reason", None) or error
    return f"{type(inner).__name__}: {inner}"[:300]


def _chunks(response: Any, until: float, what: str) -> Iterator[bytes]:
    """Yield the body, giving up at the deadline: a read timeout alone is defeated by a byte a second."""
    for chunk in response.stream(amt=None) if response.chunked else iter(lambda: response.read1(2**16), b""):
        yield chunk
        if time.monotonic() > until:
            raise UnreachableError(f"{what}: the answer was not complete at the deadline")


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Split a stream on 0x0A only: U+0085 and U+2028 inside a JSON string are data."""
    rest: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest.append(first)
        if others:
            yield from filter(None, (b"".join(rest), *others[:-1]))
            rest = [others[-1]]
    if any(rest):
        raise UnreachableError("the stream was cut inside a line")


def _raise_for(response: Any, data: bytes, what: str) -> None:
    if response.status < 300:
        return
    status = wire.status(data)
    retry = response.headers.get("Retry-After", "")
    said = status.message or status.reason or response.reason or ""
    more = [each.message for each in status.causes if each.message not in said]
    message = f"{what}: {response.status} {' '.join([said, *more])}".rstrip()
    raise _ERRORS.get(response.status, ApiError)(
        message, status=response.status, reason=status.reason, retry_after=float(retry) if retry.isdigit() else None
    )
