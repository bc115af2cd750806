"""HTTP/1.1 by the standard library's http.client: one connection, kept alive, straight or by way of a proxy."""

import base64
import ssl
from collections.abc import Iterable, Iterator
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import BufferedReader
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from ..errors import UnreachableError
from .connection import Connection
from .proxies import PORTS
from .secrets import Secret, SecretBytes
from .sockets import AT_ONCE, Channel, Stream, Tcp, Timer, Tls

LONGEST_HEAD: Final = 2**16
"""Bytes of the line in which a chunk says its size, at most; http.client allows as many."""
Headers = Iterable[tuple[str, str]]


class Http:
    """A connection to the server of a Connection; `open` it before each request, and `finish` each answer."""

    def __init__(self, connection: Connection, timer: Timer) -> None:
        self._server = urlsplit(connection.server)
        self._proxy = urlsplit(_without_user(connection.proxy))
        self._proxy_authorization = proxy_authorization(connection.proxy)
        self._name = connection.tls_server_name or self._server.hostname or ""
        self._timer = timer
        self._tcp: Tcp | None = None
        self._channel: Channel | None = None

    def open(self, security: ssl.SSLContext | None) -> None:
        """Connect, unless there is a connection that can be used again. Raises OSError or HTTPException."""
        if self._channel is not None and self._tcp is not None and self._tcp.is_quiet():
            return
        self.close()
        try:
            self._channel = Channel(self._connected(security))
        except BaseException:
            self.close()
            raise

    def _connected(self, security: ssl.SSLContext | None) -> Stream:
        if not self._proxy.hostname:
            stream = self._reached(self._server)
        else:
            stream = self._proxy_reached()
            if self._proxy.scheme == "https":
                stream = Tls(stream, ssl.create_default_context(), self._proxy.hostname)
            if security is not None:
                host = f"{_bracketed(self._server)}:{_port(self._server)}"
                _tunnel(stream, _named(self._proxy), host, self._proxy_authorization)
        return stream if security is None else Tls(stream, security, self._name)

    def _reached(self, url: SplitResult) -> Stream:
        self._tcp = Tcp(url.hostname or "", _port(url), self._timer)
        return self._tcp

    def _proxy_reached(self) -> Stream:
        try:
            return self._reached(self._proxy)
        except OSError as error:
            # "Connection refused" alone would be looked for at the API server.
            raise OSError(f"{_named(self._proxy)} cannot be reached: {error}") from error

    def request(self, method: str, path: str, headers: Headers, body: bytes | None) -> HTTPResponse:
        """Send a request and return the head of its answer. Raises OSError or HTTPException."""
        target = self._server.path + path
        if self._proxy.hostname and self._server.scheme == "http":
            # Without TLS there is no tunnel: the request goes to the proxy, with an absolute URL (RFC 9112 3.2.2).
            target = f"http://{self._server.netloc}{target}"
            headers = [*headers, *self._proxy_authorization]
        if body is not None:
            headers = [*headers, ("Content-Length", str(len(body)))]
        head = _head(method, target, [("Host", self._server.netloc), ("Accept-Encoding", "identity"), *headers])
        if self._channel is None:
            raise HTTPException("there is no connection")
        return _asked(self._channel, method, head, body)

    def finish(self, response: HTTPResponse) -> None:
        """Keep the connection for the next request if the answer was read to its end and allows it; else close it."""
        kept = response.isclosed() and not response.will_close
        response.close()
        if not kept:
            self.close()

    def lines(self, response: HTTPResponse) -> Iterator[bytes]:
        """Yield the lines of an answer as they come. The connection is good for nothing afterwards."""
        if response.headers.get("Transfer-Encoding", "").lower() == "chunked" and self._channel is not None:
            # Past http.client, from the same buffer that it has read the head from.
            return _lines(_chunks(self._channel.reader))
        # HTTP/1.0, or a proxy that has put the chunks together: the body ends with the connection.
        return _lines(iter(lambda: response.read1(AT_ONCE), b""))

    def interrupt(self) -> None:
        """End the connection while another thread reads from it."""
        if self._tcp is not None:
            self._tcp.interrupt()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._channel = None
        tcp, self._tcp = self._tcp, None
        if tcp is not None:
            tcp.close()


def _port(url: SplitResult) -> int:
    return url.port or PORTS[url.scheme]


def _bracketed(url: SplitResult) -> str:
    host = url.hostname or ""
    return f"[{host}]" if ":" in host else host


def _named(proxy: SplitResult) -> str:
    return f"the proxy {_bracketed(proxy)}:{_port(proxy)}"


