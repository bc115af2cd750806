"""Calls and watches of the API server: each has one deadline, and what fails is raised as one of our own errors.

Nothing is repeated behind the caller's back. urllib3, under the official client, sends a DELETE up to four times when
the answer is lost: four kills instead of one.
"""

import re
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from math import inf
from threading import RLock
from time import monotonic
from typing import Final, NamedTuple
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
from ..untrusted import without_objects
from .credentials import PinnedContext
from .http import Http
from .secrets import sealed
from .sockets import Timer

DEADLINE: Final = 10.0
"""Wall seconds in which a call must be answered, to the last byte."""
READ_TIMEOUT: Final = 75.0
"""Wall seconds that a watch may be silent. The API server sends a bookmark about once a minute (KEP-956), so a stream
that is silent for longer has died without an end, as behind a load balancer that dropped it."""

ERRORS: Mapping[int, type[ApiError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: ExpiredError,
}
STATEMENTS: Final = (404, 409, 410)
"""Answers that say something about the cluster. Only the API server can, and it does so with a Status; a proxy's 404
page must not be taken for "the object is gone"."""

PROXIED: Final = re.compile(r"/api/v1/(namespaces/[^/]+/(pods|services)|nodes)/[^/]+/proxy(/.*)?")
"""Paths whose requests the API server only passes on: to a Service, a pod or a kubelet. Matched in full, as a namespace
or a workload may be named "proxy", too."""


class Request(NamedTuple):
    """A request; `content` is the media type of the body."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: bytes | None = None
    content: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_proxied(self) -> bool:
        """Whether a Service or a pod answers it, to which the API server only passes it on."""
        return PROXIED.fullmatch(self.path) is not None


VERSION: Final = Request("GET", "/version")
"""A request that the API server answers itself, to everybody whom it knows."""


class Client:
    """A client of one pinned context. Calls of several threads wait for each other; `fork` gives a thread its own.

    A 401 is the one answer after which a request is sent again, be it a write: the API server authenticates before it
    looks at anything else, and the context may have other credentials by now. `server_time` is the server's clock in
    its last answer, in epoch seconds.
    """

    def __init__(self, pinned: PinnedContext) -> None:
        self.pinned = pinned
        self.server_time = 0.0
        self._timer = Timer()
        self._http = Http(pinned.connection, self._timer)
        self._identity = pinned.identity
        self._used = self._identity.credentials
        self._lock = RLock()
        self._calling = False
        self._streaming = False
        self._closed = False
        # A client that nobody closed must not raise a ResourceWarning in the midst of a user's test.
        weakref.finalize(self, self._http.close)

    def fork(self) -> "Client":
        """Return a client of the same context with a connection of its own."""
        return Client(self.pinned)

    def get(self, path: str, query: Mapping[str, str] | None = None, *, deadline: float = DEADLINE) -> bytes:
        """GET a path; return the body. Raises the ApiError of the answer."""
        return self.exchange(Request("GET", path, query), deadline)

    @sealed
    def exchange(self, request: Request, deadline: float = DEADLINE) -> bytes:
        """Send a request and return the answer's body, within `deadline` wall seconds.

        Raises the ApiError of the answer. Whatever changes the cluster goes through `mutate.send` instead.
        """
        # Tests may inject faults in threads of their own, and what they share is the client of the test.
        with self._lock, self._call(), self._within(deadline):
            response, data = self._answer(request)
            if response.status == 401 and request.is_proxied and self._was_renewed():
                response, data = self._answer(request)
        date = response.headers.get("Date")
        self.server_time = _epoch(date)
        self._raise_for(response, data, request)
        return data

    @contextmanager
    def stream(self, path: str, query: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        """Open a watch; yield an iterator of its lines, without the newline.

        Raises the ApiError of the answer, and UnreachableError when the stream is cut or silent for READ_TIMEOUT.
        """
        request = Request("GET", path, query)
        what = f"watch {path}"
        with self._call():
            response = self._open_stream(request, what)
            try:
                self._timer.silence = READ_TIMEOUT
                self._streaming = True
                yield _translated_lines(self._http.lines(response), what)
            finally:
                self._streaming = False
                response.close()
                self._http.close()

    @sealed
    def _open_stream(self, request: Request, what: str) -> HTTPResponse:
        with self._within(DEADLINE):
            response = self._open(request, what)
            if response.status == 200:
                return response
            with _translated(what), response:
                refusal = response.read()
        self._raise_for(response, refusal, request, what)
        return response

    def interrupt(self) -> None:
        """Make an open stream end at once; for other threads than the one that reads it."""
        if self._streaming:
            self._http.interrupt()

    def close(self) -> None:
        """Close the connection. If another thread is in a call, that thread closes it when the call ends."""
        self._closed = True
        if self._calling:
            self.interrupt()
        else:
            self._http.close()

    @contextmanager
    def _call(self) -> Iterator[None]:
        self._calling = True
        try:
            yield
        except BaseException:
            # Half an answer may be left in the connection, and would be read as the answer to the next request.
            self._http.close()
            raise
        finally:
            self._calling = False
            if self._closed:
                self._http.close()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        self._timer.until = monotonic() + seconds
        try:
            yield
        finally:
            self._timer.until = inf

    def _answer(self, request: Request) -> tuple[HTTPResponse, bytes]:
        """Send a request, as `_open` does; return the answer and its body."""
        response = self._open(request)
        with _translated(str(request)):
            data = response.read()
            self._http.finish(response)
        return response, data

    def _was_renewed(self) -> bool:
        """Return whether there are other credentials than those of the last request; to be asked after a proxied 401.

        Raises UnauthorizedError if the API server itself does not accept them.
        """
        # It may be the API server's own 401, or that of a page behind it, which our credentials never reach: an exec
        # plugin run for each of those would be run at the rate of the probe. The body does not say which: behind the
        # Service may be an API server, too. So we ask for something that nobody else answers.
        used = self._used
        response, data = self._answer(VERSION)
        if response.status == 401:
            self._raise_for(response, data, VERSION)
        return self._used != used

    def _open(self, request: Request, what: str = "") -> HTTPResponse:
        """Send a request, and once more with renewed credentials after a 401; return the head of the answer."""
        what = what or str(request)
        response = self._send(request, what)
        if response.status == 401 and not request.is_proxied and self.pinned.renew(self._used):
            self._http.close()
            self._identity = self.pinned.identity
            response = self._send(request, what)
        return response

    def _send(self, request: Request, what: str) -> HTTPResponse:
        current = self.pinned.identity
        if self._identity.credentials.expired:
            # The connection may have been made with a certificate that has expired.
            self._http.close()
            self._identity = current
        authorization = current.credentials.authorization
        self._used = self._identity.credentials._replace(authorization=authorization)
        # Until the connection stands nothing was sent, so a write that fails here has changed nothing.
        with _translated(what, unsent=True):
            self._http.open(self._identity.security)
        query = f"?{urlencode(request.query)}" if request.query else ""
        with _translated(what):
            headers = self._headers(request, authorization)
            return self._http.request(request.method, request.path + query, headers, request.body)

    def _raise_for(self, response: HTTPResponse, data: bytes, request: Request, what: str = "") -> None:
        if response.status < 300:
            return
        error = _error(response, data, request, what or str(request))
        if isinstance(error, UnauthorizedError) and not request.is_proxied:
            refused = "the credentials of the context are not accepted, or no longer: log in again"
            advice = self.pinned.failure or refused
            error.args = (f"{error}; {advice}",)
        raise error

    def _headers(self, request: Request, authorization: str) -> list[tuple[str, str]]:
        headers = [("Accept", "application/json"), ("User-Agent", "kubechaos")]
        if request.content:
            headers.append(("Content-Type", request.content))
        if authorization:
            headers.append(("Authorization", authorization))
        impersonation = self.pinned.connection.impersonation
        return [*headers, *impersonation.headers()] if impersonation else headers


def _epoch(date: str | None) -> float:
    """Return the time of an HTTP date in epoch seconds; 0.0 for none, and for what is no date."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else 0.0
    except (ValueError, OverflowError):
        return 0.0


@contextmanager
def _translated(what: str, *, unsent: bool = False) -> Iterator[None]:
    """Turn the standard library's errors into ours, the original chained as the cause."""
    try:
        yield
    except (HTTPException, OSError) as error:
        raise UnreachableError(f"{what}: {type(error).__name__}: {error}"[:300], unsent=unsent) from error


def _translated_lines(lines: Iterator[bytes], what: str) -> Iterator[bytes]:
    # The caller's code must not run inside: an OSError of its own, like that of a full disk, is not the server's.
    with _translated(what):
        yield from lines


def _error(response: HTTPResponse, data: bytes, request: Request, what: str) -> ApiError:
    """Return the error that an answer stands for whose status is 300 or more."""
    status = decode.status(data)
    if response.status in STATEMENTS and status.kind != "Status" and not request.is_proxied:
        content = response.headers.get("Content-Type", "no type")
        return UnreachableError(
            f"{what}: {response.status} with a body of {content}, which is no Status of Kubernetes: "
            f"a proxy or a load balancer answered in the API server's place, or it does not serve this path at all"
        )
    retry = decode.decimal(response.headers.get("Retry-After", ""))
    said = without_objects(status.message) or status.reason or response.reason or ""
    # A refused eviction names its budget only there.
    more = [text for text in map(without_objects, (each.message for each in status.causes)) if text not in said]
    return ERRORS.get(response.status, ApiError)(
        f"{what}: {response.status} {' '.join([said, *more])}".rstrip(),
        status=response.status,
        reason=status.reason,
        causes=tuple(each.reason for each in status.causes),
        retry_after=None if retry is None else float(retry),
    )
