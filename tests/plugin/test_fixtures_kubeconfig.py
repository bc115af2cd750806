"""Whose cluster, as whom: the kubeconfig of the moment in which a run begins, and what it says of its user."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.rawserver import failure, reply
from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import NAMESPACE, REVIEW, Tiny, kubeconfig


def error(result: Any) -> str:
    """The one line that pytest prints of a usage error."""
    (line,) = [line for line in result.out.splitlines() if line.startswith("ERROR: ")]
    return str(line)


@pytest.mark.parametrize("part", ["users"])
@pytest.mark.parametrize("left", [[], [{"name": "others", "cluster": {"server": "https://x"}, "user": {}}]])
def test_a_kubeconfig_without_the_contexts_user_or_cluster_is_one_line(
    run: Runner, tiny: Tiny, part: str, left: list[Any]
) -> None:
    config = {**kubeconfig(tiny.server.url), part: left}
    tiny.kubeconfig.write_text(json.dumps(config))
    result = run(KILL)
    assert result.code == 4
    assert f"kubeconfig {tiny.kubeconfig}, context 'tiny'" in error(result)
    assert tiny.server.requests == []


def test_a_kubeconfig_that_is_set_after_the_official_client_was_imported_counts(
    run: Runner, tiny: Tiny, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text(json.dumps(kubeconfig("http://127.0.0.1:1")))
    run.pytester.makeconftest(f"""
        import os
        import kubernetes.config
        os.environ["KUBECONFIG"] = {str(other)!r}
    """)
    result = run(KILL, process=True)
    assert (result.code, result.gate) == (1, "fail")
    assert f"on context tiny (http://127.0.0.1:1, kubeconfig {other}), namespace shop" in result.out
    assert tiny.server.requests == []


def test_of_several_files_the_first_line_names_the_one_that_defines_the_context(
    run: Runner, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users"
    users.write_text(json.dumps({"users": kubeconfig("")["users"]}))
    monkeypatch.setenv("KUBECONFIG", f"{users}:{tmp_path / 'none'}:{tiny.kubeconfig}:{users}")
    result = run(KILL)
    assert (result.code, result.gate) == (0, "pass")
    assert f"kubeconfig {tiny.kubeconfig})" in result.out


ALL_WAYS = """
    from kubechaos import kill
    from kubernetes.client import CoreV1Api

    def test_it(chaos, cluster):
        CoreV1Api(cluster.client).list_namespaced_config_map("shop")
        target = cluster.deployment("timeserver").steady_when(cluster.http("/health", service="web"))
        chaos.run(kill(1), target)
"""


def test_whom_the_kubeconfig_acts_as_is_in_the_first_line_and_in_every_request(run: Runner, tiny: Tiny) -> None:
    user = {"token": "admin", "as": "jane", "as-groups": ["dev"], "as-uid": "7", "as-user-extra": {"scopes": ["a"]}}
    tiny.kubeconfig.write_text(json.dumps({**kubeconfig(tiny.server.url), "users": [{"name": "me", "user": user}]}))
    tiny.server.on("GET", f"{NAMESPACE}/services/web/proxy/health", reply({}))
    tiny.server.on("GET", f"{NAMESPACE}/configmaps", reply({"items": []}))
    result = run(ALL_WAYS)
    assert (result.code, result.gate) == (0, "pass")
    assert f"on context tiny as jane ({tiny.server.url}, " in result.out
    headers = [{name.lower(): value for name, value in each.headers.items()} for each in tiny.server.requests]
    acted = {
        "impersonate-user": "jane",
        "impersonate-group": "dev",
        "impersonate-uid": "7",
        "impersonate-extra-scopes": "a",
    }
    assert [each for each in headers if not acted.items() <= each.items()] == []
    assert {"DELETE", "POST", "GET"} <= {each.method for each in tiny.server.requests}
    assert any("/proxy/" in each.path for each in tiny.server.requests)


def test_who_acts_as_somebody_without_rights_is_refused(run: Runner, tiny: Tiny) -> None:
    user = {"token": "admin", "as": "jane"}
    tiny.kubeconfig.write_text(json.dumps({**kubeconfig(tiny.server.url), "users": [{"name": "me", "user": user}]}))
    tiny.server.on("POST", REVIEW, failure(403, "jane has no rights", "Forbidden"))
    result = run(KILL)
    assert (result.code, result.gate, result.verdicts) == (1, "fail", {"test_it": "refused"})
    assert tiny.writes == []


def test_a_simulated_cluster_is_no_context_of_a_kubeconfig(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("GET", "/version", reply({"gitVersion": "v1.37.2+sim"}))
    result = run(KILL)
    assert "tiny is a simulated cluster: write --chaos-context embedded, for what is one" in result.out
    assert (result.code, result.verdicts, tiny.writes) == (1, {"test_it": "refused"}, [])
