"""An API server that only writes bytes, in a process of its own, so that what is measured is whoever reads them.

burst N          N events of pods in one watch, as fast as the socket takes them
ticks N MS       N events, one every MS milliseconds; each says when it was written
phases N         N phases of one pod, each 50 to 900 ms long; each says when it began
listing N        a listing of N pods
crowd N EVENTS   a Deployment of 3 pods among N others that change too; EVENTS 1: with their Events and slices
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qsl, urlsplit

from . import pods

VERSION: Final = 1_000_000
"""That of every listing; the events that follow are newer."""
FOREVER: Final = 3600
LONG: Final = 100
SENT: Final = "99999999999999999999"
"""Stands in a rendered event where the time of its writing comes."""

Write = Callable[[bytes], None]
Watches = Mapping[str, Callable[[Write], None]]
Objects = Mapping[str, list[dict[str, Any]]]


@contextmanager
def serving(*scenario: object) -> Iterator[str]:
    """Start the server; yields its URL."""
    command = [sys.executable, "-m", __spec__.name, *map(str, scenario)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def target(replicas: int) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of one Deployment."""
    return {
        "deployments": [pods.deployment(replicas)],
        "replicasets": [pods.replica_set(replicas)],
        "pods": [pods.pod(each, 10 + each) for each in range(replicas)],
        "endpointslices": [pods.endpoint_slice(pods.NAME, pods.NAME, replicas, 20)],
        "events": [],
    }


def burst(count: int) -> tuple[Objects, Watches]:
    """Three pods that change `count` times; the body is a file already, as in the page cache of a busy server."""
    body = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process runs
    for number in range(count):
        body.write(_chunk(pods.line("MODIFIED", pods.pod(number % 3, VERSION + number + 1, ready=number % 7 > 0))))
    return target(3), {"pods": lambda write: _send_file(write, body)}


def ticks(count: int, milliseconds: float) -> tuple[Objects, Watches]:
    """One pod that changes again and again."""
    templates = _stamped(count)

    def watch(write: Write) -> None:
        time.sleep(1)  # whoever measures has yet to take in the listing
        due = time.monotonic()
        for each in templates:
            write(_chunk(_dated(each)))
            due += milliseconds / 1000
            time.sleep(max(0.0, due - time.monotonic()))
        time.sleep(FOREVER)

    return target(1), {"pods": watch}


def phases(count: int) -> tuple[Objects, Watches]:
    """One pod whose phases are as short and as long as those of a start: 50 to 900 ms; listings show the latest."""
    chance = random.Random(1)
    objects = {kind: list(values) for kind, values in target(1).items()}

    def watch(write: Write) -> None:
        time.sleep(1)
        for each in _stamped(count):
            text = _dated(each)
            objects["pods"][:] = [json.loads(text)["object"]]
            write(_chunk(text))
            time.sleep(chance.uniform(0.05, 0.9))
        time.sleep(FOREVER)

    return objects, {"pods": watch}


def listing(count: int) -> tuple[Objects, Watches]:
    """A Deployment of many pods."""
    return target(count), {}


