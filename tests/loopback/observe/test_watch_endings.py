"""A watch that is stopped, and answers that are none."""

import threading

import pytest

from kubechaos import errors
from kubechaos.records import Seen
from tests.loopback.rawserver import failure, hang, reply, stream
from tests.loopback.recorded_watch import PODS, line, page


def test_nothing_is_delivered_after_stop_even_if_the_server_answers_then(server, watched) -> None:
    server.on("GET", PODS, page(10))
    asked, go, done = threading.Event(), threading.Event(), threading.Event()

    def late(exchange):
        asked.set()
        go.wait(60)
        stream(line("ADDED", "a", 11), line("ADDED", "b", 12))(exchange)
        done.set()

    server.on("WATCH", PODS, late)
    watched.watch.start()
    asked.wait()
    watched.watch.stop()
    go.set()
    done.wait()
    watched.ended()
    assert watched.summaries == ["listed @10"]


def test_a_listing_that_was_busy_at_first_is_no_delay_of_the_watch(server, watched) -> None:
    server.on("GET", PODS, failure(429, "busy"), page(10))
    server.on("WATCH", PODS, stream(line("ADDED", "a", 11), hang))
    watched.watch.start()
    assert watched.until(2) == ["listed @10", "seen a@11"]


def test_a_continuation_that_has_expired_begins_the_listing_again(server, watched) -> None:
    server.on(
        "GET", PODS, page(10, "a", more="next"), failure(410, "continue token expired", "Expired"), page(11, "a", "b")
    )
    server.on("WATCH", PODS, stream(hang))
    watched.watch.start()
    assert watched.until(1) == ["listed a,b@11"]


def test_stop_while_a_finished_answer_is_handed_over(server, watched) -> None:
    """A proxy may send a complete stream with a Content-Length: its connection is then released already."""
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, reply(line("ADDED", "a", 11)))
    inside, go = threading.Event(), threading.Event()

    def slow(record):
        if isinstance(record, Seen):
            inside.set()
            go.wait()

    watched.before = slow
    watched.watch.start()
    inside.wait()
    threading.Timer(0.2, go.set).start()
    watched.watch.stop()


def test_an_event_without_a_version_does_not_lose_the_version(server, watched) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(b'{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}\n'), stream(hang))
    watched.watch.start()
    watched.asked(3)
    assert watched.watch_queries()[1].get("resourceVersion") == ["10"]


def test_a_listing_without_a_version_is_no_listing(server, watched) -> None:
    server.on("GET", PODS, reply({"metadata": {}, "items": []}))
    server.on("WATCH", PODS, stream(hang))
    watched.watch.start()
    assert "failed" in watched.until(1)[0]


@pytest.mark.parametrize("body", [b"<html>login</html>", b"{}", b"null", b"[]"])
def test_a_listing_that_is_none_is_an_error_of_the_tree(server, watched, body) -> None:
    server.on("GET", PODS, reply(body))
    watched.watch.start()
    watched.until(1)
    assert isinstance(watched.records[0].error, errors.ChaosError), repr(watched.records[0].error)
