"""The embedded cluster's failures, as far as a real one can be made to fail like this: the same verdict and cause."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.real.parts import cordoned, kubectl, nodes, silent
from tests.real.shop import KILL_ONE, Run, Shop

NODES = ("node-1", "node-2")
HUGE = {"container": {"resources": {"requests": {"cpu": "900"}}}}
TOO_LITTLE = {"resources": {"limits": {"memory": "24Mi"}}}
READ = ["get", "list", "watch"]


def kill_one(shop: Shop) -> Run:
    """Kill one pod; 10 s are given to recover."""
    return shop.run(KILL_ONE, "--chaos-within=10")


def run_as(shop: Shop, **verbs: list[str]) -> Run:
    """Kill one pod as somebody who has only these verbs on each resource."""
    kubectl("create", "role", shop.name, "--verb=get,list,watch", "--resource=deployments.apps,replicasets.apps")
    for resource, allowed in verbs.items():
        name = f"{shop.name}-{resource}"
        kubectl("create", "role", name, f"--verb={','.join(allowed)}", f"--resource={resource}")
        kubectl("create", "rolebinding", name, f"--role={name}", f"--serviceaccount={shop.namespace}:{shop.name}")
    config: Path = shop.service_account(role=shop.name)
    return shop.finish(shop.start(KILL_ONE, environment={"KUBECONFIG": str(config)}))


@pytest.mark.parametrize(
    ("mode", "cause"),
    [
        ("hang", "2 of 3 pods .*; pod .*: ContainersNotReady: .*; Unhealthy: Readiness probe failed"),
        ("crash", r"CrashLoopBackOff: back-off [12]0s .*container=web.*exit code 3\).*its last log lines: no database"),
        ("hungry", "CrashLoopBackOff|OOMKilled"),
    ],
)
def test_a_failing_replacement_is_no_recovery_and_the_cause_is_named(shop: Shop, mode: str, cause: str) -> None:
    shop.deploy(container=TOO_LITTLE)
    shop.break_new_pods(mode)
    run = kill_one(shop)
    assert (run.code, run.verdict, run.gate) == (1, "not_recovered", "fail")
    assert re.search(cause, run.experiment["cause"]), run.experiment["cause"]
    assert run.experiment["cause"].strip() in run.failure()
    assert ("OOMKilled" in run.alerts) is (mode == "hungry")


@pytest.mark.alone
def test_a_replacement_that_no_node_takes_is_no_recovery(shop: Shop) -> None:
    shop.deploy()
    with cordoned(*NODES):
        run = kill_one(shop)
    assert (run.code, run.verdict, run.gate) == (1, "not_recovered", "fail")
    assert "Unschedulable: 0/2 nodes are available: 2 " in run.experiment["cause"]
    assert "Unschedulable" in run.alerts


def test_a_slow_replacement_is_a_late_recovery(shop: Shop) -> None:
    shop.deploy()
    shop.break_new_pods("slow")
    run = shop.run()
    assert (run.code, run.verdict) == (0, "recovered")
    assert run.experiment["recovery_time"] > 6
    assert "until it was Ready" in run.experiment["cause"]


@pytest.mark.alone
@pytest.mark.parametrize("component", ["kube-controller-manager", "kube-scheduler"])
def test_a_component_that_does_nothing_is_no_recovery(shop: Shop, component: str) -> None:
    shop.deploy()
    with silent(component):
        run = kill_one(shop)
    assert (run.code, run.verdict, run.gate) == (1, "not_recovered", "fail")
    assert "2 of 3 pods of the current template are Ready" in run.experiment["cause"]
    assert ("not scheduled yet" in run.experiment["cause"]) is (component == "kube-scheduler")
    assert ("NotCreated" in run.alerts) is (component == "kube-controller-manager")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("hang", "ContainersNotReady"),
        ("crash", "CrashLoopBackOff|exit code 3"),
        ("image-pull", "ErrImagePull|ImagePullBackOff"),
        ("unschedulable", "Insufficient cpu"),
    ],
)
def test_what_fails_from_the_start_is_never_steady(shop: Shop, name: str, why: str) -> None:
    broken: dict[str, dict[str, Any]] = {"image-pull": {"image": "localhost:1/none:9"}, "unschedulable": HUGE}
    if name in ("hang", "crash"):
        shop.break_new_pods(name)
    shop.deploy(ready=False, **broken.get(name, {}))
    run = shop.run(KILL_ONE, "--chaos-settle=8")
    assert (run.code, run.verdict, run.test["outcome"], run.gate) == (1, "not_steady", "error", "fail")
    assert re.search(f"0 of 3 pods of the current template are Ready; pod {shop.name}-.*({why})", run.failure())


def test_events_that_may_not_be_read_are_done_without_and_said_so(shop: Shop) -> None:
    shop.deploy()
    run = run_as(shop, pods=[*READ, "delete"], endpointslices=READ)
    assert (run.code, run.verdict) == (0, "recovered")
    assert run.experiment["unobserved"] == ["Event"]


def test_pods_that_may_not_be_watched_end_it(shop: Shop) -> None:
    shop.deploy()
    run = run_as(shop, pods=["get", "list", "delete"], events=READ, endpointslices=READ)
    assert (run.code, run.verdict, run.gate) == (1, "inconclusive", "fail")
    assert f'User "system:serviceaccount:{shop.namespace}:{shop.name}" cannot watch resource "pods"' in run.failure()


@pytest.mark.alone
def test_the_stopped_parts_of_this_cluster_work_again() -> None:
    unschedulable = kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.unschedulable}")
    assert (len(nodes()), unschedulable.strip()) == (2, "")