def crowd(count: int, with_events: int) -> tuple[Objects, Watches]:
    """Three pods among many: a hundredth of the others changes each second, and so do their Events and slices."""
    objects = target(3)
    others = [pods.pod(100 + each, 10, {"app": "other"}) for each in range(count)]
    objects["pods"] += others
    names = [(f"other-{each}", 100 + 10 * each) for each in range(count // 10)]
    slices = [pods.endpoint_slice(name, name, 10, 10, first) for name, first in names]
    if with_events:
        objects["events"] = [pods.event(each, 10) for each in range(count)]
        objects["endpointslices"] += slices

    def churn(values: list[dict[str, Any]], rate: float) -> Callable[[Write], None]:
        def watch(write: Write) -> None:
            if not values or not rate:
                time.sleep(FOREVER)
            for number in range(1_000_000):
                time.sleep(1 / rate)
                value = values[number % len(values)]
                value["metadata"]["resourceVersion"] = str(VERSION + number + 1)
                write(_chunk(pods.line("MODIFIED", value)))

        return watch

    watches = {"pods": churn(objects["pods"][:3], 20), "crowded pods": churn(others, 20 + count / 100)}
    if with_events:
        watches |= {"events": churn(objects["events"], count / 100), "endpointslices": churn(slices, count / 1000)}
    return objects, watches


def _stamped(count: int) -> list[bytes]:
    labels = {**pods.LABELS, "sent": SENT}
    return [pods.line("MODIFIED", pods.pod(0, VERSION + each + 1, labels)) for each in range(count)]


def _dated(text: bytes) -> bytes:
    return text.replace(SENT.encode(), str(time.monotonic_ns()).zfill(len(SENT)).encode())


def _rendered(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _send_file(write: Write, body: BinaryIO) -> None:
    connection = write.__self__  # type: ignore[attr-defined]  # the socket whose sendall it is
    size, done = body.tell(), 0
    while done < size:
        done += os.sendfile(connection.fileno(), body.fileno(), done, size - done)
    write(b"0\r\n\r\n")


class Handler(BaseHTTPRequestHandler):
    """Answers GETs: objects, listings by page and selector, watches."""

    protocol_version = "HTTP/1.1"
    objects: Objects
    watches: Watches
    rendered: Mapping[int, bytes]
    chosen: dict[tuple[str, str], list[dict[str, Any]]]

    def do_GET(self) -> None:
        """Answer."""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        _, _, rest = url.path.partition(f"/namespaces/{pods.NAMESPACE}/")
        kind, _, name = rest.partition("/")
        if query.get("watch", "").lower() in ("1", "true"):
            self._watch(f"crowded {kind}" if kind == "pods" and not query.get("labelSelector") else kind, kind)
        elif name:
            self._reply(self._render(self.objects[kind][0]))
        else:
            self._reply(self._page(self._chosen(kind, query.get("labelSelector", "")), query))

    def _chosen(self, kind: str, selector: str) -> list[dict[str, Any]]:
        """Return what a selector chooses; of a long list only once, as every page would cost a look at all."""
        values = self.objects[kind]
        if not selector:
            return values
        if (kind, selector) not in self.chosen or len(values) < LONG:
            labels = dict(part.split("=") for part in selector.split(","))
            self.chosen[kind, selector] = [
                each for each in values if labels.items() <= each["metadata"]["labels"].items()
            ]
        return self.chosen[kind, selector]

    def _page(self, values: list[dict[str, Any]], query: Mapping[str, str]) -> bytes:
        first = int(query.get("continue", 0))
        last = first + int(query.get("limit", 0)) if query.get("limit") else len(values)
        more = {"continue": str(last)} if last < len(values) else {}
        head = json.dumps({"resourceVersion": str(VERSION), **more}).encode()
        items = b",".join(map(self._render, values[first:last]))
        return b'{"kind":"List","apiVersion":"v1","metadata":%b,"items":[%b]}' % (head, items)

    def _render(self, value: dict[str, Any]) -> bytes:
        return self.rendered.get(id(value)) or _rendered(value)

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, *names: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        watch = next((self.watches[name] for name in names if name in self.watches), None)
        with suppress(OSError):  # whoever measures has seen enough
            watch(self.connection.sendall) if watch else time.sleep(FOREVER)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """One thread for each connection; they end with the process."""

    daemon_threads = True


def main(scenario: str, *numbers: str) -> None:
    """Serve one scenario on a port of the system's choice; print the URL."""
    Handler.objects, Handler.watches = globals()[scenario](*map(int, numbers))
    Handler.chosen = {}
    long = (values for values in Handler.objects.values() if len(values) >= LONG)
    Handler.rendered = {id(each): _rendered(each) for values in long for each in values}
    server = Server(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
