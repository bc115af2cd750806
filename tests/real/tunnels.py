"""A proxy on loopback that tunnels every CONNECT to one server, and remembers what it was asked."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

REFUSED = "refused"
"""How the name of a server begins that the proxy does not let anybody through to."""


class _Handler(BaseHTTPRequestHandler):
    server: "Tunnels"

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"{self.path} {self.headers.get('Proxy-Authorization', '')}".strip())
        if self.path.startswith(REFUSED):
            self.send_error(403, "not that way")
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(self.server.leads_to) as beyond:
            back = Thread(target=_pass_on, args=(beyond, self.connection))
            back.start()
            _pass_on(self.connection, beyond)
            back.join()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Tunnels(ThreadingHTTPServer):
    """The proxy; `asked` has the server that each CONNECT named, and the Proxy-Authorization if there was one."""

    def __init__(self, leads_to: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.leads_to = leads_to
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.server_port}"


@contextmanager
def tunnelling(host: str, port: int) -> Iterator[Tunnels]:
    """Run a proxy whose tunnels all lead to one server, whatever they are asked for."""
    with Tunnels((host, port)) as proxy:
        Thread(target=proxy.serve_forever, args=(0.01,)).start()
        try:
            yield proxy
        finally:
            proxy.shutdown()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Copy bytes until there are no more, then say so to the other side."""
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
