"""A 401: the API server's own renews the credentials, and that of a page behind its proxy is the page's own affair."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection, ExecPlugin
from kubechaos.api.credentials import PinnedContext
from kubechaos.errors import NotFoundError, UnauthorizedError, UnreachableError
from tests.loopback.rawserver import Answer, Exchange, RawServer, failure, reply

V1 = "client.authentication.k8s.io/v1"
PAGE = "/api/v1/namespaces/shop/services/web:80/proxy/health"
SCRIPT = """#!/bin/sh
echo >> runs
echo '{"apiVersion": "%s", "kind": "ExecCredential", "status": {"token": "'$(wc -l < runs)'"}}'
"""


class Session:
    """An exec plugin that prints another token each time, and a server that accepts one of them."""

    def __init__(self, server: RawServer, folder: Path) -> None:
        self.accepted = "1"
        self._runs = folder / "runs"
        plugin = folder / "plugin"
        plugin.write_text(SCRIPT % V1)
        plugin.chmod(stat.S_IRWXU)
        connection = Connection(
            context="it",
            namespace="shop",
            server=server.url,
            exec=ExecPlugin(command=str(plugin), api_version=V1),
        )
        self.client = Client(PinnedContext(connection))

    @property
    def runs(self) -> int:
        """How often the plugin was run."""
        return len(self._runs.read_text().splitlines())

    def known(self, answer: Answer) -> Answer:
        """Answer so to who has the accepted token, and 401 to others."""

        def checked(exchange: Exchange) -> None:
            known = exchange.request.headers.get("Authorization") == f"Bearer {self.accepted}"
            (answer if known else failure(401, "Unauthorized", "Unauthorized"))(exchange)

        return checked


@pytest.fixture
def session(server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A client with credentials of a plugin."""
    monkeypatch.chdir(tmp_path)
    session = Session(server, tmp_path)
    server.on("GET", "/version", session.known(reply({"gitVersion": "v1"})))
    yield session
    session.client.close()


PAGES: dict[str, Answer] = {
    "HTML": reply(b"<html>log in</html>", 401, {"Content-Type": "text/html"}),
    "an API server": failure(401, "Unauthorized", "Unauthorized"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_answers_401_does_not_run_the_plugin_again(server: RawServer, session: Session, page: str) -> None:
    server.on("GET", PAGE, session.known(PAGES[page]))
    for _ in range(5):
        with pytest.raises(UnauthorizedError) as raised:
            session.client.get(PAGE)
        assert raised.value.status == 401
        assert "log in again" not in str(raised.value)
    assert session.runs == 1
    assert [request.path for request in server.requests].count(PAGE) == 5


def test_a_probe_that_is_the_first_to_see_expired_credentials_has_them_renewed(
    server: RawServer, session: Session
) -> None:
    server.on("GET", PAGE, session.known(reply(b"well")))
    session.accepted = "2"
    assert session.client.get(PAGE) == b"well"
    assert session.runs == 2


def test_a_probe_whose_credentials_cannot_be_renewed_says_so(server: RawServer, session: Session) -> None:
    server.on("GET", PAGE, session.known(reply(b"well")))
    session.accepted = "none"
    with pytest.raises(UnauthorizedError, match="GET /version: 401 Unauthorized; the credentials of the context"):
        session.client.get(PAGE)


NAMED_PROXY = [
    "/api/v1/namespaces/proxy/pods",
    "/apis/apps/v1/namespaces/shop/deployments/proxy/scale",
    "/api/v1/namespaces/shop/pods/proxy/eviction",
]


@pytest.mark.parametrize("path", NAMED_PROXY)
@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (reply(b"<html>nothing here</html>", 404, {"Content-Type": "text/html"}), UnreachableError),
        (failure(401, "Unauthorized"), UnauthorizedError),
    ],
    ids=["404", "401"],
)
def test_what_is_named_proxy_is_answered_by_the_api_server(
    server: RawServer, session: Session, path: str, answer: Answer, raised: type[Exception]
) -> None:
    server.on("GET", path, answer)
    with pytest.raises(raised):
        session.client.get(path)
    assert session.runs == (2 if raised is UnauthorizedError else 1)


@pytest.mark.parametrize("path", [PAGE, "/api/v1/namespaces/shop/pods/a/proxy", "/api/v1/nodes/n/proxy/healthz"])
def test_what_the_api_server_passes_on_is_answered_by_somebody_else(
    server: RawServer, session: Session, path: str
) -> None:
    server.on("GET", path, session.known(reply(b"<html>", 404, {"Content-Type": "text/html"})))
    with pytest.raises(NotFoundError):
        session.client.get(path)
