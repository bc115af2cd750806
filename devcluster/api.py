"""What the driver itself asks the API server: whether the cluster is ready."""

import http.client
import json
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from devcluster.kernel import network_of
from devcluster.layout import API_PORT, NAMESPACE, OPT_IN, Layout

NEW_NODE_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/network-unavailable")
Answer = tuple[int, Any]


class Connection(http.client.HTTPSConnection):
    """A connection made in the network of another process."""

    def __init__(self, layout: Layout, holder: int) -> None:
        """Speak as the administrator."""
        super().__init__(str(layout.nodes[0].address), API_PORT, timeout=5)
        keys = layout.certificates
        self.trust = ssl.create_default_context(cafile=str(keys / "ca.crt"))
        self.trust.load_cert_chain(keys / "admin.crt", keys / "admin.key")
        self.holder = holder

    def connect(self) -> None:
        """Connect from inside the cluster's network."""
        with network_of(self.holder):
            plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self.trust.wrap_socket(plain, server_hostname=self.host)


class Api:
    """The API server as the driver sees it."""

    def __init__(self, layout: Layout, holder: int) -> None:
        """Reach it from the network of the process that holds the first node."""
        self.connection = Connection(layout, holder)

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """Return status and JSON body of one request; status 0 when there was no answer."""
        content = json.dumps(body) if body is not None else None
        try:
            self.connection.request(method, path, content, {"Content-Type": "application/json"})
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0, None
        return response.status, json.loads(text) if text.startswith(b"{") else None

    def is_ready(self) -> bool:
        """Return whether the API server has finished its start."""
        return self.ask("GET", "/readyz")[0] == 200

    def make_namespace(self) -> bool:
        """Make the namespace of the tests; return whether it exists."""
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": OPT_IN}}
        return self.ask("POST", "/api/v1/namespaces", body)[0] in (201, 409)

    def namespace_is_ready(self) -> bool:
        """Return whether a pod could start in the namespace: its ServiceAccount and root certificate are there."""
        inside = f"/api/v1/namespaces/{NAMESPACE}"
        needed = (f"{inside}/serviceaccounts/default", f"{inside}/configmaps/kube-root-ca.crt")
        return all(self.ask("GET", path)[0] == 200 for path in needed)

    def nodes_are_ready(self, names: Iterable[str]) -> bool:
        """Return whether all these nodes take pods."""
        status, answer = self.ask("GET", "/api/v1/nodes")
        if status != 200:
            return False
        ready = {node["metadata"]["name"] for node in answer["items"] if takes_pods(node)}
        return ready.issuperset(names)


def takes_pods(node: Mapping[str, Any]) -> bool:
    """Return whether a node is Ready and no longer tainted as new."""
    conditions = {condition["type"]: condition["status"] for condition in node["status"].get("conditions", ())}
    taints = {taint["key"] for taint in node["spec"].get("taints", ())}
    return conditions.get("Ready") == "True" and taints.isdisjoint(NEW_NODE_TAINTS)
