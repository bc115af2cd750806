"""Watches everything a scenario can change, from before its first call, and keeps every event as it came."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kubechaos.api.client import Client
from kubechaos.errors import UnreachableError

from .api import Api, path

PLURALS = {
    "Pod": "pods",
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "ControllerRevision": "controllerrevisions",
    "EndpointSlice": "endpointslices",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Event": "events",
}


@dataclass(frozen=True)
class Record:
    """One event of one watch; `at` is the wall clock's, `cut` how many cuts came before it."""

    at: float
    kind: str
    type: str
    object: dict[str, Any]
    cut: int

    @property
    def uid(self) -> str:
        """The object's uid."""
        uid: str = self.object["metadata"]["uid"]
        return uid


class Recorder:
    """The records of all objects whose name starts with the scenario's, and of the events about them."""

    def __init__(self, api: Api, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self.cuts = 0
        self._since = time.monotonic()
        self.records: list[Record] = []
        self.live: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in PLURALS}
        self.failure: Exception | None = None
        self._clients = []
        self._threads = []
        for kind, plural in PLURALS.items():
            where = path(plural, api.namespace)
            version = api.call("GET", where).body["metadata"]["resourceVersion"]
            client = api.client()
            thread = threading.Thread(target=self._watch, args=(client, kind, where, version), daemon=True)
            self._clients.append(client)
            self._threads.append(thread)
            thread.start()

    def _watch(self, client: Client, kind: str, where: str, version: str) -> None:
        try:
            with client.stream(where, {"watch": "1", "resourceVersion": version}) as lines:
                self._keep(kind, lines)
        except UnreachableError:
            pass  # stopped; whoever waits for something that is then missing says so
        except Exception as error:  # noqa: BLE001  # raised by whoever waits
            self.failure = error

    def _keep(self, kind: str, lines: Iterable[bytes]) -> None:
        for line in lines:
            event = json.loads(line)
            value = event["object"]
            if event["type"] not in ("ADDED", "MODIFIED", "DELETED"):
                raise AssertionError(f"the watch of {kind} said {line!r}")
            about = value["involvedObject"] if kind == "Event" else value["metadata"]
            if about.get("name", "").startswith(self._name):
                self._add(kind, event["type"], value)

    def _add(self, kind: str, type_: str, value: dict[str, Any]) -> None:
        with self._changed:
            record = Record(time.monotonic(), kind, type_, value, self.cuts)
            self.records.append(record)
            if type_ == "DELETED":
                self.live[kind].pop(record.uid, None)
            else:
                self.live[kind][record.uid] = value
            self._changed.notify_all()

    def until(self, what: str, true: Callable[[], Any], seconds: float) -> None:
        """Wait for a condition on what was seen; raises AssertionError if it does not come."""
        with self._changed:
            if not self._changed.wait_for(true, timeout=seconds):
                raise AssertionError(f"{self._name}: never seen in {seconds:.1f} s: {what}; {self.failure or ''}")

    def quiet(self, seconds: float, longest: float) -> None:
        """Wait until nothing was said for this long; events that repeat themselves are nothing."""
        end = time.monotonic() + longest
        with self._changed:
            while True:
                said = (r.at for r in reversed(self.records) if r.kind != "Event" or r.type == "ADDED")
                last = max(next(said, 0.0), self._since)
                left = last + seconds - time.monotonic()
                if left <= 0 or time.monotonic() > end:
                    return
                self._changed.wait(timeout=left)

    def cut(self) -> None:
        """Say that the deed begins: what came before is only where each object started from."""
        with self._changed:
            self.cuts += 1
            self._since = time.monotonic()

    def stop(self) -> None:
        """End all watches."""
        for client in self._clients:
            client.interrupt()
        for thread in self._threads:
            thread.join(timeout=10)
        for client in self._clients:
            client.close()
        if self.failure is not None:
            raise self.failure
