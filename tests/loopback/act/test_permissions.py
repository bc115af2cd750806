"""Permissions, asked of a scripted server that answers by RBAC rules."""

import json
from collections.abc import Iterator

import pytest

from kubechaos import evict, kill, kill_container, rollout_restart, scale
from kubechaos.act.permissions import REVIEW, WHOAMI, Permission, ask, parse
from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.errors import PermissionRefusedError
from kubechaos.faults.fault import Fault
from kubechaos.kube.objects import Ref
from tests.loopback.rawserver import Exchange, RawServer, reply

WEB = Ref("Deployment", "shop", "web")
NAMED = {"verb": {"get", "patch"}, "group": {"apps"}, "resource": {"deployments"}, "name": {"web"}}
PODS = {"verb": {"delete", "get", "patch"}, "group": {""}, "resource": {"pods"}}
EVICTIONS = {"verb": {"create"}, "group": {""}, "resource": {"pods"}, "subresource": {"eviction"}}


class Rbac:
    """A server that grants what its rules do; a rule with names covers no request without one."""

    def __init__(self, server: RawServer) -> None:
        self.rules: list[dict[str, set[str]]] = [NAMED, PODS, EVICTIONS]
        server.on("POST", REVIEW, self._review)
        server.on("POST", WHOAMI, reply({"status": {"userInfo": {"username": "jane"}}}, 201))

    def _review(self, exchange: Exchange) -> None:
        asked = json.loads(exchange.request.body)["spec"]["resourceAttributes"]
        attributes = {"subresource": "", "name": "", **asked}
        allowed = any(
            all(attributes[key] in values for key, values in {"subresource": {""}, **rule}.items())
            for rule in self.rules
        )
        reply({"status": {"allowed": allowed}}, 201)(exchange)


@pytest.fixture
def rbac(server: RawServer) -> Rbac:
    """The rules of the server, which may be changed."""
    return Rbac(server)


@pytest.fixture
def client(server: RawServer) -> Iterator[Client]:
    """A client of the scripted server."""
    client = Client(PinnedContext(Connection(context="raw", namespace="shop", server=server.url)))
    yield client
    client.close()


@pytest.mark.usefixtures("rbac")
@pytest.mark.parametrize("fault", [scale(4), rollout_restart(), kill(1), evict(1), kill_container(1)], ids=repr)
def test_what_a_role_grants_for_the_target_alone_is_granted(client: Client, fault: Fault) -> None:
    ask(client, "shop", fault.permissions(WEB))


@pytest.mark.usefixtures("rbac")
def test_what_a_role_grants_for_another_name_is_refused_with_the_targets(client: Client) -> None:
    with pytest.raises(
        PermissionRefusedError, match=r'user "jane" may not get deployments\.apps "other" in namespace "shop"; nothing'
    ):
        ask(client, "shop", scale(4).permissions(Ref("Deployment", "shop", "other")))


def test_pods_are_asked_for_without_a_name_as_victims_are_not_chosen_yet(client: Client, rbac: Rbac) -> None:
    rbac.rules = [{**PODS, "name": {"web-1"}}]
    with pytest.raises(PermissionRefusedError, match="may not delete pods in"):
        ask(client, "shop", kill(1).permissions(WEB))


@pytest.mark.parametrize(
    ("permission", "text"),
    [
        (parse("patch", "deployments.apps"), "patch deployments.apps"),
        (parse("create", "pods/eviction"), "create pods/eviction"),
        (Permission("patch", "deployments", "scale", "apps", "web"), 'patch deployments.apps/scale "web"'),
    ],
)
def test_a_permission_reads_as_in_a_role(permission: Permission, text: str) -> None:
    assert str(permission) == text
