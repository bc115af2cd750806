"""Every kind of target and every fault on a real Kubernetes."""

import json

import pytest

from tests.real.parts import kubectl
from tests.real.shop import Shop

TEST = """
    from kubechaos import evict, kill, kill_container, on_node, oldest, rollout_restart, scale, where

    def test_it(chaos, cluster, healthy_deployment):
        outage = chaos.run({fault}, healthy_deployment, within=40{more})
"""


def test_a_statefulset_gets_its_pod_back_in_its_place(shop: Shop) -> None:
    shop.deploy(kind="StatefulSet")
    run = shop.run(TEST.format(fault="kill(1)", more=""))
    assert (run.code, run.verdict, run.experiment["target"]["kind"]) == (0, "recovered", "StatefulSet")
    (victim,), (added,) = run.experiment["victims"], run.experiment["phases"]["added"]
    assert (added["name"], added["replaces"]) == (victim["name"], victim["uid"])
    assert added["uid"] != victim["uid"]


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_statefulset_of_which_all_are_killed_recovers(shop: Shop, policy: str) -> None:
    shop.deploy(kind="StatefulSet", podManagementPolicy=policy)
    run = shop.run(TEST.format(fault='kill("all")', more=""))
    assert (run.code, run.verdict, run.experiment["min_ready"]) == (0, "recovered", 0)
    assert {each["replaces"] for each in run.experiment["phases"]["added"]} == {
        each["uid"] for each in run.experiment["victims"]
    }


def test_a_daemonset_gets_its_pod_back_on_its_node(shop: Shop) -> None:
    shop.deploy(kind="DaemonSet")
    run = shop.run(TEST.format(fault='kill(on_node("node-2"))', more=""))
    assert (run.code, run.verdict, run.experiment["wanted"]) == (0, "recovered", 2)
    (victim,), (added,) = run.experiment["victims"], run.experiment["phases"]["added"]
    assert (added["node"], victim["node"], added["replaces"]) == ("node-2", "node-2", victim["uid"])


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_rollout_restart_replaces_every_pod_and_is_no_interference(shop: Shop, kind: str) -> None:
    shop.deploy(kind=kind)
    run = shop.run(TEST.format(fault="rollout_restart()", more=""))
    assert (run.code, run.verdict, run.experiment["proof"]["kind"]) == (0, "recovered", "replaced")
    assert len(run.experiment["phases"]["removed"]) == run.experiment["wanted"]
    assert "TargetChanged" not in run.alerts


@pytest.mark.parametrize("replicas", [1, 5])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_scaled_workload_is_put_back_and_owed_from_then_on(shop: Shop, kind: str, replicas: int) -> None:
    shop.deploy(kind=kind)
    run = shop.run(TEST.format(fault=f"scale({replicas})", more=", hold=3"))
    assert (run.code, run.verdict, run.experiment["proof"]["kind"]) == (0, "recovered", "scaled")
    assert (run.experiment["wanted"], run.experiment["min_ready"]) == (3, min(3, replicas))
    assert kubectl("get", shop.target, "-o", "jsonpath={.spec.replicas}") == "3"


def test_an_eviction_that_its_budget_allows_is_recovered(shop: Shop) -> None:
    shop.deploy()
    budget(shop, 2)
    run = shop.run(TEST.format(fault="evict(1)", more=""))
    assert (run.code, run.verdict, run.gate) == (0, "recovered", "pass")
    assert run.experiment["fault"]["name"] == "evict"


def test_three_evictions_under_a_budget_of_one_wait_for_each_other_as_in_kubectl_drain(shop: Shop) -> None:
    shop.deploy()
    budget(shop, 2)
    run = shop.run(TEST.format(fault='evict("all")', more=""))
    assert (run.code, run.verdict, run.gate, run.experiment["min_ready"]) == (0, "recovered", "pass", 2)
    assert len(run.experiment["victims"]) == 3
    assert run.experiment["blocked_for"] > 0


