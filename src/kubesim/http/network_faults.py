"""Network faults between a client and a healthy cluster. All seconds are wall time."""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp.web_request import BaseRequest

from ..store.objects import encode
from ..store.refusals import Refused, expired, too_large, too_many

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
GARBAGE: Final = b"this is no event {\n"
LINE_CUT: Final = b'{"type":"MODIFIED","obj'


@dataclass(slots=True)
class NetworkFault:
    """One thing that goes wrong `times` times (None: always), for a verb and a resource, or for any."""

    name: str
    verb: str
    resource: str
    times: int | None
    refused: Refused | None = None
    seconds: float = 0.0


class NetworkFaults:
    """The network faults that are queued; each method queues one, for requests to come and streams that are open.

    `verb` is get, list, watch, create, patch or delete, `resource` a plural (or `pods/eviction`); without them the next
    request of any kind is hit. `times` is how often, None for ever.
    """

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.token_expired = False
        self._queued: list[NetworkFault] = []

    def delay(self, seconds: float, *, verb: str = "", resource: str = "", times: int | None = 1) -> None:
        """Answer later, by so many seconds of wall time."""
        self._queue(NetworkFault("delay", verb, resource, times, seconds=seconds))

    def refuse(
        self, code: int, *, retry_after: int | None = None, verb: str = "", resource: str = "", times: int | None = 1
    ) -> None:
        """Answer with a Status: 429 with a Retry-After if wanted, 504 about a version too large, 410, 500."""
        self._queue(NetworkFault("refuse", verb, resource, times, refused=_refusal(code, retry_after)))

    def expire(self, *, resource: str = "", times: int | None = 1) -> None:
        """End a stream with an ERROR 410: its version is too old."""
        self._queue(NetworkFault("expire", "watch", resource, times))

    def reset(self, *, verb: str = "", resource: str = "", times: int | None = 1, after: bool = False) -> None:
        """Reset the connection, before anything is done, or after: then only the answer is lost."""
        self._queue(NetworkFault("lose" if after else "reset", verb, resource, times))

    def silence(self, *, verb: str = "", resource: str = "", times: int | None = 1) -> None:
        """Send nothing more, and keep the connection open."""
        self._queue(NetworkFault("silence", verb, resource, times))

    def truncate(self, *, verb: str = "", resource: str = "", times: int | None = 1) -> None:
        """Cut the connection inside a chunk."""
        self._queue(NetworkFault("truncate", verb, resource, times))

    def garbage(self, *, verb: str = "", resource: str = "", times: int | None = 1) -> None:
        """Send a line that is no JSON."""
        self._queue(NetworkFault("garbage", verb, resource, times))

    def slow(self, seconds: float, *, verb: str = "", resource: str = "", times: int | None = 1) -> None:
        """Send the answer byte by byte, so many seconds apart; a stream from its next line to its end."""
        self._queue(NetworkFault("slow", verb, resource, times, seconds=seconds))

    def expire_token(self, *, expired: bool = True) -> None:
        """Answer 401 to the kubeconfig's token from now on, or accept it again."""
        self.token_expired = expired
        self.wake()

    def clear(self) -> None:
        """Remove the faults that are queued, and accept the token again."""
        self._queued.clear()
        self.token_expired = False

    def _queue(self, fault: NetworkFault) -> None:
        self._queued.append(fault)
        self.wake()

    def take(self, verb: str, resource: str, names: frozenset[str] | None = None) -> NetworkFault | None:
        """Return the fault that a request meets, or an open stream if names are given; it is used up by that."""
        # The first one that fits, in the order in which they were queued; the others wait for later requests.
        for fault in self._queued:
            if fault.verb in ("", verb) and fault.resource in ("", resource):
                if names is not None and fault.name not in names:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._queued.remove(fault)
                return fault
        return None


IN_STREAM: Final = frozenset(["expire", "reset", "silence", "truncate", "garbage", "slow"])


def _refusal(code: int, retry_after: int | None) -> Refused:
    if code == 429:
        return too_many("The server is currently unable to handle the request, please try again later", retry_after)
    if code == 504:
        if retry_after is None:
            retry_after = 1
        return too_large(10**9, 1000, retry_after)
    if code == 410:
        return expired("too old resource version: 1 (1000)")
    reasons = {500: "InternalError", 503: "ServiceUnavailable", 403: "Forbidden", 404: "NotFound", 408: "Timeout"}
    return Refused(code, reasons.get(code, ""), f"simulated: {code}", None, retry_after)


def reset(request: BaseRequest) -> None:
    """Send a TCP reset."""
    # With SO_LINGER on and its time 0, closing a socket drops what is buffered and sends RST instead of FIN.
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


async def cut(request: BaseRequest, head: bytes = HEAD) -> None:
    """Send a chunk that is shorter than its header says, and close."""
    transport = request.transport
    if transport is not None:
        # The chunk claims 0x400 bytes. A short pause lets them reach the client before the connection ends.
        transport.write(head + b"400\r\n" + LINE_CUT)
        await asyncio.sleep(0.01)
        transport.close()


def ended_stream() -> bytes:
    """Return the last line of a stream whose version is too old."""
    return encode({"type": "ERROR", "object": expired("too old resource version: 1 (1000)").status}) + b"\n"
