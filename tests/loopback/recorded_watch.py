"""A watch on the pods of a scripted server, and its records."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.clock import Flag, WallTime
from kubechaos.kube.kinds import KINDS
from kubechaos.observe.watch import Watch
from kubechaos.records import Delay, Failed, Gap, Gone, Listed, Record, Seen
from tests.loopback.rawserver import Answer, RawServer, reply

PODS = "/api/v1/namespaces/shop/pods"


def line(type_: str, name: str, version: int, **metadata: Any) -> bytes:
    """One line of a watch."""
    meta = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version), **metadata}
    return json.dumps({"type": type_, "object": {"metadata": meta}}, ensure_ascii=False).encode() + b"\n"


def error(code: int, message: str = "too old") -> bytes:
    """An ERROR line of a watch."""
    return (
        json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": code, "message": message}}).encode() + b"\n"
    )


def page(version: int, *names: str, more: str = "") -> Answer:
    """A page of a listing, each object at the version of the page."""
    items = [{"metadata": {"name": n, "uid": f"uid-{n}", "resourceVersion": str(version)}} for n in names]
    return reply({"metadata": {"resourceVersion": str(version), "continue": more}, "items": items})


class RecordedWatch:
    """What the sink was given, and the watch that gave it.

    Its wall time is made of the pauses that the watch asks for, each of which takes but a hundredth of a second.
    """

    def __init__(self, server: RawServer, pinned: PinnedContext | None = None) -> None:
        pinned = pinned or PinnedContext(Connection(context="raw", namespace="shop", server=server.url))
        self.server = server
        self.records: list[Record | Failed] = []
        self.changed = threading.Condition()
        self.pauses: list[float] = []
        self.before: Callable[[Record | Failed], object] = lambda record: None
        self.thread: threading.Thread | None = None
        wall = WallTime(monotonic=self._monotonic, uniform=lambda shortest, longest: longest, pause=self._pause)
        self.client = Client(pinned)
        self.watch = Watch(self.client, KINDS["Pod"], "shop", {"labelSelector": "a=b"}, self, time.monotonic, wall)

    def __call__(self, record: Record | Failed) -> None:
        self.before(record)
        with self.changed:
            self.records.append(record)
            self.changed.notify_all()

    def _monotonic(self) -> float:
        """Return the wall time; the watch asks for it first of all, so this is where its thread is known from."""
        self.thread = threading.current_thread()
        return sum(self.pauses)

    def _pause(self, stopped: Flag, seconds: float) -> None:
        with self.changed:
            self.pauses.append(seconds)
            self.changed.notify_all()
        stopped.wait(0.01)

    def paused(self, count: int) -> list[float]:
        """Wait until the watch has asked for a number of pauses, and return those."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.pauses) >= count)
            return self.pauses[:count]

    def until(self, count: int) -> list[str]:
        """Wait for a number of records, and return what they say in short."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.records) >= count)
            return self.summaries

    def whys(self, kind: type[Delay | Gap]) -> list[str]:
        """What the delays or the gaps say of themselves."""
        return [record.why for record in self.records if isinstance(record, kind)]

    def failure(self) -> Exception:
        """What ended the watch."""
        (failed,) = [record for record in self.records if isinstance(record, Failed)]
        return failed.error

    def end(self) -> None:
        """End the watch, and the server that it may hang at."""
        self.server.closing.set()
        if self.thread:
            self.watch.stop()
            self.thread.join(5)
        self.client.close()

    def ended(self) -> None:
        """Wait until the thread of the watch, which has begun, has ended."""
        assert self.thread
        self.thread.join()

    @property
    def summaries(self) -> list[str]:
        """Each record in short."""
        return [short(record) for record in self.records]

    def asked(self, count: int) -> None:
        """Wait until the server has been asked a number of times."""
        with self.server.arrived:
            self.server.arrived.wait_for(lambda: len(self.server.requests) >= count)

    def watch_queries(self) -> list[dict[str, list[str]]]:
        """The queries of the WATCH requests."""
        return [parse_qs(r.query) for r in self.server.requests if "watch=1" in r.query]

    def list_queries(self) -> list[dict[str, list[str]]]:
        """The queries of the LIST requests."""
        return [parse_qs(r.query) for r in self.server.requests if "watch=1" not in r.query]


def short(record: Record | Failed) -> str:
    """A record in a few words."""
    match record:
        case Listed(objects=objects, resource_version=version):
            return f"listed {','.join(each.name for each in objects)}@{version}"
        case Seen(object=value, inferred=inferred) | Gone(object=value, inferred=inferred):
            return f"{type(record).__name__.lower()} {value.name}@{value.resource_version}" + (
                " inferred" if inferred else ""
            )
        case Failed(error=reason):
            return f"failed {type(reason).__name__}"
    return type(record).__name__.lower()
