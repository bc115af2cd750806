"""Raw calls to any cluster given as a kubeconfig: every answer is a value, none is an exception."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3
from kubernetes import config

from kubechaos.api.client import Client
from kubechaos.api.credentials import PinnedContext, pin
from kubechaos.api.official import Official

MERGE = "application/merge-patch+json"
DEADLINE = urllib3.Timeout(connect=10, read=30)


@dataclass(frozen=True)
class Answer:
    """What the API server said."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        """The JSON of the answer, or its text where it is none."""
        try:
            return json.loads(self.data)
        except ValueError:
            return self.data.decode()

    @property
    def reason(self) -> str:
        """The reason of a Status, else nothing."""
        body = self.body
        return body.get("reason", "") if isinstance(body, dict) and body.get("kind") == "Status" else ""


class Api:
    """One cluster; `stream` is the product's own client, calls are as raw as they can be."""

    def __init__(self, kubeconfig: str, namespace: str = "chaos") -> None:
        _, current = config.list_kube_config_contexts(kubeconfig)
        self.namespace = namespace
        self.use(pin(current["name"], Path(kubeconfig)))

    def use(self, pinned: PinnedContext) -> None:
        """Be a client of this context from now on."""
        self._pinned = pinned
        self._official = Official(pinned)

    def stranger(self) -> "Api":
        """Return a client of the same cluster with a token that nobody gave it."""
        other = copy.copy(self)
        nobody = {"certificate_file": "", "certificate_data": b"", "token": "nobody", "token_file": "", "sources": ()}
        other.use(PinnedContext(msgspec.structs.replace(self._pinned.connection, **nobody)))
        return other

    def client(self) -> Client:
        """Return a client of its own for one stream."""
        return Client(self._pinned)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a PATCH is a merge patch unless the headers say otherwise."""
        sent = {"Accept": "application/json", "User-Agent": "kubechaos-scenarios"}
        if body is not None:
            sent["Content-Type"] = MERGE if method == "PATCH" else "application/json"
        official = self._official.client()
        sent.update({each["key"]: each["value"] for each in official.configuration.auth_settings().values()})
        response = official.rest_client.pool_manager.request(
            method,
            self._pinned.connection.server + path + (f"?{urlencode(query)}" if query else ""),
            body=body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            headers={**sent, **(headers or {})},
            retries=False,
            redirect=False,
            timeout=DEADLINE,
        )
        return Answer(response.status, dict(response.headers), response.data)

    def close(self) -> None:
        """Close the connections."""
        self._official.close()


def path(plural: str, namespace: str, name: str = "", sub: str = "") -> str:
    """Return the path of a collection, an object or a subresource of one of the kinds the scenarios use."""
    root = "/api/v1" if plural not in GROUPS else f"/apis/{GROUPS[plural]}/v1"
    return "/".join(filter(None, (f"{root}/namespaces/{namespace}/{plural}", name, sub)))


GROUPS = {
    "deployments": "apps",
    "replicasets": "apps",
    "statefulsets": "apps",
    "daemonsets": "apps",
    "controllerrevisions": "apps",
    "endpointslices": "discovery.k8s.io",
    "poddisruptionbudgets": "policy",
}
