"""Whom the API server takes us for, and where we go: as kubectl, for every form of kubeconfig."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubechaos.api import credentials
from kubechaos.api.client import Client
from kubechaos.api.credentials import PinnedContext, pin, service_account
from kubechaos.api.review import review
from kubechaos.errors import ChaosError
from tests.plugin.proxy import Proxy
from tests.real import kubeconfigs
from tests.real.kubeconfigs import Case
from tests.real.parts import kubectl

WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
ACCOUNT = "kubeconfig-reader"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy."""
    with Proxy() as proxy:
        yield proxy


@pytest.fixture
def cluster(proxy: Proxy) -> Iterator[kubeconfigs.Cluster]:
    """The dev cluster, and a service account with a token."""
    kubectl("create", "serviceaccount", ACCOUNT, "-n", "default")
    try:
        token = kubectl("create", "token", ACCOUNT, "-n", "default").strip()
        yield kubeconfigs.cluster(proxy.url, token)
    finally:
        kubectl("delete", "serviceaccount", ACCOUNT, "-n", "default")


def kubectls(case: Case, environment: dict[str, str]) -> dict[str, Any]:
    """What kubectl says: who it is, and where it goes; raises ChaosError with its words where it fails."""
    said: list[Any] = []
    for command in (["auth", "whoami"], ["config", "view", "--minify"]):
        done = subprocess.run(
            ["kubectl", "--context", case.context, *command, "-o", "json"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise ChaosError(done.stderr.strip().splitlines()[-1])
        said.append(json.loads(done.stdout))
    context = said[1]["contexts"][0]["context"]
    return {
        "user": said[0]["status"]["userInfo"],
        "server": said[1]["clusters"][0]["cluster"]["server"],
        "namespace": context.get("namespace", "default"),
    }


def ours(pinned: PinnedContext) -> dict[str, Any]:
    """What the API server says of us, and where we go."""
    client = Client(pinned)
    try:
        user = review(client, WHOAMI, REVIEW)["status"]["userInfo"]
    finally:
        client.close()
    return {"user": user, "server": pinned.connection.server, "namespace": pinned.namespace}


def outcome(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, str]:
    """Return whether kubectl and we agree, and what we were or said; where we do not, what both were or said."""
    environment = case.write(folder)
    with monkeypatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        answers = []
        for read in (lambda: kubectls(case, environment), lambda: ours(pin(case.context))):
            try:
                answers.append(read())
            except ChaosError as error:
                answers.append(error)
    theirs, own = answers
    both = f"kubectl: {theirs}; we: {own}"
    if isinstance(own, ChaosError):
        agreed = bool(case.wrong and isinstance(theirs, ChaosError) and re.search(case.wrong, str(own)))
        return agreed, str(own) if agreed else both
    agreed = not case.wrong and theirs == own
    return agreed, f"{own['user']['username']} in {own['namespace']}" if agreed else both


def test_we_are_whom_kubectl_is_and_refuse_what_it_refuses(
    cluster: kubeconfigs.Cluster,
    proxy: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = [*kubeconfigs.right(cluster), *kubeconfigs.wrong(cluster)]
    outcomes = {}
    for number, case in enumerate(cases):
        (folder := tmp_path / str(number)).mkdir()
        outcomes[case.name] = outcome(case, folder, monkeypatch)
    equal = sum(agreed for agreed, _ in outcomes.values())
    with capsys.disabled():
        for name, (agreed, said) in outcomes.items():
            print(f"\n{'equal' if agreed else 'DIFFERENT':9} {name:28} {said[-150:]}", end="")  # noqa: T201
        print(f"\nkubeconfigs: {equal} of {len(cases)} equal")  # noqa: T201
    assert {name: said for name, (agreed, said) in outcomes.items() if not agreed} == {}
    assert len(outcomes) == len(cases)
    # By way of the proxy went `proxy-url` and `HTTPS_PROXY`, each by kubectl and by us.
    server = cluster.server.removeprefix("https://")
    assert [head[0] for head in proxy.heads] == [f"CONNECT {server} HTTP/1.1"] * 4


def test_a_pod_is_its_service_account(
    cluster: kubeconfigs.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (("token", cluster.token), ("ca.crt", cluster.ca.decode()), ("namespace", "default")):
        (tmp_path / name).write_text(content)
    host, _, port = cluster.server.removeprefix("https://").rpartition(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    case = Case("", {"config": cluster.config({"token": cluster.token})})
    theirs = kubectls(case, case.write(tmp_path))
    assert ours(PinnedContext(service_account(tmp_path))) == theirs
    monkeypatch.setattr(credentials, "SERVICE_ACCOUNT", tmp_path)
    assert ours(pin("in-cluster")) == theirs
