"""A kill that is judged while the cluster's own parts fail: the right verdict, or `inconclusive` with the gap named."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.attacks.components import await_healthy, cut_off, dead, dead_for, paused_for
from tests.real.shop import Run, Shop

pytestmark = pytest.mark.alone
KILL_ONE = """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment, within={within})
"""
KILL_ON_NODE_2 = """
    from kubechaos import kill, on_node

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(on_node("node-2")), healthy_deployment, within={within})
"""
REQUIRED = {"Pod", "ReplicaSet", "Deployment"}


@pytest.fixture(autouse=True)
def _put_right_again(shop: Shop) -> Iterator[None]:
    """Let no test begin, or end, on a cluster that still suffers; `shop` is there so that it is removed after that."""
    del shop
    await_healthy()
    yield
    await_healthy()


def attacked(shop: Shop, attack: Callable[[], object], test: str = KILL_ONE, within: int = 25) -> Run:
    """Kill one pod of four, and attack as soon as the API server has accepted that."""
    shop.deploy(replicas=4)
    process = shop.start(test.format(within=within))
    shop.await_line('"type":"answered"')
    attack()
    return shop.finish(process)


def assert_honest(shop: Shop, run: Run) -> None:
    """Assert that a recovery is reported without a gap, and that a gap is named."""
    experiment = run.experiment
    gaps = [gap for gap in experiment["gaps"] if gap["kind"] in REQUIRED]
    if run.verdict == "recovered":
        assert (run.code, run.gate, gaps) == (0, "pass", [])
    else:
        assert (run.code, run.verdict, run.gate) == (1, "inconclusive", "fail")
        assert "may be missing" in run.failure() or f"api/v1/namespaces/{shop.namespace}" in run.failure()


def test_an_api_server_that_is_killed_and_restarted(shop: Shop) -> None:
    run = attacked(shop, lambda: dead_for("kube-apiserver", 3))
    assert_honest(shop, run)
    assert run.experiment["delays"] or run.experiment["gaps"]


def test_etcd_that_pauses_is_a_late_recovery(shop: Shop) -> None:
    run = attacked(shop, lambda: paused_for("etcd", 4))
    assert_honest(shop, run)
    assert run.verdict == "inconclusive" or run.experiment["recovery_time"] > 2


def test_etcd_that_pauses_beyond_the_time_to_recover_is_never_green(shop: Shop) -> None:
    run = attacked(shop, lambda: paused_for("etcd", 25), within=6)
    assert run.code == 1
    assert run.verdict in ("inconclusive", "not_recovered")


def test_a_node_that_is_cut_off_for_a_while_is_a_late_recovery(shop: Shop) -> None:
    def cut() -> None:
        with cut_off("node-2"):
            time.sleep(6)

    run = attacked(shop, cut, KILL_ON_NODE_2)
    assert_honest(shop, run)
    assert run.experiment["proof"]["at"] > 4


def test_victims_on_a_node_that_stays_cut_off_are_never_green(shop: Shop) -> None:
    shop.deploy(replicas=4)
    process = shop.start(KILL_ON_NODE_2.format(within=8))
    shop.await_line('"type":"answered"')
    with cut_off("node-2"):
        run = shop.finish(process, seconds=60)
    assert (run.code, run.gate) == (1, "fail")
    assert run.verdict in ("not_recovered", "fault_not_proven")
    assert "the kubelet said nothing" in run.failure() or "was asked to go" in run.failure()
    assert run.experiment["proof"] is None


def test_a_controller_manager_that_is_restarted_is_a_late_recovery(shop: Shop) -> None:
    shop.deploy(replicas=4)
    with dead("kube-controller-manager"):
        process = shop.start(KILL_ONE.format(within=40))
        shop.await_line('"type":"answered"')
        time.sleep(4)
    run = shop.finish(process)
    assert (run.code, run.verdict) == (0, "recovered")
    assert run.experiment["recovery_time"] > 4
    assert "until its replacement was created" in run.experiment["cause"]


def test_an_api_server_that_is_not_back_in_time_is_inconclusive(shop: Shop) -> None:
    shop.deploy(replicas=4)
    process = shop.start(KILL_ONE.format(within=8))
    shop.await_line('"type":"answered"')
    with dead("kube-apiserver"):
        run = shop.finish(process, seconds=60)
    assert (run.code, run.verdict, run.gate) == (1, "inconclusive", "fail")
    assert "refused" in run.failure()
