"""What cannot be excused, and what may be."""

import pytest

from tests.real.parts import kubectl
from tests.real.shop import KILL_ONE, Shop

NOT_STEADY = """
    import pytest
    from kubechaos import kill

    @pytest.mark.xfail
    def test_it(chaos, cluster):
        chaos.run(kill(1), cluster.deployment("{name}"))
"""
SWALLOWED = """
    from kubechaos import kill

    def test_it(chaos, cluster):
        try:
            chaos.run(kill(1), cluster.deployment("{name}"))
        except Exception:
            pass
"""
MISSPELT = """
    import pytest
    from kubechaos import kill

    {mark}
    def test_it(chaos, healthy_deployment):
        outage = chaos.run(kill(1), healthy_deployment)
        assert "ServiceDwon" not in outage.alerts
"""
FLAKY = """
    from pathlib import Path
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        first = not Path("ran").exists()
        Path("ran").touch()
        chaos.run(kill(1), healthy_deployment, within=0 if first else 60)
"""


def test_xfail_does_not_excuse_a_target_that_is_not_steady(shop: Shop) -> None:
    shop.deploy(ready=False, server="sleep 600")
    run = shop.run(NOT_STEADY.format(name=shop.name), "--chaos-settle=2")
    assert (run.code, run.verdict, run.test["outcome"], run.gate) == (1, "not_steady", "failed", "fail")


def test_a_swallowed_verdict_is_raised_again_in_teardown(shop: Shop) -> None:
    shop.deploy(ready=False, server="sleep 600")
    run = shop.run(SWALLOWED.format(name=shop.name), "--chaos-settle=2")
    assert (run.code, run.verdict, run.test["outcome"], run.gate) == (1, "not_steady", "error", "fail")
    assert run.junit["errors"] == 1


@pytest.mark.parametrize("mark", ["", "@pytest.mark.xfail"], ids=["plain", "xfail"])
def test_a_misspelt_alert_is_a_failure_that_names_the_known(shop: Shop, mark: str) -> None:
    shop.deploy()
    run = shop.run(MISSPELT.format(mark=mark))
    assert (run.code, run.test["outcome"], run.gate) == (1, "failed", "fail")
    assert "no alert rule is named 'ServiceDwon'" in run.failure()
    assert "ServiceDown" in run.failure()


def test_a_pass_on_a_rerun_is_flaky_not_pass(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(FLAKY, "--reruns=1")
    assert (run.code, run.gate) == (0, "flaky")


def test_who_may_not_delete_pods_is_refused_and_nothing_is_touched(shop: Shop) -> None:
    shop.deploy()
    before = kubectl("get", "pods", f"--selector=app={shop.name}", "-o", "jsonpath={.items[*].metadata.uid}")
    verbs, resources = "--verb=get,list,watch", "--resource=pods,deployments.apps,replicasets.apps,events"
    kubectl("create", "role", shop.name, verbs, resources)
    config = shop.service_account(role=shop.name)
    run = shop.finish(shop.start(KILL_ONE, environment={"KUBECONFIG": str(config)}))
    assert (run.code, run.verdict, run.gate) == (1, "refused", "fail")
    assert f'user "system:serviceaccount:{shop.namespace}:{shop.name}" may not delete pods' in run.failure()
    assert f'may not delete pods in namespace "{shop.namespace}"' in run.failure()
    assert kubectl("get", "pods", f"--selector=app={shop.name}", "-o", "jsonpath={.items[*].metadata.uid}") == before
