"""Who we say we are and which way we go, as a scripted server and a scripted proxy see it on the wire."""

import json
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import CoreV1Api
from kubernetes.stream import stream

from kubechaos import errors
from kubechaos.api.client import Client
from kubechaos.api.connection import Connection, Impersonation
from kubechaos.api.credentials import PinnedContext, pin
from kubechaos.api.mutate import send
from kubechaos.api.official import Official
from tests.loopback.proxy import Proxy
from tests.loopback.rawserver import RawServer, reply
from tests.plugin.tiny import kubeconfig

Connect = Callable[..., Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes clients, which are closed at the end."""
    made: list[Client] = []

    def make(server: str, **options: Any) -> Client:
        made.append(Client(PinnedContext(Connection(context="raw", namespace="shop", server=server, **options))))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy."""
    with Proxy() as proxy:
        yield proxy


def certificate(path: Path, name: str) -> Path:
    """Make a certificate of a server that goes by one name, with its key in the same file."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path, "-out", path)
    names = ("-subj", "/CN=server", "-addext", f"subjectAltName={name}")
    subprocess.run(["openssl", "req", "-x509", *key, *names], check=True, capture_output=True)
    return path


def serving(pem: Path) -> ssl.SSLContext:
    """The TLS of a server that shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of a server that goes by the name of api.test alone."""
    return certificate(tmp_path_factory.mktemp("tls") / "server.pem", "DNS:api.test")


@pytest.fixture
def secure(pem: Path) -> Iterator[RawServer]:
    """A scripted server of TLS."""
    with RawServer(tls=serving(pem)) as server:
        server.on("GET", "/x", reply({}))
        yield server


@pytest.mark.parametrize("code", [404, 409, 410])
def test_an_answer_that_is_no_status_says_nothing_of_the_cluster(
    server: RawServer, connect: Connect, code: int
) -> None:
    server.on("DELETE", "/x", reply(b"<html>nothing here</html>", code, {"Content-Type": "text/html"}))
    with pytest.raises(errors.UnreachableError, match=f"DELETE /x: {code} with a body of text/html") as raised:
        send(connect(server.url), "DELETE", "/x", {})
    assert (raised.value.status, raised.value.unsent) == (0, False)
    assert errors.may_pass(raised.value)


def test_json_that_is_no_status_is_none_either(server: RawServer, connect: Connect) -> None:
    server.on("GET", "/x", reply({"error": "no route"}, 404))
    with pytest.raises(errors.UnreachableError, match="no Status of Kubernetes"):
        connect(server.url).get("/x")


def test_what_a_service_answers_by_the_api_servers_proxy_is_its_own_404(server: RawServer, connect: Connect) -> None:
    path = "/api/v1/namespaces/shop/services/web/proxy/health"
    server.on("GET", path, reply(b"<html>", 404, {"Content-Type": "text/html"}))
    with pytest.raises(errors.NotFoundError):
        connect(server.url).get(path)


@pytest.mark.parametrize("server_url", ["http://127.0.0.1:1", "https://nowhere.invalid:6443"])
def test_what_was_never_sent_says_so(connect: Connect, server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("Name or service not known")

    if "nowhere" in server_url:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(errors.UnreachableError) as raised:
        send(connect(server_url), "PATCH", "/x", {})
    assert raised.value.unsent


def test_a_server_that_does_not_speak_tls_was_sent_nothing(server: RawServer, connect: Connect) -> None:
    with pytest.raises(errors.UnreachableError) as raised:
        send(connect(server.url.replace("http:", "https:")), "PATCH", "/x", {})
    assert raised.value.unsent


def test_an_answer_that_is_lost_may_have_been_sent(server: RawServer, connect: Connect) -> None:
    server.on("PATCH", "/x", lambda exchange: None)
    with pytest.raises(errors.UnreachableError) as raised:
        send(connect(server.url), "PATCH", "/x", {})
    assert not raised.value.unsent


def test_a_user_with_a_password_sends_it(server: RawServer, connect: Connect) -> None:
    server.on("GET", "/x", reply({}))
    connect(server.url, username="jane", password="p:ä").get("/x")
    (request,) = server.requests
    assert request.headers["Authorization"] == f"Basic {b64encode('jane:p:ä'.encode()).decode()}"


IMPERSONATION = Impersonation(user="jane", uid="7", groups=("dev", "öps"), extra={"a/b": ("v", "w")})
IMPERSONATED = [
    ("impersonate-extra-a%2fb", "v"),
    ("impersonate-extra-a%2fb", "w"),
    ("impersonate-group", "dev"),
    ("impersonate-group", "öps"),
    ("impersonate-uid", "7"),
    ("impersonate-user", "jane"),
]


@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
def test_whom_we_act_as_is_in_every_call(server: RawServer, connect: Connect, official: bool) -> None:
    seen: list[tuple[str, str]] = []
    server.on_headers = seen.extend
    server.on("GET", "*", reply({"items": []}))
    client = connect(server.url, token="t", impersonation=IMPERSONATION)
    if official:
        theirs = Official(client.pinned)
        CoreV1Api(theirs.client()).list_namespace()
        theirs.close()
    else:
        client.get("/x")
    acting = sorted((k.lower(), v) for k, v in seen if k.lower().startswith("impersonate"))
    # The server of these tests reads headers as Latin-1.
    assert [(name, value.encode("latin-1").decode()) for name, value in acting] == IMPERSONATED
    assert "Bearer t" in {value for _, value in seen}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_never_proxied(
    server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.on("GET", "*", reply({"items": []}))
    path = tmp_path / "config"
    path.write_text(json.dumps(kubeconfig(server.url.replace("127.0.0.1", host))))
    client, theirs = Client(pin("tiny", path)), Official(pin("tiny", path))
    client.get("/x")
    CoreV1Api(theirs.client()).list_namespace()
    client.close()
    theirs.close()
    assert [request.path for request in server.requests] == ["/x", "/api/v1/namespaces"]


def test_the_name_of_the_server_may_be_another_than_its_address(secure: RawServer, connect: Connect, pem: Path) -> None:
    connect(secure.url, ca_file=str(pem), tls_server_name="api.test").get("/x")
    assert len(secure.requests) == 1


def test_a_server_of_another_name_is_not_talked_to(secure: RawServer, connect: Connect, pem: Path) -> None:
    with pytest.raises(errors.UnreachableError, match="certificate") as raised:
        connect(secure.url, ca_data=pem.read_bytes()).get("/x")
    assert raised.value.unsent
    assert secure.requests == []


@pytest.mark.parametrize("proxied", [False, True])
def test_insecure_asks_for_no_certificate_at_all_and_warns_of_nothing(
    secure: RawServer, connect: Connect, proxy: Proxy, proxied: bool
) -> None:
    # In these tests a warning is an error.
    secure.on("GET", "/api/v1/namespaces", reply({"items": []}))
    client = connect(secure.url, insecure=True, proxy=proxy.url_of("me:x") if proxied else "")
    client.get("/x")
    theirs = Official(client.pinned)
    CoreV1Api(theirs.client()).list_namespace()
    theirs.close()
    assert len(secure.requests) == 2


def test_the_official_client_opens_no_websocket_that_would_not_act_as_the_kubeconfig_says(
    server: RawServer, connect: Connect
) -> None:
    theirs = Official(connect(server.url, token="t", impersonation=IMPERSONATION).pinned)
    api = CoreV1Api(theirs.client())
    with pytest.raises(errors.RefusedError, match=r"kubernetes\.stream does not act as 'jane'.*nothing was sent"):
        stream(api.connect_get_namespaced_pod_exec, "pod", "shop", command="id")
    theirs.close()
    assert server.requests == []


def test_a_server_of_tls_is_reached_through_a_tunnel(
    secure: RawServer, connect: Connect, pem: Path, proxy: Proxy
) -> None:
    client = connect(
        secure.url, ca_file=str(pem), tls_server_name="api.test", proxy=proxy.url_of("jane:s%40"), token="hush"
    )
    assert client.get("/x") == b"{}"
    assert proxy.heads[0][0] == f"CONNECT 127.0.0.1:{secure.server_port} HTTP/1.1"
    assert f"Proxy-Authorization: Basic {b64encode(b'jane:s@').decode()}" in proxy.heads[0]
    assert "hush" not in str(proxy.heads)
    assert "Proxy-Authorization" not in secure.requests[0].headers


def test_a_proxy_that_is_spoken_to_by_tls_passes_on_what_is_tls_itself(
    secure: RawServer, connect: Connect, pem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = certificate(tmp_path / "proxy.pem", "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    with Proxy(serving(own)) as proxy:
        client = connect(secure.url, ca_file=str(pem), tls_server_name="api.test", proxy=proxy.url_of("me:x"))
        assert client.get("/x") == b"{}"
        client.close()
    assert proxy.heads[0][0].startswith("CONNECT ")


def test_a_proxy_gets_the_absolute_url_of_a_server_without_tls(
    server: RawServer, connect: Connect, proxy: Proxy
) -> None:
    server.on("GET", "/x", reply({}))
    assert connect("http://api.test:1/prefix", proxy=proxy.url_of("jane:s"), token="t").get("/x") == b"{}"
    assert proxy.heads[0][0] == "GET http://api.test:1/prefix/x HTTP/1.1"
    assert "Host: api.test:1" in proxy.heads[0]


def test_a_proxy_that_refuses_is_named_and_nothing_was_sent(secure: RawServer, connect: Connect, proxy: Proxy) -> None:
    proxy.answer = b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n"
    client = connect(secure.url, insecure=True, proxy=proxy.url_of("jane:hush"))
    with pytest.raises(errors.UnreachableError, match=r"the proxy 127.0.0.1:\d+ answered 407 Who are you") as raised:
        client.get("/x")
    assert raised.value.unsent
    assert "hush" not in str(raised.value)


def test_an_idle_connection_that_the_server_has_ended_is_not_used_again(
    server: RawServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = reply({}, headers={"Connection": "keep-alive"})
    server.on("PATCH", "/x", answer)  # and ends the connection all the same, as the server of these tests does
    client = connect(server.url)
    made: list[socket.socket] = []
    monkeypatch.setattr(socket, "create_connection", _kept(socket.create_connection, made))
    for _ in range(3):
        send(client, "PATCH", "/x", {})
        assert _has_ended(made[-1])
    assert len(server.requests) == len(made) == 3


def _kept(connect: Callable[..., socket.socket], made: list[socket.socket]) -> Callable[..., socket.socket]:
    """Connect as ever, and keep the sockets."""

    def kept(*args: Any, **options: Any) -> socket.socket:
        made.append(connect(*args, **options))
        return made[-1]

    return kept


def _has_ended(tcp: socket.socket) -> bool:
    """Wait for the server's end of the connection, which comes after its answer, unless ours is closed already."""
    if tcp.fileno() < 0:
        return True
    tcp.settimeout(None)
    return tcp.recv(1, socket.MSG_PEEK) == b""
