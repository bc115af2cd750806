"""After a cluster that was not healed, and after a cancel, nothing more is injected: by no rerun, no other worker."""

import pytest

from tests.plugin.conftest import KILL, Runner
from tests.plugin.test_items_again import LIKE_FLAKY, LIKE_PYTEST_RETRY
from tests.plugin.tiny import Tiny

NOT_HEALED = """
    from pathlib import Path
    from kubechaos import kill
    from kubechaos.errors import NotHealedError

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        with open("attempts", "a") as attempts:
            attempts.write("1")
        raise NotHealedError("wants 1 replicas; put it back: kubectl scale --replicas=3")
"""
TWO_WORKERS = """
    import os, time
    from pathlib import Path
    import pytest
    from kubechaos import kill
    from kubechaos.errors import NotHealedError

    def wait_for(pattern):
        until = time.monotonic() + 60
        while not list(Path(".").glob(pattern)):
            assert time.monotonic() < until
            time.sleep(0.01)

    def test_ends_the_run(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        wait_for("in-the-other-worker")
        {end}

    def test_in_the_queue_of_that_worker(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)

    def test_in_the_other_worker(chaos, cluster):
        Path("in-the-other-worker").touch()
        wait_for("chaos-results/*/stopped")
        chaos.run(kill(1), cluster.deployment("timeserver"))

    @pytest.mark.parametrize("number", range(5))
    def test_in_the_queue_of_the_other(chaos, healthy_deployment, number):
        chaos.run(kill(1), healthy_deployment)
"""
RERUNS = pytest.mark.parametrize("args", [("--reruns=2",), ("--reruns=2", "-n1")], ids=["alone", "xdist"])


def stays_not_healed(result) -> None:
    """Assert that the exit code, the verdict and the advice are those of a cluster that was not healed."""
    assert (result.code, result.gate, result.verdicts) == (10, "fail", {"test_it": "not_healed"})
    assert result.json["exitcode"] == 10
    assert result.junit["test_it"]
    assert "put it back: kubectl scale --replicas=3" in result.out
    assert (result.folder / "attempts").read_text() == "1"


@RERUNS
def test_no_rerun_begins_on_a_cluster_that_was_not_healed(run: Runner, tiny: Tiny, args: tuple[str, ...]) -> None:
    result = run(NOT_HEALED, *args, process="-n1" in args)
    stays_not_healed(result)
    assert "2 rerun" not in result.out
    assert len(tiny.writes) == 1


@pytest.mark.parametrize("plugin", [LIKE_PYTEST_RETRY, LIKE_FLAKY], ids=["pytest-retry", "flaky"])
def test_no_other_plugin_runs_it_again_either(run: Runner, tiny: Tiny, plugin: str) -> None:
    run.pytester.makeconftest(plugin)
    result = run(NOT_HEALED, "-p", "no:rerunfailures")
    assert (result.code, result.gate) == (10, "fail")
    assert (result.folder / "attempts").read_text() == "1"
    assert len(tiny.writes) == 1


@RERUNS
def test_no_rerun_begins_after_a_cancel(run: Runner, tiny: Tiny, args: tuple[str, ...]) -> None:
    code = """
        import os, signal, time
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment):
                with open("attempts", "a") as attempts:
                    attempts.write("1")
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(20)
    """
    result = run(code, *args, process=True)
    assert (result.code, result.gate, result.verdicts) == (2, "incomplete", {"test_it": "interrupted"})
    assert (result.folder / "attempts").read_text() == "1"
    assert len(tiny.writes) == 1


@pytest.mark.parametrize(
    ("end", "code", "gate"),
    [
        ('raise NotHealedError("put it back: kubectl")', 10, "fail"),
        ("import signal; os.kill(os.getpid(), signal.SIGTERM); time.sleep(20)", 2, "incomplete"),
    ],
    ids=["not_healed", "cancel"],
)
def test_no_other_worker_injects_anything(run: Runner, tiny: Tiny, end: str, code: int, gate: str) -> None:
    result = run(TWO_WORKERS.format(end=end), "-n2", "--chaos-settle=20", process=True)
    assert (result.code, result.gate) == (code, gate), result.out[-3000:]
    assert len(tiny.writes) == 1
    assert "nothing more is injected: " in result.out


def test_a_test_that_swallows_a_cancel_injects_nothing_more(run: Runner, tiny: Tiny) -> None:
    code = """
        import os, signal, time
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(20)
            except BaseException:
                pass
            chaos.run(kill(1), healthy_deployment)
    """
    result = run(code, process=True)
    assert (result.code, result.gate, tiny.writes) == (2, "incomplete", [])


@pytest.mark.parametrize("returncode", ["", ", returncode=0", ", returncode=7"])
@pytest.mark.parametrize("args", [(), ("-n1",)], ids=["alone", "xdist"])
def test_pytest_exit_in_a_block_is_an_interruption_and_never_exit_code_0(
    run: Runner, args: tuple[str, ...], returncode: str
) -> None:
    code = f"""
        import pytest
        from pathlib import Path
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment):
                pytest.exit("enough"{returncode})

        def test_two(chaos, healthy_deployment):
            chaos.run(kill(1), healthy_deployment)
    """
    result = run(code, *args, process=True)
    assert (result.code, result.gate, result.verdicts) == (2, "incomplete", {"test_it": "interrupted"})
    assert "interrupted by pytest.exit: enough" in result.out
    assert result.junit["test_it"]


def test_pytest_exit_between_tests_is_never_exit_code_0_beside_chaos_tests_that_did_not_run(run: Runner) -> None:
    code = "    import pytest\n    def test_plain():\n        pytest.exit('enough', returncode=0)\n" + KILL
    result = run(code)
    assert (result.code, result.gate) == (1, "incomplete")


def test_a_worker_that_dies_after_its_heal_has_failed_leaves_exit_code_10(run: Runner) -> None:
    code = NOT_HEALED.replace(
        "    def test_it",
        """    import os
    import pytest

    @pytest.fixture
    def dies():
        yield
        os._exit(7)

    def test_it""",
    ).replace("test_it(chaos", "test_it(dies, chaos")
    result = run(code, "-n1", "--max-worker-restart=0", process=True)
    assert (result.code, result.gate) == (10, "fail")
