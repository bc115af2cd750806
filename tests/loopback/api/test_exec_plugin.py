"""Programs that print credentials, run for real: what they see, and what is said of those that fail."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubechaos.api import credentials, exec_plugin
from kubechaos.api.client import Client
from kubechaos.api.connection import Connection, ExecPlugin
from kubechaos.api.credentials import PinnedContext
from kubechaos.errors import KubeconfigError, UnauthorizedError
from tests.loopback.rawserver import RawServer, failure, reply

V1 = "client.authentication.k8s.io/v1"
GOOD = """echo '{"apiVersion": "%s", "kind": "ExecCredential", "status": {"token": "'$(cat token)'"%s}}'"""
Make = Callable[..., ExecPlugin]


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a plugin of a shell script, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def make(script: str, **options: object) -> ExecPlugin:
        path = tmp_path / "plugin"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(stat.S_IRWXU)
        return ExecPlugin(command=str(path), api_version=V1, **options)

    return make


def pinned(plugin: ExecPlugin, server: str = "http://127.0.0.1:1") -> PinnedContext:
    return PinnedContext(Connection(context="it", namespace="shop", server=server, exec=plugin))


def test_a_plugin_sees_its_arguments_its_env_and_ours_and_no_terminal(plugin: Make, tmp_path: Path) -> None:
    script = 'printf "%s\\n" "$1" "$A" "$B" "$KUBERNETES_EXEC_INFO" > seen; cat >> seen; echo hush > token\n'
    made = plugin(script + GOOD % (V1, ""), args=("argument",), env=(("A", "own"),))
    run = exec_plugin.run(made, {"PATH": os.environ["PATH"], "A": "ours", "B": "b"})
    assert run.token == "hush"
    argument, own, ours, info = (tmp_path / "seen").read_text().splitlines()
    assert (argument, own, ours) == ("argument", "own", "b")
    assert json.loads(info)["spec"] == {"interactive": False}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo first; echo 'no  network\x1b[31m' >&2; exit 253", r"ended with exit code 253: no network\[31m$"),
        ("echo hush", "did not print an ExecCredential"),
        ("kill -9 $$", "exit code -9"),
        ("echo asking >&2; exec sleep 60", r"printed no credentials within 0.2 s: asking$"),
    ],
)
def test_a_plugin_that_fails_is_named_with_its_last_lines(plugin: Make, script: str, message: str) -> None:
    made = plugin(script)
    with pytest.raises(KubeconfigError, match=message) as raised:
        exec_plugin.run(made, dict(os.environ), 0.2 if "sleep" in script else 10.0)
    assert f"exec plugin {made.command}" in str(raised.value)
    assert "hush" not in str(raised.value)


TOKEN = "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9u"
SECRETIVE = {
    "set -x": f'set -x; echo \'{{"token": "{TOKEN}"}}\'; exit 3',
    "no object": f"echo {TOKEN}; echo got {TOKEN}, no luck >&2; exit 3",
    "its env": 'echo "no luck with $CLIENT_SECRET" >&2; exit 3',
    "a JWT": "echo bad token: eyJhbGciOiJub25lIn0.aHVzaA.aHVzaA, no luck >&2; exit 3",
    "a header": "echo 'Authorization: Bearer hush! no luck' >&2; exit 3",
    "a query": "echo 'GET https://idp/x?client_secret=hush!&a=1 no luck' >&2; exit 3",
    "a URL": "echo 'proxy https://me:hush!@proxy:8080 no luck' >&2; exit 3",
    "another object": """echo '{"apiVersion": "hush!", "kind": "hush!"}'""",
}


@pytest.mark.parametrize("script", SECRETIVE.values(), ids=SECRETIVE)
def test_what_a_plugin_says_is_quoted_without_its_secrets(plugin: Make, script: str) -> None:
    made = plugin(script, env=(("CLIENT_SECRET", "hush hush!"),))
    with pytest.raises(KubeconfigError) as raised:
        exec_plugin.run(made, dict(os.environ))
    said = str(raised.value)
    assert ("no luck" in said) == ("no luck" in script)
    for secret in (TOKEN, "hush", "eyJ", "aHVzaA"):
        assert secret not in said


def test_the_reason_of_a_plugin_is_quoted_as_it_is(plugin: Make) -> None:
    reason = "error: could not get a token: oauth2: server https://idp:443/token said invalid_grant (AADSTS700082)"
    with pytest.raises(KubeconfigError, match="exit code 1: ") as raised:
        exec_plugin.run(plugin(f"echo '{reason}' >&2; exit 1"), dict(os.environ))
    assert str(raised.value).endswith(reason)


def test_what_a_hanging_plugin_has_started_is_ended_with_it(plugin: Make, tmp_path: Path) -> None:
    # The plugin itself ends at once, and leaves a child that has its stdout.
    made = plugin("sleep 600 & echo $! > child")
    with pytest.raises(KubeconfigError, match=r"printed no credentials within 0\.2 s"):
        exec_plugin.run(made, dict(os.environ), 0.2)
    child = int((tmp_path / "child").read_text())
    while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        pass


@pytest.mark.parametrize("wrong", [{"env": (("A=B", "c"),)}, {"args": ("a\0b",)}], ids=["env", "argument"])
def test_a_plugin_that_no_program_can_be_started_as_is_named(plugin: Make, wrong: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigError, match=r"exec plugin .* could not be started: "):
        exec_plugin.run(plugin("true", **wrong), dict(os.environ))


def test_a_plugin_that_is_not_there_is_named_with_how_to_get_it() -> None:
    missing = ExecPlugin(command="kubelogin-none", api_version=V1, install_hint="brew install it")
    with pytest.raises(
        KubeconfigError, match=r"exec plugin kubelogin-none could not be started: No such.*; brew install"
    ):
        pinned(missing)


def test_credentials_are_kept_until_they_expire(
    server: RawServer, plugin: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1893456000.0 - 60
    monkeypatch.setattr(credentials, "time", SimpleNamespace(time=lambda: now))
    (tmp_path / "token").write_text("first")
    made = plugin("echo >> runs\n" + GOOD % (V1, ', "expirationTimestamp": "2030-01-01T00:00:00Z"'))
    server.on("GET", "/x", reply({}))
    client = Client(pinned(made, server.url))
    client.get("/x")
    (tmp_path / "token").write_text("second")
    client.get("/x")
    now += 60
    client.get("/x")
    client.close()
    assert [each.headers["Authorization"] for each in server.requests] == ["Bearer first"] * 2 + ["Bearer second"]


@pytest.mark.parametrize("again", [GOOD % (V1, ', "expirationTimestamp": "2020-01-01T00:00:00Z"'), "exit 1"])
def test_a_plugin_that_has_nothing_but_expired_credentials_is_not_run_for_each_request(
    server: RawServer, plugin: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    now = 1893456000.0
    monkeypatch.setattr(credentials, "time", SimpleNamespace(time=lambda: now))
    (tmp_path / "token").write_text("first")
    server.on("GET", "/x", reply({}))
    client = Client(pinned(plugin(GOOD % (V1, ', "expirationTimestamp": "2020-01-01T00:00:00Z"')), server.url))
    plugin(f"echo >> runs; {again}")
    for _ in range(5):
        client.get("/x")
    assert not (tmp_path / "runs").exists()
    now += credentials.RETRY
    for _ in range(5):
        client.get("/x")
    client.close()
    assert (tmp_path / "runs").read_text() == "\n"


def test_why_a_plugin_no_longer_works_is_said_and_nobody_goes_on_as_nobody(
    server: RawServer, plugin: Make, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("first")
    server.on("GET", "/x", failure(401, "Unauthorized"))
    client = Client(pinned(plugin(GOOD % (V1, "")), server.url))
    plugin("echo 'session is over' >&2; exit 7")
    with pytest.raises(UnauthorizedError, match="ended with exit code 7: session is over"):
        client.get("/x")
    client.close()
    assert [each.headers.get("Authorization") for each in server.requests] == ["Bearer first"]


@pytest.mark.parametrize("other", [{"token": "static"}, {"username": "me", "password": "p"}])
def test_a_plugin_is_not_asked_where_the_user_has_other_credentials(plugin: Make, other: dict[str, str]) -> None:
    made = plugin("exit 1")
    connection = Connection(context="it", namespace="shop", server="http://x", exec=made, **other)
    assert PinnedContext(connection).identity.credentials.authorization.startswith(("Bearer static", "Basic"))


def test_credentials_are_renewed_in_the_environment_that_the_context_was_pinned_in(
    server: RawServer, plugin: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFILE", "mine")
    made = plugin("echo >> runs\n" + (GOOD % (V1, "")).replace("$(cat token)", "$PROFILE-$(wc -l < runs)"))
    server.on("GET", "/x", failure(401, "Unauthorized"), reply({}))
    client = Client(pinned(made, server.url))
    monkeypatch.setenv("PROFILE", "of a test")
    monkeypatch.setenv("PATH", "/nowhere")
    client.get("/x")
    client.close()
    assert [each.headers["Authorization"] for each in server.requests] == ["Bearer mine-1", "Bearer mine-2"]
