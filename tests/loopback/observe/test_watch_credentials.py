"""Credentials that are rotated while a watch runs: read again on a 401, from the context that was pinned, once."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext, pin
from kubechaos.api.mutate import send
from kubechaos.api.official import Official
from kubechaos.errors import UnauthorizedError
from tests.loopback.rawserver import Answer, Exchange, RawServer, cut, failure, hang, reply, stream
from tests.loopback.recorded_watch import PODS, RecordedWatch, line, page
from tests.plugin.tiny import kubeconfig

PLUGIN = """#!/bin/sh
token=$(cat {token})
echo '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",'
echo '"status": {{"token": "'$token'"}}}}'
"""


class Rotated:
    """A kubeconfig whose token can be changed, and a server that knows only the current one."""

    def __init__(self, server: RawServer, folder: Path, how: str) -> None:
        self.server = server
        self.valid = "first"
        self._folder = folder
        self._how = how
        self._token = folder / "token"
        self.write("first")

    def write(self, token: str) -> None:
        """Change what the kubeconfig leads to."""
        self._token.write_text(token)
        self._config({"tokenFile": "token"} if self._how == "tokenFile" else self._user(token))

    def _user(self, token: str) -> dict[str, Any]:
        if self._how == "token":
            return {"token": token}
        plugin = self._folder / "plugin"
        plugin.write_text(PLUGIN.format(token=self._token))
        plugin.chmod(stat.S_IRWXU)
        exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
        return {"exec": exec_}

    def _config(self, user: dict[str, Any], url: str = "") -> None:
        config = {**kubeconfig(url or self.server.url), "users": [{"name": "me", "user": user}]}
        self.path.write_text(json.dumps(config))

    def redirect(self, url: str, token: str) -> None:
        """Let the context name another cluster."""
        self._config({"token": token}, url)

    @property
    def path(self) -> Path:
        """The kubeconfig."""
        return self._folder / "kubeconfig"

    def known(self, answer: Answer) -> Answer:
        """Answer so to who has the current token, and 401 to others."""

        def checked(exchange: Exchange) -> None:
            known = exchange.request.headers.get("Authorization") == f"Bearer {self.valid}"
            (answer if known else failure(401, "Unauthorized"))(exchange)

        return checked

    def tokens(self) -> list[str]:
        """The tokens that were sent, in order."""
        return [request.headers.get("Authorization", "") for request in self.server.requests]


@pytest.fixture(params=["tokenFile", "exec", "token"])
def rotated(request: pytest.FixtureRequest, server: RawServer, tmp_path: Path) -> Rotated:
    """A token in a file, from a plugin, or in the kubeconfig itself."""
    return Rotated(server, tmp_path, request.param)


@pytest.fixture
def begin(server: RawServer) -> Iterator[Callable[[Rotated], RecordedWatch]]:
    """Start a watch with the credentials of a kubeconfig."""
    begun: list[RecordedWatch] = []

    def start(rotated: Rotated) -> RecordedWatch:
        begun.append(RecordedWatch(server, pin("tiny", rotated.path)))
        begun[-1].watch.start()
        return begun[-1]

    yield start
    for watched in begun:
        watched.end()


def test_a_token_that_is_rotated_mid_run_is_picked_up_as_a_delay(
    server: RawServer, rotated: Rotated, begin: Callable[[Rotated], RecordedWatch]
) -> None:
    def expire(_: Exchange) -> None:
        rotated.valid = "second"
        rotated.write("second")

    server.on("GET", PODS, rotated.known(page(10, "a")))
    first = stream(line("MODIFIED", "a", 12), expire, cut)
    again = rotated.known(stream(line("ADDED", "b", 15), hang))
    server.on("WATCH", PODS, rotated.known(first), again)
    watched = begin(rotated)
    assert watched.until(4) == ["listed a@10", "seen a@12", "delay", "seen b@15"]
    assert rotated.tokens() == ["Bearer first"] * 3 + ["Bearer second"]
    assert [query["resourceVersion"] for query in watched.watch_queries()] == [["10"], ["12"], ["12"]]


def test_a_token_that_is_not_renewed_is_the_end_after_one_refusal(
    server: RawServer, rotated: Rotated, begin: Callable[[Rotated], RecordedWatch]
) -> None:
    def expire(_: Exchange) -> None:
        rotated.valid = "second"

    server.on("GET", PODS, rotated.known(page(10, "a")))
    server.on("WATCH", PODS, rotated.known(stream(expire, cut)), rotated.known(stream(hang)))
    watched = begin(rotated)
    assert watched.until(2) == ["listed a@10", "failed UnauthorizedError"]
    assert "log in again" in str(watched.failure())
    assert len(server.requests) == 3


def test_a_kubeconfig_that_leads_elsewhere_by_now_is_not_followed(
    server: RawServer, rotated: Rotated, begin: Callable[[Rotated], RecordedWatch]
) -> None:
    def move(_: Exchange) -> None:
        rotated.valid = "second"
        rotated.redirect("http://127.0.0.1:1", "second")

    server.on("GET", PODS, rotated.known(page(10, "a")))
    server.on("WATCH", PODS, rotated.known(stream(move, cut)), rotated.known(stream(hang)))
    watched = begin(rotated)
    assert watched.until(2) == ["listed a@10", "failed UnauthorizedError"]
    assert set(rotated.tokens()) == {"Bearer first"}


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_call_that_nobody_has_looked_at_is_sent_once_more(server: RawServer, rotated: Rotated, method: str) -> None:
    server.on(method, "/x", rotated.known(reply({"it": "is done"})))
    client = Client(pin("tiny", rotated.path))
    rotated.valid = "second"
    rotated.write("second")
    assert b"is done" in (client.get("/x") if method == "GET" else send(client, method, "/x", {"a": 1}))
    assert rotated.tokens() == ["Bearer first", "Bearer second"]
    assert len({request.body for request in server.requests}) == 1
    client.close()


@pytest.mark.parametrize("what", ["user", "impersonation"])
def test_a_context_that_names_somebody_else_by_now_is_not_followed(
    server: RawServer, tmp_path: Path, what: str
) -> None:
    rotated = Rotated(server, tmp_path, "token")
    server.on("GET", "/x", rotated.known(reply({})))
    client = Client(pin("tiny", rotated.path))
    rotated.valid = "second"
    rotated.write("second")
    config = json.loads(rotated.path.read_text())
    if what == "user":
        config["users"][0]["name"] = config["contexts"][0]["context"]["user"] = "administrator"
    else:
        config["users"][0]["user"]["as"] = "administrator"
    rotated.path.write_text(json.dumps(config))
    with pytest.raises(UnauthorizedError, match=f"context 'tiny' leads to another {what} now"):
        client.get("/x")
    assert rotated.tokens() == ["Bearer first"]
    client.close()


def test_a_token_file_that_is_empty_for_a_moment_is_no_reason_to_be_nobody(server: RawServer, tmp_path: Path) -> None:
    rotated = Rotated(server, tmp_path, "tokenFile")
    server.on("GET", "/x", rotated.known(reply({})))
    client = Client(pin("tiny", rotated.path))
    rotated.valid = "second"
    rotated.write("")
    with pytest.raises(UnauthorizedError):
        client.get("/x")
    assert rotated.tokens() == ["Bearer first"]
    client.close()


def test_a_certificate_that_is_replaced_in_its_file_is_taken_over_by_every_client(
    server: RawServer, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate"
    certificate.write_text("first")
    connection = Connection(context="raw", namespace="shop", server=server.url, certificate_file=str(certificate))
    pinned = PinnedContext(connection)
    for path in ("/one", "/two", "/again"):
        server.on("GET", path, failure(401, "Unauthorized"), reply({}))
    clients = [Client(pinned), Client(pinned)]
    certificate.write_text("second")
    for client, path in zip(clients, ("/one", "/two"), strict=True):
        assert client.get(path) == b"{}"
    with pytest.raises(UnauthorizedError):
        clients[0].get("/again")
    for client in clients:
        client.close()


def test_the_users_own_client_has_the_credentials_of_by_now(server: RawServer, tmp_path: Path) -> None:
    rotated = Rotated(server, tmp_path, "token")
    server.on("GET", "/x", rotated.known(reply({})))
    client = Client(pin("tiny", rotated.path))
    official = Official(client.pinned)
    before = official.client()
    assert official.client() is before
    rotated.valid = "second"
    rotated.write("second")
    client.get("/x")
    assert official.client().configuration.auth_settings()["BearerToken"]["value"] == "Bearer second"
    client.close()
