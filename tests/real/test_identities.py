"""As whom a fault is injected, and into which cluster, on a real API server: what kubectl would refuse is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.real.parts import kubectl
from tests.real.shop import KILL_ONE, Run, Shop

SCALE = """
    from kubechaos import scale

    def test_it(chaos, healthy_deployment):
        chaos.run(scale(4), healthy_deployment, hold=2, within=20)
"""
IMPORTED = """
    import os
    import kubernetes.client
    os.environ["KUBECONFIG"] = {path!r}
"""
READS = [
    {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
]


def pods(shop: Shop) -> str:
    """The uids of the pods."""
    return kubectl("get", "pods", f"--selector=app={shop.name}", "-o", "jsonpath={.items[*].metadata.uid}")


def changed(shop: Shop, name: str, user: dict[str, Any], **cluster: Any) -> Path:
    """Write the administrator's kubeconfig with more in its user or cluster; return its path."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config["users"][0]["user"] |= user
    config["clusters"][0]["cluster"] |= cluster
    path = shop.folder / name
    path.write_text(json.dumps(config))
    return path


def run(shop: Shop, test: str, kubeconfig: Path) -> Run:
    """Run a test with a kubeconfig."""
    return shop.finish(shop.start(test, environment={"KUBECONFIG": str(kubeconfig)}))


def grant(shop: Shop, user: str, *rules: dict[str, Any]) -> None:
    """Let a user do what the rules say, in the namespace."""
    meta = {"name": shop.name}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": list(rules)}
    kubectl("create", "-f", "-", stdin=json.dumps(role))
    kubectl("create", "rolebinding", shop.name, f"--role={shop.name}", f"--user={user}")


def test_who_acts_as_somebody_without_rights_kills_nothing(shop: Shop) -> None:
    shop.deploy()
    before = pods(shop)
    result = run(shop, KILL_ONE, changed(shop, "jane", {"as": "jane", "as-groups": ["developers"]}))
    assert (result.code, result.verdict, result.gate) == (1, "refused", "fail")
    assert 'User "jane" cannot get resource "deployments"' in result.failure()
    assert "on context devcluster as jane (https://" in result.output
    assert pods(shop) == before


def test_who_acts_as_somebody_with_rights_kills_as_him(shop: Shop) -> None:
    shop.deploy()
    grant(
        shop,
        "jane",
        *READS,
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
    )
    result = run(shop, KILL_ONE, changed(shop, "jane", {"as": "jane"}))
    assert (result.code, result.verdict) == (0, "recovered")


def test_a_role_may_name_the_one_workload_that_is_changed(shop: Shop) -> None:
    shop.deploy()
    named = {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": [shop.name]}
    grant(shop, "jane", *READS, {**named, "verbs": ["get", "list", "watch", "patch"]})
    config = changed(shop, "jane", {"as": "jane"})
    result = run(shop, SCALE, config)
    assert (result.code, result.verdict) == (0, "recovered")
    kubectl(
        "patch",
        "role",
        shop.name,
        "--type=json",
        "-p",
        json.dumps(
            [
                {"op": "replace", "path": "/rules/2/verbs", "value": ["get", "list", "watch"]},
            ]
        ),
    )
    result = run(shop, SCALE, config)
    assert (result.code, result.verdict) == (1, "refused")
    assert f'user "jane" may not patch deployments.apps "{shop.name}" in namespace "{shop.name}"' in result.failure()


def test_the_cluster_is_that_of_the_kubeconfig_of_the_moment(shop: Shop) -> None:
    shop.deploy()
    before = pods(shop)
    other = changed(shop, "other", {}, server="https://127.0.0.1:1")
    (shop.folder / "conftest.py").write_text(
        "\n".join(each.strip() for each in IMPORTED.splitlines()).format(path=str(other))
    )
    result = shop.run()
    assert (result.code, result.gate) == (1, "fail")
    assert f"on context devcluster (https://127.0.0.1:1, kubeconfig {other})" in result.output
    assert pods(shop) == before


PLUGINS = {
    "missing": (
        {"command": "kubelogin-not-there", "installHint": "install kubelogin"},
        "could not be started: No such",
    ),
    "failing": ({"command": "false"}, "exec plugin false ended with exit code 1"),
    "of another apiVersion": ({"command": "./plugin"}, "v1beta1, not ExecCredential client.authentication.k8s.io/v1"),
}


@pytest.mark.parametrize("name", PLUGINS)
def test_an_exec_plugin_that_is_no_use_is_named_and_nobody_goes_on_as_nobody(shop: Shop, name: str) -> None:
    plugin, said = PLUGINS[name]
    printed = (
        '{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "status": {"token": "a"}}'
    )
    (shop.folder / "plugin").write_text(f"#!/bin/sh\necho '{printed}'\n")
    (shop.folder / "plugin").chmod(0o700)
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", **plugin}
    nobody = {"client-certificate-data": "", "client-key-data": ""}
    result = run(shop, KILL_ONE, changed(shop, "config", {**nobody, "exec": exec_}))
    assert result.code == 4
    assert said in result.output
