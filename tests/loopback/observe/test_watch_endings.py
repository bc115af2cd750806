"""A watch that is stopped, and answers that are none."""

import threading

import pytest

from kubechaos import errors
from kubechaos.records import Seen
from tests.loopback.rawserver import failure, hang, reply, stream
from tests.loopback.recorded_watch import PODS, line, page


def test_nothing_is_told_after_stop_even_if_the_server_answers_then(server, heard) -> None:
    server.on("GET", PODS, page(10))
    asked, go, done = threading.Event(), threading.Event(), threading.Event()

    def late(exchange):
        asked.set()
        go.wait(60)
        stream(line("ADDED", "a", 11), line("ADDED", "b", 12))(exchange)
        done.set()

    server.on("WATCH", PODS, late)
    heard.watch.start()
    asked.wait()
    heard.watch.stop()
    go.set()
    done.wait()
    heard.ended()
    assert heard.told == ["listed @10"]


def test_a_listing_that_was_busy_at_first_is_no_delay_of_the_watch(server, heard) -> None:
    server.on("GET", PODS, failure(429, "busy"), page(10))
    server.on("WATCH", PODS, stream(line("ADDED", "a", 11), hang))
    heard.watch.start()
    assert heard.until(2) == ["listed @10", "seen a@11"]


def test_a_continuation_that_has_expired_begins_the_listing_again(server, heard) -> None:
    server.on(
        "GET", PODS, page(10, "a", more="next"), failure(410, "continue token expired", "Expired"), page(11, "a", "b")
    )
    server.on("WATCH", PODS, stream(hang))
    heard.watch.start()
    assert heard.until(1) == ["listed a,b@11"]


def test_stop_while_a_finished_answer_is_handed_over(server, heard) -> None:
    """A proxy may send a whole stream with a Content-Length: its connection is then released already."""
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, reply(line("ADDED", "a", 11)))
    inside, go = threading.Event(), threading.Event()

    def slow(record):
        if isinstance(record, Seen):
            inside.set()
            go.wait()

    heard.before = slow
    heard.watch.start()
    inside.wait()
    threading.Timer(0.2, go.set).start()
    heard.watch.stop()


def test_an_event_without_a_version_does_not_lose_the_version(server, heard) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(b'{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u"}}}\n'), stream(hang))
    heard.watch.start()
    heard.asked(3)
    assert heard.watched()[1].get("resourceVersion") == ["10"]


def test_a_listing_without_a_version_is_no_listing(server, heard) -> None:
    server.on("GET", PODS, reply({"metadata": {}, "items": []}))
    server.on("WATCH", PODS, stream(hang))
    heard.watch.start()
    assert "failed" in heard.until(1)[0]


@pytest.mark.parametrize("body", [b"<html>login</html>", b"{}", b"null", b"[]"])
def test_a_listing_that_is_none_is_an_error_of_the_tree(server, heard, body) -> None:
    server.on("GET", PODS, reply(body))
    heard.watch.start()
    heard.until(1)
    assert isinstance(heard.records[0].error, errors.ChaosError), repr(heard.records[0].error)
