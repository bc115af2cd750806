"""Ctrl-C, SIGTERM and pytest-timeout, wherever they strike: no report says passed."""

import os
import signal

import pytest

from tests.real.shop import KILL_ONE, Shop

SLOW_TEARDOWN = """
    import pathlib
    import time
    import pytest
    from kubechaos import kill

    @pytest.fixture
    def slow():
        yield
        pathlib.Path("torn").touch()
        time.sleep(3)

    def test_it(chaos, healthy_deployment, slow):
        chaos.run(kill(1), healthy_deployment)
"""
LONG = """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        with chaos.inject(kill(1), healthy_deployment) as ongoing:
            import time
            time.sleep(30)

    def test_another(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
"""
XDIST = ["-n1"]
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
WORKERS = pytest.mark.parametrize("workers", [[], XDIST], ids=["plain", "xdist"])


def _none_passed(run, code: int) -> None:
    assert run.code == code
    assert run.gate != "pass"
    assert [test["outcome"] for test in run.report["tests"] if test["outcome"] == "passed"] == []
    assert run.report["summary"].get("passed", 0) == 0
    assert run.junit["failures"] + run.junit["errors"] >= run.junit["tests"]


@SIGNALS
@WORKERS
def test_a_signal_in_setup_is_an_error(shop: Shop, number: signal.Signals, workers: list[str]) -> None:
    shop.deploy()
    process = shop.start(KILL_ONE, "--chaos-stable-for=30", "--chaos-settle=60", *workers)
    shop.await_line('"type":"listed"')
    os.kill(process.pid, number)
    _none_passed(shop.finish(process), 2)


@SIGNALS
@WORKERS
def test_a_signal_in_the_middle_of_a_run_is_a_failure(shop: Shop, number: signal.Signals, workers: list[str]) -> None:
    shop.deploy()
    process = shop.start(LONG, *workers)
    shop.await_line('"type":"injected"')
    os.kill(process.pid, number)
    run = shop.finish(process)
    _none_passed(run, 2)
    assert run.gate == "incomplete"


@SIGNALS
def test_a_signal_in_teardown_waits_for_it_and_is_an_error(shop: Shop, number: signal.Signals) -> None:
    shop.deploy()
    process = shop.start(SLOW_TEARDOWN)
    shop.await_line('"type":"ended"')
    while not (shop.folder / "torn").exists():
        assert process.poll() is None
    os.kill(process.pid, number)
    _none_passed(shop.finish(process), 2)


@WORKERS
def test_a_timeout_in_the_middle_of_a_run_is_a_failure(shop: Shop, workers: list[str]) -> None:
    shop.deploy()
    run = shop.run(LONG, "--timeout=20", "--chaos-within=5", "-k", "test_it", *workers)
    _none_passed(run, 1)
    assert run.verdict == "interrupted"


def test_a_timeout_in_setup_is_an_error(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(KILL_ONE, "--timeout=3", "-o", "timeout_func_only=false", "--chaos-stable-for=30")
    _none_passed(run, 1)


def test_a_timeout_does_not_cut_the_teardown_short(shop: Shop) -> None:
    shop.deploy()
    outlasting = SLOW_TEARDOWN.replace("time.sleep(3)", "time.sleep(30)")
    run = shop.run(outlasting, "--timeout=30", "-o", "timeout_func_only=false", "--chaos-within=10")
    assert (run.code, run.verdict, run.gate) == (0, "recovered", "pass")


def test_a_timeout_that_is_too_short_is_refused_before_anything_is_touched(shop: Shop) -> None:
    shop.deploy()
    run = shop.run(KILL_ONE, "--timeout=20")
    assert (run.code, run.verdict) == (1, "refused")
    assert "pytest-timeout ends the test in" in run.failure()
    assert run.test["metadata"]["chaos"]["experiments"] == []
