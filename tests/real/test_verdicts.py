"""Red when it must be, and green in spite of what only looks bad: the verdicts of a pod kill on a real Kubernetes."""

import pytest

from kubechaos.plugin.options import OPTIONS
from tests.real.parts import ctr, kubectl, nodes
from tests.real.shop import IMAGE, SERVER, Shop

DEFAULT = next(option.default for option in OPTIONS if option.name == "stable-for")
ORIGIN = ["ChaosStarted", "PodDeleted", "ProblemDetected", "RecoveryStarted", "RecoveryComplete"]
WITHIN_10 = """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment, within=10)
"""


def test_a_kill_that_is_recovered_from_passes_with_all_alerts(shop: Shop) -> None:
    shop.deploy()
    run = shop.run()
    assert (run.code, run.verdict, run.gate) == (0, "recovered", "pass")
    assert sorted(run.alerts) == sorted(ORIGIN)
    assert run.experiment["proof"]["kind"] in ("gone", "stopped")
    (victim,), (added,) = run.experiment["victims"], run.experiment["phases"]["added"]
    assert victim["uid"] != added["uid"]
    assert (
        added["created"] <= added["scheduled"] <= added["started"] <= added["ready"] <= run.experiment["recovery_time"]
    )


def test_an_image_that_is_gone_is_not_recovered_and_named(shop: Shop) -> None:
    image = f"localhost:1/{shop.name}:1"
    for node in nodes():
        ctr(node, "images", "tag", IMAGE, image)
    shop.deploy(image=image)
    for node in nodes():
        ctr(node, "images", "rm", "--sync", image)
    run = shop.run(WITHIN_10)
    assert (run.code, run.verdict, run.gate) == (1, "not_recovered", "fail")
    assert "ImagePullBackOff" in run.failure() or "ErrImagePull" in run.failure()
    assert "ImagePullBackOff" in run.alerts
    assert run.experiment["recovery_time"] is None


def test_one_replica_is_refused_in_setup(shop: Shop) -> None:
    shop.deploy(replicas=1)
    run = shop.run()
    assert (run.code, run.verdict, run.gate) == (1, "refused", "fail")
    assert run.test["outcome"] == "error"
    assert "wants 1 replicas" in run.failure()


def test_a_rollout_in_progress_is_not_steady(shop: Shop) -> None:
    shop.deploy()
    shop.deploy(ready=False, server=f"sleep 600; {SERVER}")
    run = shop.run(WITHIN_10, "--chaos-settle=3")
    assert (run.code, run.verdict, run.test["outcome"]) == (1, "not_steady", "error")
    assert "rollout" in run.failure() or "current template" in run.failure()


def test_a_finalizer_that_keeps_the_victim_is_an_alert_of_a_recovered_run(shop: Shop) -> None:
    shop.deploy()
    for pod in kubectl("get", "pods", "-l", f"app={shop.name}", "-o", "name").split():
        kubectl("patch", pod, "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/keep"]}}')
    run = shop.run()
    for pod in kubectl("get", "pods", "-l", f"app={shop.name}", "-o", "name").split():
        kubectl("patch", pod, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert (run.code, run.verdict) == (0, "recovered")
    (stuck,) = [alert for alert in run.experiment["alerts"] if alert["name"] == "NotGone"]
    assert "example.com/keep" in stuck["message"]
    assert run.experiment["victims"][0]["gone"] is None


def test_readiness_that_flaps_after_becoming_ready_is_not_recovered(shop: Shop) -> None:
    shop.deploy()
    shop.break_new_pods("flap")
    run = shop.run(WITHIN_10, "--chaos-stable-for=4")
    assert (run.code, run.verdict) == (1, "not_recovered")
    assert "lost its readiness" in run.failure()


@pytest.mark.alone  # its kubelet must notice the death within a second: the window is 10 s
def test_a_replacement_that_dies_nine_seconds_after_its_start_is_red_with_the_default_window(shop: Shop) -> None:
    shop.deploy()
    shop.break_new_pods("later")
    run = shop.run(WITHIN_10.replace("within=10", "within=20"), f"--chaos-stable-for={DEFAULT}")
    assert (run.code, run.verdict) == (1, "not_recovered")


def test_a_victim_that_ignores_sigterm_does_not_delay_the_recovery(shop: Shop) -> None:
    shop.deploy(server=SERVER.replace("trap 'exit 0' TERM", "trap '' TERM"), grace=12)
    run = shop.run()
    assert (run.code, run.verdict) == (0, "recovered")
    assert run.experiment["recovery_time"] < run.experiment["proof"]["at"]
    assert run.experiment["proof"]["at"] > 11


def test_a_second_pod_killed_by_somebody_else_is_recovered_from_and_reported(shop: Shop) -> None:
    shop.deploy(replicas=4)
    test = f"""
        import json
        import subprocess
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment):
                command = ["kubectl", "get", "pods", "-l", "app={shop.name}", "-o", "json"]
                pods = json.loads(subprocess.check_output(command))
                alive = [pod["metadata"]["name"] for pod in pods["items"] if "deletionTimestamp" not in pod["metadata"]]
                subprocess.check_call(["kubectl", "delete", "pod", alive[0], "--wait=false"])
    """
    run = shop.run(test)
    assert (run.code, run.verdict) == (0, "recovered")
    assert "TargetChanged" in run.alerts


def test_a_deployment_deleted_by_somebody_else_is_inconclusive(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(_meddling("delete", "deployment", shop.name, "--wait=false"))
    assert (run.code, run.verdict, run.gate) == (1, "inconclusive", "fail")
    assert "deleted by somebody else" in run.failure()


def test_a_deployment_scaled_to_0_by_somebody_else_is_inconclusive(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(_meddling("scale", f"deployment/{shop.name}", "--replicas=0"))
    assert (run.code, run.verdict) == (1, "inconclusive")
    assert "scaled from 3 to 0" in run.failure()


def test_a_held_fault_that_somebody_else_undoes_is_inconclusive_and_they_are_named(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(f"""
        import subprocess
        import threading
        from kubechaos import scale

        def test_it(chaos, healthy_deployment):
            undo = ["kubectl", "scale", "deployment/{shop.name}", "--replicas=3"]
            threading.Timer(3, lambda: subprocess.run(undo, check=True)).start()
            chaos.run(scale(1), healthy_deployment, hold=8, within=20)
    """)
    assert (run.code, run.verdict, run.gate) == (1, "inconclusive", "fail")
    assert 'scaled from 1 to 3 replicas by somebody else (field manager "kubectl") at +' in run.failure()
    assert run.experiment["recovery_time"] is None


def test_a_runner_that_was_stopped_while_the_target_recovered_has_no_result(shop: Shop) -> None:
    shop.deploy()
    run = shop.run("""
        import os
        import signal
        import subprocess
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment, within=6):
                waker = subprocess.Popen(["sh", "-c", f"sleep 9; kill -CONT {os.getpid()}"])
                os.kill(os.getpid(), signal.SIGSTOP)
                waker.wait()
    """)
    assert (run.code, run.verdict, run.gate) == (1, "inconclusive", "fail")
    assert "kubechaos did not run between " in run.failure()
    assert max(each["at"] - each["since"] for each in run.experiment["delays"] if not each["kind"]) > 8


def _meddling(*args: str) -> str:
    """A test in whose block somebody else runs kubectl."""
    return f"""
        import subprocess
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment, within=8):
                subprocess.check_call(["kubectl", *{args!r}])
    """
