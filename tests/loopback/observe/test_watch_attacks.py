"""Every attack on the stream that issue 6 lists, and what the watch makes of it: complete, a delay, a gap, or the end.

Before each attack `a` is listed at version 10 and changes at 12; after it, if the watch goes on, `b` comes at 15.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

import pytest

from kubechaos.api import client
from kubechaos.errors import ApiError, ForbiddenError, UnauthorizedError
from kubechaos.records import Delay, Gap, Seen
from kubechaos.untrusted import safe
from tests.loopback.rawserver import Answer, RawServer, cut, dripping, failure, hang, reset, stream
from tests.loopback.recorded_watch import PODS, RecordedWatch, error, line, page

BEFORE: Final = line("MODIFIED", "a", 12)
AFTER: Final = line("ADDED", "b", 15)
BOOKMARK: Final = line("BOOKMARK", "", 14)
ON: Final = stream(AFTER, hang)
ODD: Final = "ä€𝄞\u0085\u2028\u2029\x0b\x0c\x1c"
BIG: Final = line("MODIFIED", "a", 13, annotations={"big": "x" * 3_000_000})
SPLIT: Final = line("MODIFIED", "a", 13, annotations={"odd": ODD})
BUSY: Final = failure(500, "etcd is away")


@dataclass(frozen=True)
class Attack:
    """An attack on a stream: the records between `a` at 12 and `b`, and the version from which it goes on."""

    name: str
    watches: tuple[Answer, ...]
    summaries: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("10", "12")
    lists: tuple[Answer, ...] = ()
    why: str = ""
    timeouts: dict[str, float] = field(default_factory=dict)


def broken(name: str, *steps: bytes | Answer, why: str, **timeouts: float) -> Attack:
    """An attack that ends the stream, which is resumed: nothing is lost."""
    return Attack(name, (stream(BEFORE, *steps), ON), ("delay",), why=why, timeouts=timeouts)


def refused(name: str, *refusals: Answer, why: str) -> Attack:
    """A stream that is cut, and whose resumption is refused for a while."""
    versions = ("10", *["12"] * (len(refusals) + 1))
    return Attack(name, (stream(BEFORE, cut), *refusals, ON), ("delay",), versions, why=why)


def harmless(name: str, *steps: bytes | Answer, summaries: tuple[str, ...] = ("seen a@13",)) -> Attack:
    """An attack that the stream survives."""
    return Attack(name, (stream(BEFORE, *steps, AFTER, hang),), summaries, ("10",))


def expired(name: str, *watches: Answer) -> Attack:
    """A version that is too old: what a fresh listing shows is inferred, and the gap is recorded."""
    summaries = ("gap", "seen a@14 inferred")
    return Attack(
        name, (*watches, ON), summaries, (*["10", "12"][: len(watches)], "14"), (page(14, "a"),), why="410 too old"
    )


ATTACKS: Final = [
    expired("410 in the stream", stream(BEFORE, error(410))),
    expired("410 on connect", stream(BEFORE, cut), failure(410, "too old resource version", "Expired")),
    refused("504 on connect", failure(504, "Too large resource version", headers={"Retry-After": "1"}), why="504"),
    broken("504 in the stream", error(504, "Too large resource version"), why="504 Too large"),
    broken("500 in the stream", error(500, "etcd"), why="500 etcd"),
    broken("429 in the stream", error(429, "busy"), why="429 busy"),
    broken("RST", reset, why="reset|Reset"),
    broken("EOF inside a chunk", cut, why="IncompleteRead|closed"),
    broken("EOF inside a line", AFTER[:20], why="cut inside a line"),
    broken("silence", hang, why="timed out", READ_TIMEOUT=0.3),
    harmless("slow bytes", dripping(line("MODIFIED", "a", 13), 0.005)),
    broken("garbage line", b"\x00<html>\n", why="a line that is no event"),
    harmless("split multi-byte characters", *(SPLIT[at : at + 1] for at in range(len(SPLIT)))),
    harmless("U+0085 and U+2028 inside strings", SPLIT),
    harmless("3 MB objects", BIG),
    harmless("3 MB objects in small chunks", *(BIG[at : at + 4099] for at in range(0, len(BIG), 4099))),
    harmless("duplicate versions", BEFORE, BEFORE, summaries=("seen a@12", "seen a@12")),
    harmless("out-of-order versions", line("MODIFIED", "a", 11), summaries=("seen a@11",)),
    Attack(
        "out-of-order versions, then RST",
        (stream(BEFORE, line("ADDED", "c", 11), reset), ON),
        ("seen c@11", "delay"),
        ("10", "11"),  # whatever came between is sent again: better twice than never
        why="reset|Reset",
    ),
    Attack("bookmarks only", (stream(BEFORE, BOOKMARK, BOOKMARK), ON), ("delay",), ("10", "14"), why="closed"),
    refused("429 without Retry-After", failure(429, "busy"), why="429 busy"),
    refused("429 with Retry-After", failure(429, "busy", headers={"Retry-After": "1"}), why="429 busy"),
    refused("429 with Retry-After 3600", failure(429, "busy", headers={"Retry-After": "3600"}), why="429 busy"),
    refused("500 bursts", *[BUSY] * 6, why="500 etcd is away"),
    refused("connections reset for a while", *[reset] * 4, why="reset|Reset"),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_watch_under_attack(
    server: RawServer, watched: RecordedWatch, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in attack.timeouts.items():
        monkeypatch.setattr(client, name, seconds)
    server.on("GET", PODS, page(10, "a"), *attack.lists)
    server.on("WATCH", PODS, *attack.watches)
    watched.watch.start()
    summaries = ["listed a@10", "seen a@12", *attack.summaries, "seen b@15"]
    assert watched.until(len(summaries)) == summaries
    assert tuple(query["resourceVersion"][0] for query in watched.watch_queries()) == attack.versions
    breaks = watched.whys(Gap) + watched.whys(Delay)
    assert len(breaks) == ("gap" in attack.summaries) + ("delay" in attack.summaries)
    if attack.why:
        assert any(part in breaks[0] for part in attack.why.split("|")), breaks


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [(401, UnauthorizedError, "log in again"), (403, ForbiddenError, "grant it in a Role"), (404, ApiError, "404")],
)
@pytest.mark.parametrize("where", ["on connect", "in the stream"])
def test_a_stream_that_may_not_go_on_is_the_end_with_advice(
    server: RawServer, watched: RecordedWatch, code: int, kind: type[ApiError], advice: str, where: str
) -> None:
    server.on("GET", PODS, page(10, "a"))
    steps = (error(code, "no"),) if where == "in the stream" else (cut,)
    server.on("WATCH", PODS, stream(BEFORE, *steps), failure(code, "no"))
    watched.watch.start()
    watched.until(3)
    watched.ended()
    assert watched.summaries[:2] == ["listed a@10", "seen a@12"]
    assert len(watched.summaries) == 3
    assert isinstance(watched.failure(), kind)
    assert f"{code} no" in str(watched.failure())
    assert advice in str(watched.failure())


def test_a_listing_that_is_too_old_again_and_again_is_given_up_after_10_s(
    server: RawServer, watched: RecordedWatch
) -> None:
    server.on("GET", PODS, failure(410, "too old", "Expired"))
    watched.watch.start()
    assert watched.until(1) == ["failed ExpiredError"]
    assert watched.pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 2.0]
    assert len(server.requests) == len(watched.pauses) + 1


def test_what_a_3_mb_object_says_is_all_there(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10, "a"))
    server.on("WATCH", PODS, stream(line("MODIFIED", "a", 13, labels={"odd": ODD, "big": "€" * 1_000_000}), hang))
    watched.watch.start()
    watched.until(2)
    seen = watched.records[1]
    assert isinstance(seen, Seen)
    # Nothing is cut; what a terminal would obey is replaced.
    assert seen.object.labels == {"odd": safe(ODD), "big": "€" * 1_000_000}  # type: ignore[union-attr]  # a pod


def test_a_stream_that_a_proxy_has_not_left_chunked_is_delivered_as_it_comes(
    server: RawServer, watched: RecordedWatch
) -> None:
    def unchunked(exchange):
        exchange.head(200, {})
        exchange.connection.sendall(BEFORE)
        hang(exchange)

    server.on("GET", PODS, page(10, "a"))
    server.on("WATCH", PODS, unchunked)
    watched.watch.start()
    assert watched.until(2) == ["listed a@10", "seen a@12"]


def test_a_server_that_restarts_is_found_again_as_one_delay(server: RawServer, watched: RecordedWatch) -> None:
    server.on("GET", PODS, page(10, "a"))
    server.on("WATCH", PODS, stream(BEFORE, hang))
    watched.watch.start()
    watched.until(2)
    server.__exit__()
    assert watched.paused(4) == [0.0, 0.1, 0.2, 0.4]
    with RawServer(port=server.server_port) as again:
        again.on("WATCH", PODS, stream(AFTER, hang))
        assert watched.until(4) == ["listed a@10", "seen a@12", "delay", "seen b@15"]
        assert [parse_qs(request.query)["resourceVersion"] for request in again.requests] == [["12"]]
        assert "refused" in watched.whys(Delay)[0]
