"""Calls and streams against a scripted server: bytes as they come, one deadline each, errors in our own words."""

import json
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kubechaos import errors
from kubechaos.api import client as module
from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.api.mutate import send
from kubechaos.api.official import Official
from tests.loopback.rawserver import Exchange, RawServer, cut, dripping, failure, hang, reply, reset, slowly, stream


@pytest.fixture
def client(server: RawServer) -> Iterator[Client]:
    """A client of the scripted server."""
    client = Client(PinnedContext(Connection(context="raw", namespace="shop", server=server.url, token="secret")))
    yield client
    client.close()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing end a call but the deadline that a test names: who ignores that one is not saved by another."""
    for name in ("DEADLINE", "READ_TIMEOUT"):
        monkeypatch.setattr(module, name, 3600.0)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.ApiError),
        (401, errors.UnauthorizedError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (410, errors.ExpiredError),
        (422, errors.ApiError),
        (429, errors.ApiError),
        (500, errors.ApiError),
    ],
)
def test_an_error_has_its_class_status_reason_and_message(
    server: RawServer, client: Client, code: int, kind: type[errors.ApiError]
) -> None:
    server.on("GET", "/x", failure(code, "the reason", "Reason", headers={"Retry-After": "7"}))
    with pytest.raises(kind, match=f"GET /x: {code} the reason") as raised:
        client.get("/x")
    assert (type(raised.value), raised.value.status, raised.value.reason) == (kind, code, "Reason")
    assert raised.value.retry_after == 7


def test_an_error_that_is_no_status_says_its_code(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", reply(b"<html>Bad Gateway</html>", 502))
    with pytest.raises(errors.ApiError, match="GET /x: 502"):
        client.get("/x")


@pytest.mark.parametrize("said", ["Wed, 21 Oct 2026 07:28:00 GMT", "²", "-1", "9" * 5000])
def test_a_retry_after_that_is_no_number_is_none(server: RawServer, client: Client, said: str) -> None:
    def answered(exchange: Exchange) -> None:
        exchange.connection.sendall(f"HTTP/1.1 429 Busy\r\nRetry-After: {said}\r\n".encode("latin-1"))
        exchange.connection.sendall(b"Content-Length: 2\r\n\r\n{}")

    server.on("GET", "/x", answered)
    with pytest.raises(errors.ApiError) as raised:
        client.get("/x")
    assert raised.value.retry_after is None


@pytest.mark.parametrize("code", [301, 302, 307])
def test_a_redirect_is_not_followed(server: RawServer, client: Client, code: int) -> None:
    server.on("GET", "/x", reply(b"", code, {"Location": f"{server.url}/y"}))
    with pytest.raises(errors.ApiError):
        client.get("/x")
    assert [request.path for request in server.requests] == ["/x"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "PUT"])
@pytest.mark.parametrize("answer", [failure(503), cut, reset], ids=["503", "cut", "reset"])
def test_no_call_is_repeated(server: RawServer, client: Client, method: str, answer: Any) -> None:
    server.on(method, "/x", answer)
    with pytest.raises(errors.ApiError):
        client.get("/x") if method == "GET" else send(client, method, "/x", {})
    assert len(server.requests) == 1


def test_a_call_carries_the_credentials_and_says_who_it_is(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", reply({}))
    client.get("/x", {"labelSelector": "a in (b,c)"})
    (request,) = server.requests
    assert (request.headers["Authorization"], request.headers["User-Agent"]) == ("Bearer secret", "kubechaos")
    assert request.query == "labelSelector=a+in+%28b%2Cc%29"


def test_the_servers_time_is_read_from_its_answers(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", reply({}, headers={"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    client.get("/x")
    assert client.server_time == 1792567680.0


BROKEN = [
    cut,
    reset,
    reply({}, headers={"Content-Length": "99"}),
    reply(b"zz\r\n", headers={"Transfer-Encoding": "chunked"}),
]


@pytest.mark.parametrize("answer", BROKEN, ids=["cut", "reset", "short", "bad chunk"])
def test_a_broken_answer_is_unreachable(server: RawServer, client: Client, answer: Any) -> None:
    server.on("GET", "/x", answer)
    with pytest.raises(errors.UnreachableError, match="GET /x: "):
        client.get("/x", deadline=2)


@pytest.mark.usefixtures("unhurried")
def test_a_call_that_is_not_answered_ends_at_its_deadline(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", hang)
    with pytest.raises(errors.UnreachableError, match="GET /x: TimeoutError"):
        client.get("/x", deadline=0.2)


@pytest.mark.usefixtures("unhurried")
def test_a_chunked_answer_that_drips_ends_at_its_deadline(server: RawServer, client: Client) -> None:
    def drip(exchange: Any) -> None:
        while not exchange.closing.wait(0.05):
            exchange.chunk(b" ")

    server.on("GET", "/x", stream(drip))
    with pytest.raises(errors.UnreachableError, match="TimeoutError"):
        client.get("/x", deadline=0.3)


def lines(client: Client) -> list[bytes]:
    """All lines of a stream."""
    with client.stream("/x", {}) as stream:
        return list(stream)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_lines_are_split_at_newlines_only_however_the_bytes_arrive(
    server: RawServer, client: Client, size: int
) -> None:
    text = 'a\u2028b\u0085c\n{"ä": "€𝄞"}\r\n\n\nlast\n'
    data = text.encode()
    server.on("GET", "/x", stream(*(data[at : at + size] for at in range(0, len(data), size))))
    assert lines(client) == ["a\u2028b\u0085c".encode(), '{"ä": "€𝄞"}\r'.encode(), b"last"]


def test_a_stream_that_ends_inside_a_line_is_unreachable(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", stream(b"line\npart"))
    summaries = []
    with pytest.raises(errors.UnreachableError, match="cut inside a line"), client.stream("/x", {}) as stream_:
        summaries += list(stream_)


def test_a_line_is_handed_over_as_soon_as_it_is_there(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", stream(b"first\n", hang))
    with client.stream("/x", {}) as stream_:
        assert next(stream_) == b"first"


def test_a_stream_that_falls_silent_ends_at_the_read_timeout(
    server: RawServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_TIMEOUT", 0.2)
    server.on("GET", "/x", stream(b"first\n", hang))
    with pytest.raises(errors.UnreachableError, match="TimeoutError"):
        lines(client)


@pytest.mark.usefixtures("unhurried")
def test_an_answer_with_a_length_that_drips_ends_at_its_deadline(server, client) -> None:
    server.on("GET", "/x", slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n", 0))

    def drip(exchange):
        exchange.head(200, {"Content-Length": "40"})
        slowly(b" " * 40, 0.1)(exchange)

    server.on("GET", "/x", drip)
    with pytest.raises(errors.UnreachableError):
        client.get("/x", deadline=0.3)


HEAD = b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 400 + b"\r\nContent-Length: 2\r\n\r\n{}"


def drip_head(exchange: Any) -> None:
    """Send an answer that never ends byte by byte, from its first byte on."""
    slowly(HEAD, 0.05)(exchange)


@pytest.mark.usefixtures("unhurried")
def test_headers_that_drip_end_at_the_deadline(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", drip_head)
    with pytest.raises(errors.UnreachableError, match="TimeoutError"):
        client.get("/x", deadline=0.3)


@pytest.mark.usefixtures("unhurried")
def test_a_chunk_that_drips_inside_ends_at_the_deadline(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", stream(dripping(b" " * 400, 0.05)))
    with pytest.raises(errors.UnreachableError, match="TimeoutError"):
        client.get("/x", deadline=0.3)


@pytest.mark.usefixtures("unhurried")
def test_the_headers_of_a_stream_must_come_within_the_deadline_of_a_call(
    server: RawServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE", 0.3)
    server.on("GET", "/x", drip_head)
    with pytest.raises(errors.UnreachableError, match="TimeoutError"):
        lines(client)


def test_the_deadline_of_a_call_is_not_that_of_a_stream_that_has_begun(
    server: RawServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE", 0.2)
    server.on("GET", "/x", stream(dripping(b"line\n", 0.1), b"more\n"))
    assert lines(client) == [b"line", b"more"]


def test_the_users_own_calls_keep_their_own_time(server: RawServer, client: Client) -> None:
    server.on("GET", "/x", reply({}))
    with pytest.raises(errors.UnreachableError, match="TimeoutError"):
        client.get("/x", deadline=0.0)
    assert Official(client.pinned).client().rest_client.request("GET", f"{server.url}/x").status == 200


def test_a_server_that_is_gone_before_the_handshake_leaves_no_socket_open(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[socket.socket] = []
    connect = socket.create_connection

    def kept(*args: Any, **options: Any) -> socket.socket:
        made.append(connect(*args, **options))
        return made[-1]

    def fail(*_: object) -> None:
        raise ConnectionResetError("gone")

    monkeypatch.setattr(socket, "create_connection", kept)
    monkeypatch.setattr(ssl.SSLObject, "do_handshake", fail)
    url = server.url.replace("http:", "https:")
    client = Client(PinnedContext(Connection(context="raw", namespace="shop", server=url)))
    with pytest.raises(errors.UnreachableError, match="gone") as raised:
        client.get("/x")
    assert raised.value.unsent
    assert [each.fileno() for each in made] == [-1]
    client.close()


def test_calls_of_several_threads_wait_for_each_other(server: RawServer, client: Client) -> None:
    def slow(exchange: Exchange) -> None:
        time.sleep(0.05)
        reply({"path": exchange.request.path})(exchange)

    server.on("GET", "/*", slow)
    paths = [f"/{number}" for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(client.get, paths))
    assert [json.loads(answer)["path"] for answer in answers] == paths
