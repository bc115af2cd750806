"""The HTTP server, on the event loop that runs all other components, too."""

import asyncio
import hmac
import logging
from typing import Final

from aiohttp.web_exceptions import HTTPRequestEntityTooLarge
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse
from aiohttp.web_server import Server

from ..cluster import Cluster
from ..store.kinds import Kinds
from ..store.objects import encode
from ..store.refusals import Refused, bad_request
from .handlers import Answer, Call, Handlers
from .network_faults import GARBAGE, IN_STREAM, NetworkFault, NetworkFaults, cut, ended_stream, reset
from .request_info import is_watch, parse
from .watches import Stream

JSON: Final = "application/json"
LOGGER: Final = logging.Logger("kubesim.http", logging.CRITICAL)
"""For aiohttp, which logs each request that is no HTTP with a traceback: anybody on this machine can send one, and it
must not end up among what the owner's tests log. It has no parent, so nobody's configuration applies to it."""


class ApiServer:
    """Serves a cluster to whoever has the token."""

    def __init__(self, cluster: Cluster, network: NetworkFaults, token: str) -> None:
        self._cluster = cluster
        self._network = network
        self._token = token
        self._handlers = Handlers(cluster)
        self._streams: set[Stream] = set()
        self._server = Server(self._handle, access_log=None, lingering_time=0.0, logger=LOGGER)
        self._listener: asyncio.Server | None = None
        self._closing = asyncio.Event()

    async def listen(self) -> int:
        """Begin to serve on 127.0.0.1; return the port."""
        self._listener = await asyncio.get_running_loop().create_server(self._server, "127.0.0.1", 0)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """End every connection."""
        self._closing.set()
        for stream in tuple(self._streams):
            stream.finish()
        if self._listener is not None:
            self._listener.close()
        await self._server.shutdown(0.2)

    def wake(self) -> None:
        """Have every open stream look for a network fault that was queued for it."""
        for stream in self._streams:
            stream.wake()

    async def _handle(self, request: BaseRequest) -> StreamResponse:
        try:
            return await self._served(request)
        except Refused as refused:
            return self._refusal(refused)
        except ConnectionError:
            return Response()  # nobody will see it: the client is gone, or was sent away
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # a broken simulation must be noticed: `Simulation.stop` raises this
            self._cluster.timers.failure = self._cluster.timers.failure or error
            return self._refusal(Refused(500, "InternalError", f"the simulation failed: {error!r}"))

    async def _served(self, request: BaseRequest) -> StreamResponse:
        # Before anything else of the request is looked at: what a stranger sends must not matter, whatever it is.
        path = self._path(request)
        if self._network.token_expired or path is None:
            raise Refused(401, "Unauthorized", "Unauthorized")
        call = Call(request.method, path, dict(request.query), await _body(request), request.content_type)
        verb, resource = _verb_and_resource(call, self._cluster.kinds)
        fault = await self._fault(verb, resource)
        if verb == "watch":
            return await self._watch(request, call, fault)
        # A fault on the way to the server comes before anything is done. For a lost answer and for a slow one the
        # cluster has done what was asked.
        if fault is not None and fault.name not in ("slow", "lose"):
            return await self._spoiled(request, fault)
        # Nothing awaits in here: a call sees one state of the cluster, and no other call comes in between.
        with self._cluster.timers.moment():
            answer = self._handlers.handle(call)
        if fault is not None and fault.name == "lose":
            return await self._spoiled(request, fault)
        if answer.takes:
            await self._cluster.timers.passed(answer.takes)
        if fault is not None:
            return await self._slowly(request, answer, fault)
        return self._response(answer)

    def _path(self, request: BaseRequest) -> str | None:
        """Return the path that is asked for; None if the token is neither in a header nor before the path."""
        before, shown = f"/{self._token}/", request.headers.get("Authorization", "")
        if _same(request.path[: len(before)], before):
            return request.path[len(before) - 1 :]
        return request.path if _same(shown, f"Bearer {self._token}") else None

    async def _fault(self, verb: str, resource: str) -> NetworkFault | None:
        """Return the fault that a request meets after all delays; raises Refused if the fault is a refusal."""
        fault = self._network.take(verb, resource)
        while fault is not None and fault.name == "delay":
            await asyncio.sleep(fault.seconds)
            fault = self._network.take(verb, resource)
        if fault is not None and fault.refused is not None:
            raise fault.refused
        return fault

    def _headers(self) -> dict[str, str]:
        return {"Date": self._cluster.registry.calendar.date(), "Audit-Id": "sim", "Cache-Control": "no-cache, private"}

    def _response(self, answer: Answer) -> Response:
        return Response(body=answer.body, status=answer.code, headers=self._headers(), content_type=answer.content_type)

    def _refusal(self, refused: Refused) -> Response:
        headers = self._headers()
        if refused.retry_after is not None:
            headers["Retry-After"] = str(refused.retry_after)
        if refused.code == 404 and not refused.reason:
            return Response(text=f"{refused}\n", status=404, headers=headers)
        return Response(body=encode(refused.status), status=refused.code, headers=headers, content_type=JSON)

    async def _spoiled(self, request: BaseRequest, fault: NetworkFault) -> StreamResponse:
        """Answer as a broken network does."""
        if fault.name == "garbage":
            return Response(body=GARBAGE, headers=self._headers(), content_type=JSON)
        if fault.name == "truncate":
            await cut(request)
        elif fault.name == "silence":
            await self._closing.wait()
        else:
            reset(request)
        raise ConnectionResetError("a network fault")

    async def _slowly(self, request: BaseRequest, answer: Answer, fault: NetworkFault) -> StreamResponse:
        response = await self._begun(request)
        await _write(response, answer.body, fault.seconds)
        await response.write_eof()
        return response

    async def _begun(self, request: BaseRequest) -> StreamResponse:
        response = StreamResponse(headers={**self._headers(), "Content-Type": JSON})
        response.enable_chunked_encoding()
        await response.prepare(request)
        return response

    async def _watch(self, request: BaseRequest, call: Call, fault: NetworkFault | None) -> StreamResponse:
        info = parse(call.path, self._cluster.kinds)
        self._handlers.check_allowed(info, "watch")
        stream = Stream(self._cluster.store, self._cluster.timers, info, call.query)
        self._streams.add(stream)
        try:
            response = await self._begun(request)
            if await self._send(request, response, stream, fault):
                await response.write_eof()
            return response
        finally:
            self._streams.discard(stream)
            stream.close()

    async def _send(
        self, request: BaseRequest, response: StreamResponse, stream: Stream, fault: NetworkFault | None
    ) -> bool:
        """Send lines until the stream is over; return False if a fault has ended it before."""
        pause = 0.0
        while stream.lines or not stream.over:
            # Faults are looked for before every batch of lines, so one that is queued while the stream waits hits it
            # at once: queueing wakes the stream. A stream that is slow already needs no further "slow".
            if fault is None:
                names = IN_STREAM
                if pause:
                    names = IN_STREAM - {"slow"}
                fault = self._network.take("watch", stream.kind.plural, names)
            if fault is not None and fault.name == "slow":
                pause = fault.seconds
            elif fault is not None and await self._disturbed(request, response, fault):
                return False
            fault = None
            for line in await stream.some():
                await _write(response, line, pause)
        return True

    async def _disturbed(self, request: BaseRequest, response: StreamResponse, fault: NetworkFault) -> bool:
        """Apply a fault to an open stream; return whether the stream is over."""
        if fault.name == "garbage":
            await response.write(GARBAGE)
            return False
        if fault.name == "expire":
            await response.write(ended_stream())
            await response.write_eof()
            return True
        if fault.name == "silence":
            await self._closing.wait()
            return True
        if fault.name == "truncate":
            await cut(request, b"")
        elif fault.name == "reset":
            reset(request)
        else:
            return False
        raise ConnectionResetError("a network fault")


def _same(shown: str, secret: str) -> bool:
    return hmac.compare_digest(shown.encode(errors="replace"), secret.encode())


async def _body(request: BaseRequest) -> bytes:
    """Read the body; raises Refused for one that is too large, or is not what its headers say."""
    try:
        return await request.read()
    except HTTPRequestEntityTooLarge as error:
        raise Refused(413, "RequestEntityTooLarge", f"Request entity too large: {error.text}") from None
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001  # aiohttp has no class for it; the simulation has not done anything yet
        raise bad_request(f"the body of the request cannot be read: {error}") from None


async def _write(response: StreamResponse, data: bytes, pause: float) -> None:
    """Write at once, or byte by byte with a pause after each."""
    if not pause:
        await response.write(data)
        return
    for byte in data:
        await response.write(bytes([byte]))
        await asyncio.sleep(pause)


def _verb_and_resource(call: Call, kinds: Kinds) -> tuple[str, str]:
    """Return verb and resource as network faults name them; no resource for a path like /version."""
    try:
        info = parse(call.path, kinds)
    except Refused:
        return call.method.lower(), ""
    if is_watch(dict(call.query)) and not info.name:
        return "watch", info.resource
    return info.verb(call.method, dict(call.query)), info.resource
