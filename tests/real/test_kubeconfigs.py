"""Kubeconfigs of every form on a real API server: where kubectl says that we are, and who, is where and who we are."""

import base64
import json
import os
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from kubechaos.api import credentials, exec_plugin
from kubechaos.api.client import Client
from kubechaos.api.credentials import PinnedContext
from kubechaos.api.review import review
from kubechaos.errors import ApiError, ConfigError
from tests.loopback.rawserver import Exchange, RawServer, reply
from tests.real.kubeconfigs import CONTEXT, RIGHT, Identities, Place
from tests.real.namespaces import namespace
from tests.real.parts import described, kubectl
from tests.real.sums import EQUAL
from tests.real.tunnels import Tunnels, tunnelling
from tests.real.wrong_kubeconfigs import WRONG

REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
ACCOUNT = f"kubeconfigs-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
"""The name of a service account, and of the namespace that it is in."""
SECRETS = "/run/secrets/kubernetes.io/serviceaccount"
IN_A_POD = f'mount -t tmpfs none /run && mkdir -p {SECRETS} && cp "$0"/* {SECRETS} && exec "$@"'
PATIENCE = 3.0
"""Seconds after which kubectl is taken to wait for a plugin for ever."""
LONGEST = 200
ASKS = "error: EOF"
"""What kubectl says that has asked for a user's name, and found no terminal."""
DEADLINE = 1.0
"""Seconds that we give a plugin here."""


class Said(NamedTuple):
    """Who somebody is and where: the API server, the namespace, and the tunnels that lead there."""

    user: dict[str, Any]
    server: str
    namespace: str
    tunnels: frozenset[str]


@pytest.fixture(scope="module")
def known() -> Iterator[Identities]:
    """What the dev cluster knows its administrator and a service account of ours by."""
    with namespace(ACCOUNT):
        kubectl("--namespace", ACCOUNT, "create", "serviceaccount", ACCOUNT)
        yield _known(kubectl("--namespace", ACCOUNT, "create", "token", ACCOUNT).strip())


