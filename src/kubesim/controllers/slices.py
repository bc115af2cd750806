"""The EndpointSlices of every Service: the pods that it sends traffic to."""

from collections import defaultdict
from typing import Any, Final

from ..apiserver.registry import Registry
from ..store.kinds import POD, SERVICE, SLICE
from ..store.objects import Body, Stored, is_ready, is_terminal
from ..store.selectors import Selector, of_labels
from ..store.store import Change, Key
from .label_index import LabelIndex
from .queue import Queue

LAG: Final = 0.003
LARGEST: Final = 100
"""Endpoints in one slice, as on a real cluster; so a change costs the same however many pods there are."""

Endpoints = dict[str, Body]


class Slices:
    """The EndpointSlice controller."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._queue: Queue[Key] = Queue(registry.timers, LAG, self._reconcile)
        self._changed: dict[Key, dict[str, Stored | None]] = defaultdict(dict)
        self._slices: dict[Key, dict[str, Endpoints]] = defaultdict(dict)
        self._pods = LabelIndex(registry.store, SERVICE, selector_of, self._on_pod)
        registry.store.listen(SERVICE, self._on_change)

    def _on_change(self, change: Change) -> None:
        key = change.after.namespace, change.after.name
        if change.type == "DELETED":
            self._slices.pop(key, None)
            return
        # With another selector every endpoint is looked at again; those that are no longer selected are None below.
        if change.before is not None and selector_of(change.before) != selector_of(change.after):
            for each in self._slices[key].values():
                self._changed[key] |= dict.fromkeys(each)
        self._changed[key] |= {pod.uid: pod for pod in self._pods.of(key)}
        self._queue.add(key)

    def _on_pod(self, key: Key, change: Change) -> None:
        # Changes are collected until the queue's lag is over: ten pods that become Ready together are one new version
        # of the slice, as on a real cluster.
        self._changed[key][change.after.uid] = change.after
        if change.type == "DELETED" or key not in self._pods.selecting(change.after):
            self._changed[key][change.after.uid] = None
        self._queue.add(key)

    def _reconcile(self, key: Key) -> None:
        service = self._registry.store.get(SERVICE, *key)
        changed = self._changed.pop(key, {})
        if service is None or selector_of(service) is None:
            return
        slices = self._slices[key]
        if not slices:
            self._write(service, self._name(service), {})
        for name in {self._place(slices, service, uid, pod) for uid, pod in changed.items()} - {""}:
            self._write(service, name, slices[name])

    def _place(self, slices: dict[str, Endpoints], service: Stored, uid: str, pod: Stored | None) -> str:
        """Put a pod into a slice, or out of it; return the name of the slice that has changed, "" if none has."""
        there = next((name for name, endpoints in slices.items() if uid in endpoints), "")
        if pod is None or not pod.status.get("podIP") or is_terminal(pod):
            if there:
                del slices[there][uid]
            return there
        wanted = _endpoint(pod, published=bool(service.spec.get("publishNotReadyAddresses")))
        name = there or next((name for name, each in slices.items() if len(each) < LARGEST), "") or self._name(service)
        if slices.setdefault(name, {}).get(uid) == wanted:
            return ""
        slices[name][uid] = wanted
        return name

    def _name(self, service: Stored) -> str:
        name = f"{service.name}-{self._registry.suffix()}"
        self._slices[service.namespace, service.name][name] = {}
        return name

    def _write(self, service: Stored, name: str, endpoints: Endpoints) -> None:
        known = self._registry.store.get(SLICE, service.namespace, name)
        if known is None:
            self._registry.create(SLICE, service.namespace, _slice(service, name, list(endpoints.values())))
        else:
            meta = {**known.meta, "generation": known.meta["generation"] + 1}
            self._registry.store.put(SLICE, {**known.body, "metadata": meta, "endpoints": list(endpoints.values())})


def selector_of(service: Stored) -> Selector | None:
    """Return what a Service selects by; None if it has no selector, and so no slices of ours."""
    labels = service.spec.get("selector")
    if not labels:
        return None
    return of_labels(labels)


def _endpoint(pod: Stored, *, published: bool) -> Body:
    """Return the endpoint of a pod; `published` says that the Service wants it whether it is Ready or not."""
    # A terminating pod keeps `serving` while it passes its probe, but is never `ready`: new connections go elsewhere.
    serving = is_ready(pod)
    ready = published or (serving and not pod.deleting)
    return {
        "addresses": [pod.status["podIP"]],
        "conditions": {"ready": ready, "serving": serving, "terminating": pod.deleting},
        "nodeName": pod.spec["nodeName"],
        "targetRef": {"kind": POD.name, "namespace": pod.namespace, "name": pod.name, "uid": pod.uid},
    }


def _slice(service: Stored, name: str, endpoints: list[Body]) -> Body:
    owner: dict[str, Any] = {"apiVersion": "v1", "kind": SERVICE.name, "name": service.name, "uid": service.uid}
    labels = {
        "kubernetes.io/service-name": service.name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    meta = {"name": name, "labels": labels, "ownerReferences": [{**owner, "controller": True}]}
    ports = [
        {"name": each.get("name", ""), "port": each["port"], "protocol": each["protocol"]}
        for each in service.spec.get("ports") or ()
    ]
    return {"metadata": meta, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}