def proxy_authorization(url: str) -> list[tuple[str, Secret]]:
    """Return the header that a proxy's URL with a user in it asks for, if it has one."""
    proxy = urlsplit(url)
    if proxy.username is None:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return [("Proxy-Authorization", Secret(f"Basic {base64.b64encode(pair).decode()}"))]


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _head(method: str, target: str, headers: Headers) -> SecretBytes:
    """Return the head of a request. Raises HTTPException for what would not be one request any more."""
    # By ourselves, as http.client keeps the lines of a head in local variables, and quotes a wrong one in its error.
    for name, value in (("path", target), *headers):
        if any(each in value for each in "\r\n\0"):
            raise HTTPException(f"its {name} has a line break in it")
    if not all("!" <= each <= "~" for each in target):
        raise HTTPException("its path has a character that no URL may have")
    fields = SecretBytes(b"".join(b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in headers))
    return SecretBytes(b"%b %b HTTP/1.1\r\n%b\r\n" % (method.encode(), target.encode(), fields))


def _asked(channel: Channel, method: str, head: SecretBytes, body: bytes | None) -> HTTPResponse:
    """Send a request and return the head of its answer."""
    channel.sendall(head)
    if body:
        channel.sendall(body)
    # It takes from its socket nothing but a reader.
    socket: Any = channel
    response = HTTPResponse(socket, method=method)
    response.begin()
    return response


def _tunnel(stream: Stream, proxy: str, server: str, authorization: list[tuple[str, Secret]]) -> None:
    """Open a tunnel to the server through a proxy (CONNECT); raises OSError if the proxy refuses."""
    head = _head("CONNECT", server, [("Host", server), *authorization])
    response = _asked(Channel(stream), "CONNECT", head, None)
    # Nothing is lost with its read buffer: in TLS the client speaks first, so the server cannot have sent anything yet.
    response.close()
    if response.status != 200:
        raise OSError(f"{proxy} answered {response.status} {response.reason}")


def _chunks(reader: BufferedReader) -> Iterator[bytes]:
    """Yield the chunks of a body. A watch has one for each event, so this is where its time goes.

    The format is that of RFC 9112 7.1: the size in hexadecimal, an optional extension after ";", CRLF, as many bytes,
    CRLF; a chunk of size 0 ends the body. Raises UnreachableError or IncompleteRead for a stream that was cut.
    """
    # It is fast because it takes what the socket has in one piece and cuts that up with `find` and slices. http.client
    # reads each size line and each chunk by calls of its own, at three times the cost.
    # It is safe because it trusts nothing but the framing: a chunk is handed over only when all of it is there, and an
    # end of the stream anywhere but behind the chunk of size 0 is a cut. JSON that happens to be complete is no proof.
    data, at = b"", 0
    while True:
        end = data.find(b"\r\n", at, at + LONGEST_HEAD)
        if end < 0:
            # No complete size line. Take whatever comes, be it one byte: to wait for a full buffer would hold back an
            # event that is there.
            data, at = data[at:] + _more(reader, len(data) - at), 0
            continue
        size = _size(data[at:end])
        if not size:
            return
        # `at` is where the next chunk begins: behind this one, and the CRLF that ends it.
        begin, at = end + 2, end + 2 + size + 2
        if at > len(data):
            # Exactly what is missing, in one call: a large object comes in many pieces, and to add them one by one
            # would copy it over and over.
            data = data[begin:] + reader.read(at - len(data))
            begin, at = 0, size + 2
            if at > len(data):
                raise IncompleteRead(data, at - len(data))
        yield data[begin : begin + size]


def _more(reader: BufferedReader, waiting: int) -> bytes:
    if waiting >= LONGEST_HEAD:
        raise UnreachableError("the stream was cut: a chunk does not say its size")
    more = reader.read1(AT_ONCE)
    if not more:
        raise UnreachableError("the stream was cut where a chunk should begin")
    return more


def _size(head: bytes) -> int:
    try:
        size = int(head.partition(b";")[0], 16)
    except ValueError:
        size = -1
    if size < 0:
        raise UnreachableError(f"the stream was cut where a chunk should begin: {head[:20]!r}")
    return size


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Split a stream on 0x0A only; raise UnreachableError for one that ends inside a line.

    Not `splitlines`, which splits on more than that: U+0085 and U+2028 inside a JSON string are data.
    """
    rest: list[bytes] = []
    for chunk in chunks:
        if not rest and 0 < chunk.find(b"\n") == len(chunk) - 1:
            # As the API server writes it: one event in one chunk. All else is for proxies that cut elsewhere.
            yield chunk[:-1]
            continue
        first, *others = chunk.split(b"\n")
        rest.append(first)
        if others:
            yield from filter(None, (b"".join(rest), *others[:-1]))
            rest = list(filter(None, others[-1:]))
    if rest:
        raise UnreachableError("the stream was cut inside a line")
