"""The honest watch where the server refuses, is busy, talks nonsense or falls silent, and where we stop it."""

import threading
from typing import Any

import pytest

from kubechaos.api import client
from kubechaos.errors import ForbiddenError, UnauthorizedError, UnreachableError
from kubechaos.records import Failed
from tests.loopback.rawserver import RawServer, failure, hang, reset, stream
from tests.loopback.recorded_watch import PODS, RecordedWatch, line, page


@pytest.mark.parametrize("word", [(401, UnauthorizedError), (403, ForbiddenError)], ids=["401", "403"])
@pytest.mark.parametrize("method", ["GET", "WATCH"])
def test_credentials_that_are_refused_end_the_watch(
    server: RawServer, watched: RecordedWatch, method: str, word: tuple[int, type[Exception]]
) -> None:
    code, kind = word
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(hang))
    server.on(method, PODS, failure(code, "no"))
    watched.watch.start()
    assert watched.until(1 if method == "GET" else 2)[-1] == f"failed {kind.__name__}"
    watched.ended()
    assert len([r for r in server.requests if ("watch=1" in r.query) == (method == "WATCH")]) == 1


@pytest.mark.parametrize("code", [408, 429, 500, 503, 504])
def test_a_server_that_is_busy_when_listing_is_asked_again(
    server: RawServer, watched: RecordedWatch, code: int
) -> None:
    server.on("GET", PODS, failure(code, "busy"), failure(code, "busy"), page(10))
    server.on("WATCH", PODS, stream(hang))
    watched.watch.start()
    assert watched.until(1)[0] == "listed @10"
    assert len(watched.list_queries()) == 3


@pytest.mark.parametrize("code", [408, 429, 500, 503, 504])
def test_a_server_that_is_busy_when_watching_is_asked_again_from_the_same_version(
    server: RawServer, watched: RecordedWatch, code: int
) -> None:
    server.on("GET", PODS, page(10))
    busy = failure(code, "busy")
    server.on("WATCH", PODS, busy, busy, stream(line("ADDED", "a", 11), hang))
    watched.watch.start()
    assert watched.until(3) == ["listed @10", "delay", "seen a@11"]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"]] * 3
    assert len(watched.list_queries()) == 1


@pytest.mark.parametrize(("asked", "paused"), [("0", 0.0), ("1", 1.0), ("3600", 2.0), ("soon", 0.0)])
def test_retry_after_is_obeyed_up_to_a_limit(
    server: RawServer, watched: RecordedWatch, asked: str, paused: float
) -> None:
    server.on("GET", PODS, page(10))
    busy = failure(429, "busy", headers={"Retry-After": asked})
    server.on("WATCH", PODS, busy, stream(line("ADDED", "a", 11), hang))
    watched.watch.start()
    watched.until(3)
    assert watched.pauses == [paused]


def test_a_server_that_is_gone_is_asked_again_with_ever_longer_pauses(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, *[reset] * 5, stream(line("ADDED", "a", 11), hang))
    watched.watch.start()
    assert watched.until(3) == ["listed @10", "delay", "seen a@11"]
    assert watched.pauses == [0.0, 0.1, 0.2, 0.4, 0.8]


def test_a_server_that_closes_every_stream_at_once_is_not_asked_without_a_pause(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, *[stream()] * 4, stream(line("ADDED", "a", 11)), stream(), stream(hang))
    watched.watch.start()
    assert watched.until(8) == ["listed @10", *["delay"] * 4, "seen a@11", "delay", "delay"]
    assert watched.pauses == [0.0, 0.1, 0.2, 0.4, 0.0]


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>\n",
        b"null\n",
        b"[]\n",
        b"3\n",
        b"\xff\xfe\n",
        b'{"type":"ADDED"}\n',
        b'{"object":{}}\n',
        b'{"type":"ADDED","object":1}\n',
        b'{"type":"ADDED","object":{"metadata":{"name":7}}}\n',
        b'{"type":"ERROR","object":[]}\n',
    ],
)
def test_a_line_that_is_no_event_ends_the_stream_which_is_resumed_before_it(
    server: RawServer, watched: RecordedWatch, garbage: bytes
) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(line("ADDED", "a", 11), garbage), stream(line("ADDED", "b", 12), hang))
    watched.watch.start()
    assert watched.until(4) == ["listed @10", "seen a@11", "delay", "seen b@12"]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"], ["11"]]


def test_a_type_that_is_not_known_is_passed_over(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(line("NOVEL", "a", 11), line("ADDED", "b", 12), hang))
    watched.watch.start()
    assert watched.until(2) == ["listed @10", "seen b@12"]


def test_a_stream_that_falls_silent_is_resumed_as_a_delay(
    server: RawServer, watched: RecordedWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_TIMEOUT", 0.2)
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(line("ADDED", "a", 11), hang), stream(line("ADDED", "b", 12), hang))
    watched.watch.start()
    assert watched.until(4) == ["listed @10", "seen a@11", "delay", "seen b@12"]


def test_stop_ends_a_silent_stream_at_once_and_nothing_is_delivered_afterwards(
    server: RawServer, watched: RecordedWatch
) -> None:
    go_on = threading.Event()

    def later(exchange: Any) -> None:
        go_on.wait(60)
        exchange.chunk(line("ADDED", "b", 12))

    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(line("ADDED", "a", 11), later, hang))
    watched.watch.start()
    watched.until(2)
    watched.watch.stop()
    # The server has said nothing meanwhile, so it was the stop that has ended the stream.
    assert not go_on.is_set()
    watched.ended()
    go_on.set()
    assert watched.summaries == ["listed @10", "seen a@11"]
    assert len(server.requests) == 2


def test_a_server_that_refuses_connections_at_the_listing_is_unreachable_at_once(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, reset)
    watched.watch.start()
    assert watched.until(1) == ["failed UnreachableError"]
    (failed,) = watched.records
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, UnreachableError)
