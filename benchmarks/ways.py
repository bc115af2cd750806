"""Ways to read a watch: the socket alone, the limit of what is possible; ours, piece by piece; what else a user has."""

import socket
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.api.official import Official
from kubechaos.clock import Monotonic
from kubechaos.judge.state import State
from kubechaos.kube import schema
from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import Ref
from kubechaos.observe.observation import Observation
from kubechaos.observe.watch import Watch
from kubechaos.records import Record, Seen
from kubechaos.target import Target

from . import pods

PATH = f"/api/v1/namespaces/{pods.NAMESPACE}/pods"
AFTER = 1e8
"""A time on the clock that does not come."""
WATCH = f"{PATH}?watch=1&labelSelector=app%3D{pods.NAME}&resourceVersion=1000000"


class Changed(schema.Wire):
    """A watch event of a pod, with the fields that a verdict needs."""

    type: str
    object: schema.Pod


def connect(url: str, path: str) -> socket.socket:
    """Send a GET; return the connection, its answer's head still unread."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n".encode())
    return connection


def received(url: str, path: str = WATCH) -> Iterator[bytes]:
    """Yield the bytes of an answer as the socket gives them, head and all."""
    with connect(url, path) as connection:
        while data := connection.recv(2**18):
            yield data


def chunks(url: str) -> Iterator[bytes]:
    """Yield the chunks of a watch, split with as little work as it takes."""
    rest = b""
    body = False
    for data in received(url):
        rest = rest + data if rest else data
        if not body:
            if (end := rest.find(b"\r\n\r\n")) < 0:
                continue
            rest, body = rest[end + 4 :], True
        at = 0
        while (end := rest.find(b"\r\n", at)) >= 0:
            size = int(rest[at:end], 16)
            if not size:
                return
            if len(rest) < end + size + 4:
                break
            yield rest[end + 2 : end + 2 + size]
            at = end + size + 4
        rest = rest[at:]


def changed(url: str) -> Iterator[Changed]:
    """Yield the content of each chunk of a watch: the limit of what Python can do."""
    decode = msgspec.json.Decoder(Changed).decode
    return map(decode, chunks(url))


def pinned(url: str) -> PinnedContext:
    """Return the server as a context."""
    return PinnedContext(Connection(context="bench", namespace=pods.NAMESPACE, server=url))


def official(url: str) -> Any:
    """Return the official client of the server."""
    from kubernetes import client

    return client.CoreV1Api(Official(pinned(url)).client())


def lightkube(url: str) -> Any:
    """Return lightkube's client of the server."""
    from lightkube import Client, KubeConfig

    config = {
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": url}}],
        "users": [{"name": "bench", "user": {}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench", "namespace": pods.NAMESPACE}}],
    }
    return Client(KubeConfig.from_dict(config))


def watched_officially(client: Any, **options: Any) -> Iterator[Any]:
    """Yield pods as the official client's documentation says to watch them."""
    from kubernetes import watch

    for each in watch.Watch().stream(client.list_namespaced_pod, pods.NAMESPACE, **options):
        yield each["object"]


def watched_lightly(client: Any) -> Iterator[Any]:
    """Yield pods as lightkube's documentation says to watch them."""
    from lightkube.resources.core_v1 import Pod

    for _, pod in client.watch(Pod, namespace=pods.NAMESPACE):
        yield pod


def ours(url: str) -> Client:
    """Return our client of the server."""
    return Client(pinned(url))


def decoded(client: Client) -> Iterator[Any]:
    """Yield our own values, without a thread: what the client and the decoder cost."""
    query = {"watch": "1", "labelSelector": f"app={pods.NAME}", "resourceVersion": "1000000"}
    with client.stream(PATH, query) as lines:
        yield from map(KINDS["Pod"].codec.event, lines)


def watched(client: Client) -> Iterator[Any]:
    """Yield the records of our watch of pods, by way of its thread and a queue."""
    queue: SimpleQueue[Any] = SimpleQueue()
    clock = Monotonic()
    watch = Watch(client, KINDS["Pod"], pods.NAMESPACE, {"labelSelector": f"app={pods.NAME}"}, queue.put, clock.now)
    watch.start()
    try:
        while True:
            record = queue.get()
            if isinstance(record, Seen):
                yield record
    finally:
        watch.stop()


class Folding(Observation):
    """An observation that calls `folded` with each state as soon as there is one, in the thread that has made it."""

    folded: Callable[[State], None] = staticmethod(lambda state: None)

    @property
    def state(self) -> State:
        """What is known."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        self.folded(state)


def observe(
    client: Client,
    delivered: Callable[[Record], None],
    enough: Callable[[], bool],
    folded: Callable[[State], None] = lambda state: None,
) -> State:
    """Observe the Deployment until it is enough.

    `delivered` is called with every record by the thread that waits, `folded` with every state as soon as there is one.
    """
    target = Target(Ref("Deployment", pods.NAMESPACE, pods.NAME))
    observation = Folding(client, target, Monotonic(), lambda record, state: delivered(record))
    observation.folded = folded
    try:
        observation.open()
        return observation.wait(lambda state: 0.0 if enough() else AFTER)
    finally:
        observation.close()


def spin() -> None:
    """Compute in another thread for as long as the process runs."""

    def work() -> None:
        number = 0
        while True:
            number = (number * 31 + 7) % 1_000_003

    threading.Thread(target=work, daemon=True).start()