def _known(token: str) -> Identities:
    """Return the administrator's identity and that of whom the token is."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    names = ("certificate-authority-data", "client-certificate-data", "client-key-data")
    ca, certificate, key = (base64.b64decode((cluster | user)[name]) for name in names)
    return Identities(cluster["server"], ca, certificate, key, token)


@pytest.fixture
def proxy(known: Identities) -> Iterator[Tunnels]:
    """A proxy whose tunnels lead to the API server."""
    url = urlsplit(known.server)
    with tunnelling(url.hostname or "", url.port or 443) as proxy:
        yield proxy


@pytest.fixture
def place(tmp_path: Path, known: Identities, proxy: Tunnels, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """An empty folder, which is the current and the home folder, and servers beside the real one."""
    for name in ("KUBECONFIG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exec_plugin, "run", partial(exec_plugin.run, deadline=DEADLINE))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*(f"{described()['state']}/pki/kube-apiserver.{part}" for part in ("crt", "key")))
    with RawServer(tls) as echo, RawServer() as plain:
        echo.on("POST", "*", _echo)
        plain.on("POST", "*", _echo)
        yield Place(tmp_path, known, proxy.address, echo.url, plain.url)


def _echo(exchange: Exchange) -> None:
    """Take somebody for what his Authorization header says."""
    info = {"username": exchange.request.headers.get("Authorization", "nobody")}
    reply({**REVIEW, "status": {"userInfo": info}}, 201)(exchange)


@pytest.mark.parametrize("name", RIGHT)
def test_we_are_who_and_where_kubectl_is(
    name: str, place: Place, proxy: Tunnels, monkeypatch: pytest.MonkeyPatch, record_property: Callable[..., None]
) -> None:
    _surround(RIGHT[name](place), place, monkeypatch)
    theirs, ours = _kubectl_said(proxy), _we_said(proxy)
    record_property(EQUAL, f"{name}: {ours.user['username']} at {ours.server}, {ours.namespace}")
    assert ours == theirs


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_use_to_kubectl_is_none_to_us_and_we_say_why(
    name: str, place: Place, proxy: Tunnels, monkeypatch: pytest.MonkeyPatch, record_property: Callable[..., None]
) -> None:
    build, named = WRONG[name]
    _surround(build(place), place, monkeypatch)
    refused = _kubectl_refused(hangs="hanging" in name)
    with pytest.raises((ConfigError, ApiError)) as raised:
        _we_said(proxy)
    record_property(EQUAL, f"{name}: {raised.value}\n{'kubectl':>12}: {refused}")
    assert re.search(named, str(raised.value)), f"kubectl: {refused}; we: {raised.value}"
    assert "hush" not in str(raised.value)
    if refused != ASKS:
        assert ("nauthorized" in refused) == ("401" in str(raised.value)), f"kubectl: {refused}; we: {raised.value}"


def test_in_a_pod_we_are_who_and_where_kubectl_is(
    place: Place, proxy: Tunnels, monkeypatch: pytest.MonkeyPatch, record_property: Callable[..., None]
) -> None:
    for name, content in {"token": place.known.token, "ca.crt": place.known.ca, "namespace": "kube-system"}.items():
        place.file(f"secrets/{name}", content)
    url = urlsplit(place.known.server)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", url.hostname or "")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(url.port))
    inside = ("unshare", "--mount", "sh", "-c", IN_A_POD, str(place.folder / "secrets"), "kubectl")
    user = json.loads(_run(*inside, "auth", "whoami", "-o", "json").stdout)["status"]["userInfo"]
    # What it logs is the only place where kubectl says which server and namespace it takes in a pod.
    logged = _run(*inside, "get", "pods", "--v=6").stderr
    asked = re.search(r'url="?(https://[^/]+)/api/v1/namespaces/([^/]+)/pods', logged)
    assert asked, logged
    monkeypatch.setattr(credentials, "SERVICE_ACCOUNT", place.folder / "secrets")
    ours = _said_by(credentials.pin(credentials.IN_CLUSTER), proxy)
    record_property(EQUAL, f"in-cluster: {ours.user['username']} at {ours.server}, {ours.namespace}")
    assert ours == Said(user, asked[1], asked[2], frozenset())


def _surround(environment: Any, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, f"{value}:{os.environ['PATH']}" if name == "PATH" else value)


def _kubectl_said(proxy: Tunnels) -> Said:
    proxy.asked.clear()
    whoami = _run("kubectl", "--context", CONTEXT, "auth", "whoami", "-o", "json")
    view = _run("kubectl", "--context", CONTEXT, "config", "view", "--minify", "-o", "json")
    assert (whoami.returncode, view.returncode) == (0, 0), whoami.stderr + view.stderr
    config = json.loads(view.stdout)
    server = config["clusters"][0]["cluster"]["server"]
    namespace = config["contexts"][0]["context"].get("namespace", "default")
    user = json.loads(whoami.stdout)["status"]["userInfo"]
    return Said(user, _url(server), namespace, frozenset(proxy.asked))


def _kubectl_refused(*, hangs: bool) -> str:
    whoami = ("kubectl", "--context", CONTEXT, "auth", "whoami", "-o", "json")
    if hangs:
        with pytest.raises(subprocess.TimeoutExpired):
            _run(*whoami, timeout=PATIENCE)
        return f"still waits after {PATIENCE:g} s"
    done = _run(*whoami)
    assert done.returncode != 0, f"kubectl can use it: {done.stdout}"
    return done.stderr.strip().splitlines()[-1][:LONGEST]


def _we_said(proxy: Tunnels) -> Said:
    return _said_by(credentials.pin(CONTEXT), proxy)


def _said_by(pinned: PinnedContext, proxy: Tunnels) -> Said:
    proxy.asked.clear()
    client = Client(pinned)
    try:
        user = review(client, REVIEWS, REVIEW)["status"]["userInfo"]
    finally:
        client.close()
    return Said(user, pinned.connection.server, pinned.namespace, frozenset(proxy.asked))


def _url(server: str) -> str:
    return (server if "://" in server else f"http://{server}").rstrip("/")


def _run(*command: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False, timeout=timeout
    )
