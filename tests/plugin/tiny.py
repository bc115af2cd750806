"""A Deployment of three pods behind a raw server, which recovers from a delete at once: for these tests only."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.loopback.rawserver import Exchange, RawServer, Request, failure, reply

NAMESPACE = "/api/v1/namespaces/shop"
APPS = "/apis/apps/v1/namespaces/shop"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
LONG_AGO = "2020-01-01T00:00:00Z"
Object = dict[str, Any]


def kubeconfig(url: str, **cluster: Any) -> Object:
    """A kubeconfig with the contexts `tiny` and `other`."""
    context = {"cluster": "it", "user": "me", "namespace": "shop"}
    return {
        "current-context": "other",
        "clusters": [{"name": "it", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "me", "user": {"token": "secret"}}],
        "contexts": [{"name": name, "context": context} for name in ("tiny", "other")],
    }


def deployment(replicas: int = 3) -> Object:
    """A Deployment that is all right."""
    template = {"spec": {"containers": [{"name": "app", "readinessProbe": {}}]}}
    return {
        "metadata": {
            "name": "timeserver",
            "namespace": "shop",
            "uid": "d-1",
            "generation": 1,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "timeserver"}}, "template": template},
        "status": {"observedGeneration": 1, "updatedReplicas": replicas},
    }


def replica_set() -> Object:
    """Its ReplicaSet."""
    owner = [{"uid": "d-1", "kind": "Deployment", "controller": True}]
    notes = {"deployment.kubernetes.io/revision": "1"}
    meta = {"name": "timeserver-1", "namespace": "shop", "uid": "rs-1", "ownerReferences": owner, "annotations": notes}
    return {"metadata": meta, "spec": {"replicas": 3}}


def pod(number: int, *, ready: bool = True, deleting: bool = False) -> Object:
    """One of its pods."""
    owner = [{"uid": "rs-1", "kind": "ReplicaSet", "controller": True}]
    meta = {"name": f"timeserver-{number}", "namespace": "shop", "uid": f"p-{number}", "ownerReferences": owner}
    times = {"creationTimestamp": LONG_AGO, **({"deletionTimestamp": LONG_AGO} if deleting else {})}
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": LONG_AGO}
    container = {"name": "app", "containerID": f"c-{number}", "ready": ready, "state": {"running": {}}}
    return {
        "metadata": {**meta, **times},
        "spec": {"nodeName": "node-1", "terminationGracePeriodSeconds": 0},
        "status": {"phase": "Running", "conditions": [condition], "containerStatuses": [container]},
    }


class Tiny:
    """The cluster; `on_delete(name)` is what it does about a delete."""

    def __init__(self, server: RawServer, folder: Path) -> None:
        self.server = server
        self.kubeconfig = folder / "kubeconfig.json"
        self.kubeconfig.write_text(json.dumps(kubeconfig(server.url)))
        self.on_delete: Callable[[str], None] = self.recover
        self.version = 100
        self._objects: dict[tuple[str, str], Object] = {}
        self._log: list[tuple[int, str, bytes]] = []
        self._script()
        self.put(f"{APPS}/deployments", deployment())
        self.put(f"{APPS}/replicasets", replica_set())
        self.reset()

    def _script(self) -> None:
        on = self.server.on
        on("GET", "/version", reply({"gitVersion": "v1.36.2"}))
        on("GET", "/api/v1/namespaces/*", reply({"metadata": {"uid": "kube-system-1"}}))
        for path in (f"{NAMESPACE}/pods", f"{APPS}/deployments", f"{APPS}/replicasets", f"{NAMESPACE}/events", SLICES):
            on("GET", f"{path}/*", self._get)
            on("GET", path, self._list)
            on("WATCH", path, self._watch)
        on("DELETE", f"{NAMESPACE}/pods/*", self._delete)
        on("POST", REVIEW, reply({"status": {"allowed": True}}, 201))
        on("POST", WHOAMI, reply({"status": {"userInfo": {"username": "system:serviceaccount:shop:tester"}}}, 201))

    def put(self, path: str, value: Object) -> None:
        """Add an object, or change it."""
        key = (path, value["metadata"]["name"])
        self._publish("MODIFIED" if key in self._objects else "ADDED", path, value)

    def reset(self) -> None:
        """Begin again with pods 1, 2 and 3."""
        for path, name in list(self._objects):
            if path == f"{NAMESPACE}/pods":
                self.remove(path, name)
        for number in (1, 2, 3):
            self.put(f"{NAMESPACE}/pods", pod(number))

    def remove(self, path: str, name: str) -> None:
        """Take an object away."""
        self._publish("DELETED", path, self._objects[path, name])

    def recover(self, name: str) -> None:
        """End a pod, and put one that is Ready in its place."""
        self.remove(f"{NAMESPACE}/pods", name)
        self.put(f"{NAMESPACE}/pods", pod(self.version, ready=False))
        self.put(f"{NAMESPACE}/pods", pod(self.version - 1))

    @property
    def writes(self) -> list[Request]:
        """The requests that would change something: all but reads and reviews."""
        return [r for r in self.server.requests if r.method != "GET" and r.path not in (REVIEW, WHOAMI)]

    def _publish(self, type_: str, path: str, value: Object) -> None:
        with self.server.arrived:
            self.version += 1
            value = {**value, "metadata": {**value["metadata"], "resourceVersion": str(self.version)}}
            self._objects[path, value["metadata"]["name"]] = value
            if type_ == "DELETED":
                del self._objects[path, value["metadata"]["name"]]
            self._log.append((self.version, path, json.dumps({"type": type_, "object": value}).encode() + b"\n"))
            self.server.arrived.notify_all()

    def _get(self, exchange: Exchange) -> None:
        path, _, name = exchange.request.path.rpartition("/")
        found = self._objects.get((path, name))
        (reply(found) if found else failure(404, f"{name} not found", "NotFound"))(exchange)

    def _list(self, exchange: Exchange) -> None:
        items = [value for (path, _), value in list(self._objects.items()) if path == exchange.request.path]
        reply({"metadata": {"resourceVersion": str(self.version)}, "items": items})(exchange)

    def _watch(self, exchange: Exchange) -> None:
        query = dict(part.split("=", 1) for part in exchange.request.query.split("&"))
        at = int(query["resourceVersion"])
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        while not exchange.closing.is_set():
            with self.server.arrived:
                self.server.arrived.wait_for(lambda: self.version > at or exchange.closing.is_set(), 0.01)  # noqa: B023
                pending = [line for version, path, line in self._log if version > at and path == exchange.request.path]
                at = self.version
            for line in pending:
                exchange.chunk(line)

    def _delete(self, exchange: Exchange) -> None:
        name = exchange.request.path.rpartition("/")[2]
        if (f"{NAMESPACE}/pods", name) not in self._objects:
            return failure(404, f'pods "{name}" not found', "NotFound")(exchange)
        self.on_delete(name)
        return reply({"kind": "Pod"})(exchange)
