"""An HTTP proxy on 127.0.0.1: it keeps the heads of what it is asked, tunnels CONNECT, and answers the rest `{}`."""

import select
import socket
import ssl
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
TUNNELLED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class _Handler(BaseRequestHandler):
    server: "Proxy"
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(20)
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := self.request.recv(65536)):
                return
            head += data
        lines = head.decode().split("\r\n")
        self.server.heads.append(lines)
        method, target, _ = lines[0].split()
        if method != "CONNECT" or self.server.answer:
            self.request.sendall(self.server.answer or ANSWER)
            return
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 20) as beyond, suppress(OSError):
            self.request.sendall(TUNNELLED)
            _tunnel(self.request, beyond)


def _tunnel(client: socket.socket, beyond: socket.socket) -> None:
    """Pass on what comes from either side until both have ended."""
    # In one thread: the TLS of the client's side is not made for two, one that reads and one that writes.
    sinks = {client: beyond, beyond: client}
    while sinks:
        for source in _readable(list(sinks)):
            data = source.recv(65536)
            if data:
                sinks[source].sendall(data)
            else:
                sinks.pop(source).shutdown(socket.SHUT_WR)


def _readable(sources: list[socket.socket]) -> list[socket.socket]:
    # What TLS has decrypted already makes no socket readable.
    decrypted = [each for each in sources if isinstance(each, ssl.SSLSocket) and each.pending()]
    if decrypted:
        return decrypted
    return select.select(sources, [], [], 20)[0]


class Proxy(ThreadingTCPServer):
    """A proxy; `answer` is said instead of what it would do."""

    daemon_threads = False
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.heads: list[list[str]] = []
        self.answer = b""

    @property
    def url(self) -> str:
        """The URL of the proxy."""
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"

    def url_of(self, user: str) -> str:
        """Return the URL of the proxy with a user in it."""
        return self.url.replace("://", f"://{user}@")

    def __enter__(self) -> "Proxy":
        Thread(target=self.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
