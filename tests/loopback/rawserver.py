"""A scripted HTTP server on 127.0.0.1: it records what it is asked, answers as scripted, and misbehaves on demand.

Answers are used in turn, the last one for ever. The method WATCH is a GET with watch=1. An answer is a function of the
Exchange; `hang`, `cut` and `reset` are answers of their own, and steps inside a `stream` too.
"""

import json
import os
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Exchange:
    request: Request
    connection: socket.socket
    closing: Event  # set when the server goes

    def head(self, status: int, headers: dict[str, str]) -> None:
        fields = {"Date": formatdate(usegmt=True), "Content-Type": "application/json", "Connection": "close", **headers}
        lines = [f"HTTP/1.1 {status} Answer", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.connection.sendall("\r\n".join(lines).encode())

    def chunk(self, data: bytes) -> None:
        self.connection.sendall(b"%x\r\n%b\r\n" % (len(data), data))


Answer = Callable[[Exchange], None]


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answer with bytes, or with any other value as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(exchange: Exchange) -> None:
        exchange.head(status, {"Content-Length": str(len(data)), **(headers or {})})
        exchange.connection.sendall(data)

    return answer


def failure(code: int, message: str = "", reason: str = "", headers: dict[str, str] | None = None) -> Answer:
    """Answer with a Status, as the API server reports errors."""
    return reply({"kind": "Status", "code": code, "message": message, "reason": reason}, code, headers)


def stream(*steps: bytes | Answer) -> Answer:
    """Answer with a chunked body: bytes are a chunk each, anything else is done when its turn comes."""

    def answer(exchange: Exchange) -> None:
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        for step in (*steps, b""):
            exchange.chunk(step) if isinstance(step, bytes) else step(exchange)

    return answer


def slowly(data: bytes, pause: float) -> Answer:
    def answer(exchange: Exchange) -> None:
        for byte in data:
            exchange.connection.sendall(bytes([byte]))
            exchange.closing.wait(pause)

    return answer


def dripping(data: bytes, pause: float) -> Answer:
    """Send one chunk, byte by byte."""

    def answer(exchange: Exchange) -> None:
        slowly(b"%x\r\n%b\r\n" % (len(data), data), pause)(exchange)

    return answer


def hang(exchange: Exchange) -> None:
    exchange.closing.wait()
    raise ConnectionAbortedError


def cut(exchange: Exchange) -> None:
    """End the connection inside a chunk: the client reads an EOF where the body must go on."""
    exchange.connection.sendall(b'ff\r\n{"type"')
    raise ConnectionAbortedError


def reset(exchange: Exchange) -> None:
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(exchange.connection.detach())


class _Handler(BaseHTTPRequestHandler):
    timeout = 20  # a client that connects and says nothing must not keep the server from ending

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if self.raw_requestline and self.parse_request():
            url, size = urlsplit(self.path), int(self.headers.get("Content-Length", 0))
            request = Request(self.command, url.path, url.query, dict(self.headers.items()), self.rfile.read(size))
            self.server.on_headers(self.headers.items())
            self.close_connection = True
            with suppress(OSError):  # clients go away, and answers break off on purpose
                self.server.answer(request)(Exchange(request, self.connection, self.server.closing))


class RawServer(ThreadingHTTPServer):
    daemon_threads = False  # leaving the `with` block waits for every answer to end

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}"
        self.requests: list[Request] = []
        self.on_headers: Callable[[list[tuple[str, str]]], object] = lambda headers: None
        self.arrived, self.closing = Condition(), Event()
        self._script: dict[tuple[str, str], list[Answer]] = {}

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Answer a method on a path (`*` matches anything) so; the newest word on a request counts."""
        older = {key: answers for key, answers in self._script.items() if key != (method, path)}
        self._script = {**older, (method, path): list(answers)}

    def answer(self, request: Request) -> Answer:
        method = "WATCH" if request.method == "GET" and "watch=1" in request.query.split("&") else request.method
        with self.arrived:
            self.requests.append(request)
            self.arrived.notify_all()
            for (verb, path), answers in reversed(self._script.items()):
                if verb == method and fnmatchcase(request.path, path):
                    return answers.pop(0) if len(answers) > 1 else answers[0]
        return failure(404, f"{method} {request.path} is not in the script", "NotFound")

    def __enter__(self) -> "RawServer":
        Thread(target=self.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()