def test_an_eviction_that_its_budget_does_not_allow_is_blocked_and_named(shop: Shop) -> None:
    shop.deploy()
    budget(shop, 3)
    run = shop.run(TEST.format(fault="evict(1)", more=""))
    assert (run.code, run.verdict, run.gate) == (1, "blocked", "fail")
    assert f"The disruption budget {shop.name}-3 needs 3 healthy pods and has 3 currently" in run.failure()


def test_an_eviction_under_two_budgets_is_blocked_and_says_so(shop: Shop) -> None:
    shop.deploy()
    budget(shop, 1)
    budget(shop, 2)
    run = shop.run(TEST.format(fault="evict(1)", more=""))
    assert (run.code, run.verdict) == (1, "blocked")
    assert "more than one PodDisruptionBudget" in run.failure()


def test_a_container_is_restarted_in_place_or_refused_with_the_reason(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(TEST.format(fault="kill_container(1)", more=""))
    (pod, *_) = json.loads(kubectl("get", "pods", "-l", f"app={shop.name}", "-o", "json"))["items"]
    if "@sha256:" in pod["status"]["containerStatuses"][0]["imageID"]:
        assert (run.code, run.verdict, run.experiment["proof"]["kind"]) == (0, "recovered", "restarted")
        assert run.experiment["phases"] == {"removed": [], "added": []}
    else:
        assert (run.code, run.verdict) == (1, "refused")
        assert "has no digest" in run.failure()


def test_pods_without_a_workload_of_ours_are_a_target(shop: Shop) -> None:
    shop.deploy(kind="StatefulSet")
    run = shop.run(f"""
        from kubechaos import kill

        def test_it(chaos, cluster):
            chaos.run(kill(1), cluster.pods("app={shop.name}", expect=3), within=40)
    """)
    assert (run.code, run.verdict, run.experiment["target"]["kind"]) == (0, "recovered", "Pods")


def test_pods_that_nothing_would_bring_back_are_refused(shop: Shop) -> None:
    shop.deploy()
    image = "--image=docker.io/library/busybox:1.35.0"
    kubectl("run", f"{shop.name}-bare", image, f"--labels=app={shop.name}", "--command", "--", "sleep", "600")
    run = shop.run(f"""
        from kubechaos import kill

        def test_it(chaos, cluster):
            chaos.run(kill(1), cluster.pods("app={shop.name}", expect=4))
    """)
    assert (run.code, run.verdict) == (1, "refused")
    assert f"pod {shop.name}-bare has no controller" in run.failure()


def test_ctrl_c_during_a_hold_puts_back_what_was_scaled(shop: Shop) -> None:
    shop.deploy()
    process = shop.start(TEST.format(fault="scale(1)", more=", hold=10"))
    shop.await_line('"type":"answered"')
    process.send_signal(2)
    run = shop.finish(process)
    assert (run.code, run.verdict) == (2, "interrupted")
    assert kubectl("get", shop.target, "-o", "jsonpath={.spec.replicas}") == "3"


def budget(shop: Shop, healthy: int) -> None:
    """Make a budget that wants so many pods healthy."""
    manifest = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": f"{shop.name}-{healthy}"},
        "spec": {"minAvailable": healthy, "selector": {"matchLabels": {"app": shop.name}}},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    kubectl("wait", f"pdb/{shop.name}-{healthy}", "--for=jsonpath={.status.expectedPods}=3", "--timeout=20s")


def test_a_service_is_asked_through_the_proxy_while_its_pods_are_killed(shop: Shop) -> None:
    shop.deploy()
    kubectl("expose", shop.target, "--port=80", "--target-port=8080")
    run = shop.run(f"""
        from kubechaos import kill

        def test_it(chaos, cluster, healthy_deployment):
            probe = cluster.http("/", service="{shop.name}")
            chaos.run(kill(1), healthy_deployment.steady_when(probe), within=40)
    """)
    assert (run.code, run.verdict) == (0, "recovered")
    (asked,) = run.experiment["probes"].values()
    assert asked["samples"] > 20
