"""The chunks of a watch, however they are written: every event comes out, and what is cut is never taken for an end."""

from collections.abc import Iterator

import pytest

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.errors import UnreachableError
from tests.loopback.rawserver import Answer, Exchange, RawServer, stream


@pytest.fixture
def client(server: RawServer) -> Iterator[Client]:
    """A client of the scripted server."""
    client = Client(PinnedContext(Connection(context="raw", namespace="shop", server=server.url)))
    yield client
    client.close()


def sending(data: bytes) -> Answer:
    """A step that puts bytes on the wire as they are."""

    def answer(exchange: Exchange) -> None:
        exchange.connection.sendall(data)

    return answer


def ending(data: bytes) -> Answer:
    """A step that puts bytes on the wire and ends the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.connection.sendall(data)
        raise ConnectionAbortedError

    return answer


def lines(client: Client) -> list[bytes]:
    with client.stream("/x", {"watch": "1"}) as summaries:
        return list(summaries)


@pytest.mark.parametrize("head", [b"2\r\n", b"0002\r\n", b"2;name=value\r\n", b"2 \r\n"])
def test_the_size_of_a_chunk_may_be_written_in_every_way_that_http_allows(
    server: RawServer, client: Client, head: bytes
) -> None:
    server.on("WATCH", "/x", stream(b"a\n", sending(head + b"b\n\r\n"), b"c\n"))
    assert lines(client) == [b"a", b"b", b"c"]


@pytest.mark.parametrize("rest", [b"", b"zz\r\nb\n\r\n", b"-1\r\n", b"\r\n", b"<html>\r\n", b"1f", b"4\r\nb\n"])
def test_what_is_cut_or_no_chunk_is_unreachable(server: RawServer, client: Client, rest: bytes) -> None:
    server.on("WATCH", "/x", stream(b"a\n", ending(rest)))
    with pytest.raises(UnreachableError, match=r"^watch /x|cut"):
        lines(client)


def test_an_event_may_be_cut_into_chunks_and_a_chunk_may_hold_many(server: RawServer, client: Client) -> None:
    server.on("WATCH", "/x", stream(b"a", b"b\nc\nd", b"\n", b"\n", b"e\n"))
    assert lines(client) == [b"ab", b"c", b"d", b"e"]


def test_a_stream_that_ends_inside_a_line_is_unreachable(server: RawServer, client: Client) -> None:
    server.on("WATCH", "/x", stream(b"a\n", b"b"))
    with pytest.raises(UnreachableError, match="cut inside a line"):
        lines(client)
