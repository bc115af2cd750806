"""Secrets as canaries: none of them is in any output of a complete run, whatever its tests die of."""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.rawserver import failure, hang, reply
from tests.plugin.conftest import Run, Runner
from tests.plugin.tiny import NAMESPACE, WHOAMI, Tiny

KINDS = ("token", "password", "key", "printed", "argument", "variable", "environment", "proxy", "url", "other")
CANARIES = {kind: f"{kind}-{base64.b16encode(kind.encode() * 9).decode()[:30]}" for kind in KINDS}
"""A secret of each kind: of the kubeconfig, of what an exec plugin is given and prints, of the environment."""
PROXY = f"{NAMESPACE}/services/web/proxy"
LOUD = ("-l", "-vv", "--tb=long", "--full-trace", "--show-capture=all", "--log-level=DEBUG", "--durations=3")
CODE = """
    import os
    import signal
    import threading

    import pytest
    from kubechaos import AlertRule, evict, kill

    def after(seconds, action):
        threading.Timer(seconds, action).start()

    @pytest.mark.timeout(0.5)
    def test_that_times_out_in_a_call(chaos, cluster):
        cluster.http("/hang", service="web")()

    ERRORS = [ValueError, OSError, MemoryError, SystemExit, GeneratorExit, pytest.fail.Exception]

    @pytest.mark.parametrize("error", ERRORS)
    def test_that_dies_of_anything_in_a_call(chaos, cluster, error):
        def die(*_):
            raise error("from a signal handler")

        before = signal.signal(signal.SIGUSR1, die)
        after(0.3, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        try:
            cluster.http("/hang", service="web")()
        finally:
            signal.signal(signal.SIGUSR1, before)

    def test_that_is_refused_by_the_server(chaos, cluster):
        cluster.http("/broken", service="web")()

    def test_whose_own_call_fails(chaos, cluster):
        from kubernetes.client import CoreV1Api
        CoreV1Api(cluster.client).read_namespaced_pod("nothing", "shop")

    def test_whose_own_call_is_cut(chaos, cluster):
        from kubernetes.client import CoreV1Api
        cluster.client.configuration.retries = 0
        CoreV1Api(cluster.client).read_namespaced_secret("cut", "shop")

    def test_that_passes(chaos, healthy_deployment):
        assert chaos.run(kill(1), healthy_deployment).recovery_time < 60

    def test_that_fails(chaos, healthy_deployment):
        outage = chaos.run(kill(1), healthy_deployment, check=False)
        assert outage.verdict == "never"

    def test_that_fails_in_its_block(chaos, healthy_deployment):
        with chaos.inject(kill(1), healthy_deployment):
            assert chaos is None

    def test_that_is_blocked(chaos, healthy_deployment):
        chaos.run(evict(1), healthy_deployment, within=0.5)

    def test_without_a_target(chaos, cluster):
        chaos.run(kill(1), cluster.deployment("nothing"))

    def test_with_a_failing_probe(chaos, cluster):
        chaos.run(kill(1), cluster.deployment("timeserver").steady_when(cluster.http("/broken", service="web")))

    @pytest.fixture
    def broken(chaos, healthy_deployment):
        chaos.run(kill(99), healthy_deployment)

    def test_that_errs_in_its_setup(broken):
        pass

    @pytest.fixture
    def worse(chaos, cluster):
        yield
        cluster.http("/broken", service="web")()

    def test_that_errs_in_its_teardown(worse):
        pass
"""
INTERRUPTED = """
    import os
    import signal
    import threading

    def test_that_is_interrupted_in_a_call(chaos, cluster):
        threading.Timer(0.3, os.kill, [os.getpid(), signal.{signal}]).start()
        cluster.http("/hang", service="web")()
"""


def users(folder: Path) -> dict[str, Any]:
    """A user for each way to log in, each with canaries."""
    plugin = folder / "plugin"
    status = {"token": CANARIES["printed"]}
    printed = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    plugin.write_text(f"#!/bin/sh\necho a complaint >&2\necho '{json.dumps(printed)}'\n")
    plugin.chmod(0o755)
    pem = base64.b64encode(CANARIES["key"].encode()).decode()
    variable = {"name": "PLUGIN_SECRET", "value": CANARIES["variable"]}
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(plugin),
        "args": [f"--client-secret={CANARIES['argument']}"],
        "env": [variable],
        "interactiveMode": "Never",
    }
    return {
        "token": {"token": CANARIES["token"]},
        "password": {"username": "me", "password": CANARIES["password"]},
        "key": {"client-certificate-data": pem, "client-key-data": pem},
        "exec": {"exec": exec_},
        "other": {"token": CANARIES["other"]},
    }


