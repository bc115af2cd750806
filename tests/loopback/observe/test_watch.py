"""The honest watch: LIST, then WATCH from its version; what was missed is said, never hidden."""

from typing import Any

import pytest

from kubechaos.records import Delay, Gap
from tests.loopback.rawserver import RawServer, cut, failure, hang, reset, stream
from tests.loopback.recorded_watch import PODS, RecordedWatch, error, line, page


def test_the_listing_is_paged_and_the_watch_begins_at_its_version_with_bookmarks(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, page(10, "a", more="next"), page(10, "b"))
    server.on("WATCH", PODS, stream(line("ADDED", "c", 11), hang))
    watched.watch.start()
    assert watched.until(2) == ["listed a,b@10", "seen c@11"]
    first, second = watched.list_queries()
    assert (first["limit"], first["labelSelector"]) == (["500"], ["a=b"])
    assert "continue" not in first
    assert (second["continue"], second["labelSelector"]) == (["next"], ["a=b"])
    (query,) = watched.watch_queries()
    assert (query["resourceVersion"], query["allowWatchBookmarks"]) == (["10"], ["true"])
    assert (query["labelSelector"], int(query["timeoutSeconds"][0]) > 0) == (["a=b"], True)


def test_nothing_is_delivered_before_the_listing_is_complete(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10, "a", more="next"), hang)
    watched.watch.start()
    watched.asked(2)
    assert watched.summaries == []
    server.closing.set()


@pytest.mark.parametrize("end", [cut, reset], ids=["cut", "reset"])
def test_a_stream_that_is_cut_is_resumed_from_the_last_version_as_a_delay(
    server: RawServer, watched: RecordedWatch, end: Any
) -> None:
    server.on("GET", PODS, page(10, "a"))
    server.on("WATCH", PODS, stream(line("MODIFIED", "a", 12), end), stream(line("DELETED", "a", 13), hang))
    watched.watch.start()
    assert watched.until(4) == ["listed a@10", "seen a@12", "delay", "gone a@13"]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"], ["12"]]
    assert len(watched.list_queries()) == 1


def test_a_stream_that_the_server_closes_is_resumed_from_its_bookmark(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, stream(line("BOOKMARK", "", 50)), stream(line("ADDED", "a", 51), hang))
    watched.watch.start()
    assert watched.until(3) == ["listed @10", "delay", "seen a@51"]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"], ["50"]]
    (delay,) = (record for record in watched.records if isinstance(record, Delay))
    assert delay.why == "the server closed the stream"
    assert delay.since <= delay.at


def test_many_closed_streams_lose_nothing_and_repeat_nothing(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10))
    server.on("WATCH", PODS, *(stream(line("ADDED", f"p{n}", n)) for n in (11, 15, 23)), stream(hang))
    watched.watch.start()
    summaries = watched.until(7)
    assert [each for each in summaries if each != "delay"] == [
        "listed @10",
        "seen p11@11",
        "seen p15@15",
        "seen p23@23",
    ]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"], ["11"], ["15"], ["23"]]


def test_a_version_that_is_too_old_on_connect_is_a_gap_with_what_was_missed_inferred(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, page(10, "stays", "goes"), page(20, "stays", "comes"))
    server.on("WATCH", PODS, failure(410, "too old resource version", "Expired"), stream(hang))
    watched.watch.start()
    summaries = watched.until(5)
    assert summaries[:3] == ["listed stays,goes@10", "gap", "gone goes@10 inferred"]
    assert sorted(summaries[3:]) == ["seen comes@20 inferred", "seen stays@20 inferred"]
    (gap,) = (record for record in watched.records if isinstance(record, Gap))
    assert (gap.kind, gap.since < gap.at) == ("Pod", True)
    assert "410 too old resource version" in gap.why


def test_a_version_that_is_too_old_in_the_stream_is_a_gap_too(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10, "a"), page(30, "a"))
    server.on("WATCH", PODS, stream(line("MODIFIED", "a", 12), error(410)), stream(line("MODIFIED", "a", 31), hang))
    watched.watch.start()
    assert watched.until(5) == ["listed a@10", "seen a@12", "gap", "seen a@30 inferred", "seen a@31"]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"], ["30"]]


def test_what_a_relist_finds_unchanged_is_not_delivered_again(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10, "a"))
    server.on("WATCH", PODS, stream(error(410)), stream(line("ADDED", "b", 11), hang))
    watched.watch.start()
    assert watched.until(3) == ["listed a@10", "gap", "seen b@11"]
