"""Calls and raw streams: one deadline each, nothing repeated behind our back, errors in our own words."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from ..errors import (
    ApiError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnreachableError,
)
from ..kube import decode
from .connect import Credentials, Pinned
from .sockets import hurried

DEADLINE: Final = 10.0
JSON: Final = "application/json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
LONGEST_HEAD: Final = 2**16
READ_TIMEOUT: Final = 75.0
"""How long a watch may say nothing; the API server sends a bookmark about once a minute."""

ERRORS: Mapping[int, type[ApiError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: ExpiredError,
}


class _Request(NamedTuple):
    """What is asked; `content` is the type of the body."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: bytes | None = None
    content: str = ""


class Transport:
    """A client of one pinned cluster; not to be shared by threads: `fork` gives each its own.

    A 401 is the one answer after which a request is sent again, whatever it is: nobody has looked at it yet, and the
    context may have other credentials by now.
    """

    def __init__(self, pinned: Pinned) -> None:
        self.pinned = pinned
        self._patience = _Patience()
        self._users: Any = None
        self._client = self._new_client()
        self._streaming: Any = None
        self.server_time = 0.0

    def _new_client(self) -> Any:
        from kubernetes import client

        self._certificate = self.pinned.credentials.certificate
        made = client.ApiClient(self.pinned.configuration)
        manager = made.rest_client.pool_manager
        manager.pool_classes_by_scheme = hurried(manager.pool_classes_by_scheme, self._patience)
        return made

    def fork(self) -> "Transport":
        """Return a client of the same cluster with connections of its own."""
        return Transport(self.pinned)

    @property
    def client(self) -> Any:
        """The official client, for calls of the user's own: our deadlines are not theirs."""
        from kubernetes import client

        if self._users is None or self._users.configuration is not self.pinned.configuration:
            self._users = client.ApiClient(self.pinned.configuration)
        return self._users

    def get(self, path: str, query: Mapping[str, str] | None = None, *, deadline: float = DEADLINE) -> bytes:
        """GET a path; returns the body. Raises the ApiError of the answer."""
        return self._call(_Request("GET", path, query), deadline)

    def send(
        self, method: str, path: str, body: Mapping[str, Any], *, content: str = "", deadline: float = DEADLINE
    ) -> bytes:
        """Send a body, once, with no query; returns the answer's body. A PATCH is a merge patch unless told otherwise.

        The query is left empty on purpose: with a DeleteOptions body the API server ignores it.
        """
        content = content or (MERGE if method == "PATCH" else JSON)
        return self._call(_Request(method, path, None, decode.encode(body), content), deadline)

    def _call(self, request: _Request, deadline: float) -> bytes:
        what = f"{request.method} {request.path}"
        with _translated(what), self._within(deadline):
            response = self._open(request, deadline)
            try:
                data = b"".join(_pieces(response))
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
            with self._within(DEADLINE):
                response = self._open(_Request("GET", path, query), DEADLINE)
                refusal = response.read() if response.status != 200 else b""
            try:
                if response.status != 200:
                    _raise_for(response, refusal, what)
                self._streaming = response
                yield _lines(_chunks(response) if _is_plain(response) else _pieces(response))
            finally:
                self._streaming = None
                response.close()

    def interrupt(self) -> None:
        """Make an open stream end at once; to be called from another thread."""
        if (response := self._streaming) is not None:
            # It may end by itself in the same moment, in any of urllib3's ways.
            with suppress(OSError, RuntimeError, ValueError):
                response.shutdown()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        self._patience.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._patience.until = inf

    def _open(self, request: _Request, deadline: float) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "kubechaos"}
        if request.content:
            headers["Content-Type"] = request.content
        self._authorize(headers)
        response = self._send(request, headers, deadline)
        used = Credentials(headers.get("authorization", ""), self._certificate)
        if response.status == 401 and self.pinned.renew(used):
            response.close()
            self._client.close()
            self._client = self._new_client()
            self._authorize(headers)
            response = self._send(request, headers, deadline)
        return response

    def _authorize(self, headers: dict[str, str]) -> None:
        headers.pop("authorization", None)
        self._client.update_params_for_auth(headers, [], ["BearerToken"], "", "", None)

    def _send(self, request: _Request, headers: dict[str, str], deadline: float) -> Any:
        import urllib3

        query = f"?{urlencode(request.query)}" if request.query else ""
        return self._client.rest_client.pool_manager.request(
            request.method,
            self.pinned.configuration.host + request.path + query,
            body=request.body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=deadline, read=deadline),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        if self._users is not None:
            self._users.close()


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


class _Patience:
    """How long the server may still take to send something: up to a call's deadline, or READ_TIMEOUT without one."""

    def __init__(self) -> None:
        self.until = inf

    def __call__(self) -> float:
        return READ_TIMEOUT if self.until == inf else self.until - time.monotonic()


def _pieces(response: Any) -> Iterator[bytes]:
    """Yield the body as it comes, whether a proxy has left it chunked or not."""
    if response.chunked:
        return iter(response.stream(amt=None))
    return iter(lambda: response.read1(2**16), b"")


def _is_plain(response: Any) -> bool:
    """Whether the body is nothing but chunks."""
    return bool(response.chunked) and "Content-Encoding" not in response.headers


def _chunks(response: Any) -> Iterator[bytes]:
    """Yield the chunks of a body as urllib3 does, at a third of the cost: a watch has one for each event.

    The connection is good for nothing afterwards.
    """
    source = response._fp
    with response._error_catcher():
        while size := _size(source.fp.readline(LONGEST_HEAD)):
            yield source._safe_read(size)
            source.fp.read(2)


def _size(head: bytes) -> int:
    try:
        size = int(head.partition(b";")[0], 16)
    except ValueError:
        size = -1
    if size < 0:
        raise UnreachableError(f"the stream was cut where a chunk should begin: {head[:20]!r}")
    return size


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Split a stream on 0x0A only: U+0085 and U+2028 inside a JSON string are data."""
    rest: list[bytes] = []
    for chunk in chunks:
        if not rest and 0 < chunk.find(b"\n") == len(chunk) - 1:
            yield chunk[:-1]  # as the API server writes: one event, one chunk
            continue
        first, *others = chunk.split(b"\n")
        rest.append(first)
        if others:
            yield from filter(None, (b"".join(rest), *others[:-1]))
            rest = list(filter(None, others[-1:]))
    if rest:
        raise UnreachableError("the stream was cut inside a line")


def _raise_for(response: Any, data: bytes, what: str) -> None:
    if response.status < 300:
        return
    status = decode.status(data)
    retry = response.headers.get("Retry-After", "")
    said = status.message or status.reason or response.reason or ""
    more = [each.message for each in status.causes if each.message not in said]
    message = f"{what}: {response.status} {' '.join([said, *more])}".rstrip()
    if response.status == 401:
        message += "; the credentials of the context are not accepted, or no longer: log in again"
    raise ERRORS.get(response.status, ApiError)(
        message,
        status=response.status,
        reason=status.reason,
        causes=tuple(each.reason for each in status.causes),
        retry_after=float(retry) if retry.isdigit() else None,
    )