def kubeconfig(url: str, folder: Path) -> str:
    """A kubeconfig full of secrets, with a context for each user, and one whose server's URL has a password."""
    secret_url = url.replace("//", f"//me:{CANARIES['url']}@")
    made = users(folder)
    contexts = {name: {"cluster": "it", "user": name, "namespace": "shop"} for name in made}
    contexts["url"] = {"cluster": "secret", "user": "token", "namespace": "shop"}
    return json.dumps(
        {
            "clusters": [
                {"name": "it", "cluster": {"server": url}},
                {"name": "secret", "cluster": {"server": secret_url}},
            ],
            "users": [{"name": name, "user": user} for name, user in made.items()],
            "contexts": [{"name": name, "context": context} for name, context in contexts.items()],
        }
    )


@pytest.fixture
def secretive(run: Runner, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Runs on a cluster that hangs, breaks and refuses; the kubeconfig and the environment are full of secrets."""
    tiny.kubeconfig.write_text(kubeconfig(tiny.server.url, tmp_path))
    monkeypatch.setenv("SOME_PASSWORD", CANARIES["environment"])
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{CANARIES['proxy']}@127.0.0.1:9")
    on = tiny.server.on
    on("GET", f"{PROXY}/hang", hang)
    on("GET", f"{PROXY}/broken", failure(500, "broken"))
    on("GET", f"{NAMESPACE}/pods/nothing", failure(404, "no such pod", "NotFound"))
    on("GET", f"{NAMESPACE}/secrets/cut", reply(b"{", headers={"Content-Length": "9"}))
    on("POST", f"{NAMESPACE}/pods/*", failure(429, "no", "TooManyRequests"))
    on("POST", WHOAMI, reply({"status": {"userInfo": {"username": "me"}}}, 201))
    return run


def outputs(result: Run) -> dict[str, str]:
    """Everything that a run has printed or written, by name."""
    written = [
        path for path in result.folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc", ".ini")
    ]
    found = {str(path.relative_to(result.folder)): path.read_text(errors="replace") for path in written}
    return {"the terminal": result.out, **found}


def occurrences(result: Run) -> list[str]:
    """Where a canary, or a part of one, is in the outputs; prints how many were looked for."""
    # A long value is cut in its middle, so either end of a secret may be printed without the rest.
    parts = {part for secret in CANARIES.values() for part in (secret[:18], secret[-18:], *in_base64(secret))}
    found = outputs(result)
    places = [f"{part} in {name}" for name, text in found.items() for part in parts if part in text]
    sys.stdout.write(f"canaries: {len(CANARIES)} secrets, {len(found)} outputs, occurrences {len(places)}\n")
    return places


def in_base64(secret: str) -> list[str]:
    """The middle of a secret in base64, by itself and after a user's name."""
    return [base64.b64encode(text.encode()).decode()[8:36] for text in (secret, f"me:{secret}")]


def test_a_canary_that_is_printed_is_found(run: Runner) -> None:
    result = run(f"def test_it():\n    secret = {CANARIES['token']!r}\n    assert not secret", *LOUD)
    assert occurrences(result)


def test_no_secret_is_in_any_output_of_a_run_that_fails_in_every_way(secretive: Runner) -> None:
    result = secretive(CODE, *LOUD, "-n2", "--chaos-within=1", context="token", process=True)
    assert result.code == 1
    failed = [name for name, outcome in result.outcomes.items() if outcome != "passed"]
    assert len(failed) >= 15
    assert {"junit.xml", "report.json"} < outputs(result).keys()
    assert occurrences(result) == []


@pytest.mark.parametrize("user", ["password", "key", "exec"])
def test_no_other_way_to_log_in_shows_its_secret(secretive: Runner, user: str) -> None:
    result = secretive(CODE, *LOUD, "-k", "times_out or own_call or in_its_block or ValueError", context=user)
    assert result.code == 1
    assert {*result.outcomes.values()} == {"failed"}
    assert occurrences(result) == []


@pytest.mark.parametrize(("name", "workers"), [("SIGTERM", ()), ("SIGINT", ("-n2",))])
def test_no_secret_is_in_any_output_of_a_run_that_is_interrupted(
    secretive: Runner, name: str, workers: tuple[str, ...]
) -> None:
    result = secretive(INTERRUPTED.format(signal=name), *LOUD, *workers, context="token", process=True)
    assert f"interrupted by {name}" in result.out
    assert occurrences(result) == []


def test_a_server_whose_url_has_a_password_is_refused_without_quoting_it(secretive: Runner) -> None:
    result = secretive(CODE, *LOUD, context="url")
    assert result.code == pytest.ExitCode.USAGE_ERROR
    assert "its server holds a user; give the user a username and a password instead" in result.out
    assert occurrences(result) == []
