"""What must not pass, or be skipped, without a result."""

import time

from tests.loopback.rawserver import failure
from tests.plugin.conftest import KILL
from tests.plugin.test_items_verdicts import red, swallowing
from tests.plugin.tiny import NAMESPACE, pod

GONE = failure(404, "gone", "NotFound")


def test_a_skip_in_the_except_cannot_excuse_it(run, tiny) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", GONE)
    red(run(swallowing('Exception: pytest.skip("the cluster is odd")')), "fault_not_proven")


def test_an_exception_of_the_block_that_the_test_swallows_leaves_no_result_and_cannot_pass(run) -> None:
    code = """
        from kubechaos import kill
        def test_it(chaos, healthy_deployment):
            try:
                with chaos.inject(kill(1), healthy_deployment):
                    raise ValueError("mine")
            except ValueError:
                pass
    """
    red(run(code), "interrupted")


def test_a_timeout_that_the_test_swallows_cannot_pass(run, tiny) -> None:
    code = """
        import time
        from kubechaos import kill
        def test_it(chaos, healthy_deployment):
            try:
                with chaos.inject(kill(1), healthy_deployment, within=0.1):
                    time.sleep(30)
            except BaseException:
                pass
    """
    run.pytester.makeconftest("import kubechaos.effects as effects; effects.STOP_MARGIN = 0")
    red(run(code, "--timeout=1.5", "--timeout-method=signal", process=True), "interrupted")


def test_a_signal_that_the_test_swallows_outside_of_an_experiment_cannot_pass(run, tiny) -> None:
    code = """
        import os, signal, time
        def test_it(chaos, healthy_deployment):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(10)
            except BaseException:
                pass
    """
    result = run(code, process=True)
    assert result.code == 2
    assert result.outcomes["test_it"] != "passed"
    assert result.gate != "pass"


def test_chaos_that_is_asked_for_while_the_test_runs_is_refused(run, tiny) -> None:
    code = """
        from kubechaos import kill
        def test_it(request):
            chaos, target = request.getfixturevalue("chaos"), request.getfixturevalue("healthy_deployment")
            chaos.run(kill(1), target)
    """
    result = run(code)
    assert (result.code, tiny.writes, result.outcomes) == (1, [], {"test_it": "failed"})
    assert "RefusedError: chaos was asked for while the test ran: name it as an argument" in result.out


def test_a_worker_crash_is_no_pass(run, tiny) -> None:
    code = (
        KILL
        + """
    import os, pytest
    @pytest.fixture
    def crash(chaos):
        os._exit(7)
    def test_two(crash): pass
"""
    )
    result = run(code, "-n1", "--max-worker-restart=0", process=True)
    assert result.code != 0
    assert result.gate != "pass"


def test_a_worker_crash_in_the_call_is_no_pass(run, tiny) -> None:
    code = (
        KILL
        + """
    import os, pytest
    def test_two(chaos):
        os._exit(7)
"""
    )
    result = run(code, "-n1", process=True)
    assert result.code != 0
    assert result.gate != "pass"
    assert result.outcomes["test_two"] != "passed"


def test_a_collection_error_is_no_pass(run, tiny) -> None:
    run.pytester.makepyfile(test_broken="import nothing_there")
    result = run(KILL, "--continue-on-collection-errors")
    assert result.code != 0
    assert result.gate != "pass"


def test_xdist_bad_flag_does_not_matter_without_chaos_tests(run, tiny) -> None:
    result = run("def test_plain(): pass", "-n1", "--chaos-within=nan", process=True)
    assert result.code == 0, result.out[-3000:]


def test_a_settle_that_eats_the_timeout_is_refused(run, tiny) -> None:
    from threading import Thread

    def ready_late() -> None:
        with tiny.server.arrived:
            tiny.server.arrived.wait_for(lambda: any(r.path == f"{NAMESPACE}/pods" for r in tiny.server.requests), 60)
        time.sleep(1.5)
        tiny.put(f"{NAMESPACE}/pods", pod(2))

    tiny.put(f"{NAMESPACE}/pods", pod(2, ready=False))
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)
    code = KILL.replace("healthy_deployment)", "cluster)", 1).replace(
        "chaos.run(kill(1), healthy_deployment)", 'chaos.run(kill(1), cluster.deployment("timeserver"), within=11)'
    )
    thread = Thread(target=ready_late)
    thread.start()
    result = run(code, "--timeout=12", "--timeout-method=signal", "--chaos-settle=30", process=True)
    thread.join()
    assert tiny.writes == []
    assert "TimeoutTooShortError" in result.out


def test_an_ordinary_test_is_interrupted_as_pytest_does(run, tiny) -> None:
    code = (
        KILL
        + """
    import os, signal, time
    def test_plain():
        # A job that a shell began in the background ignores SIGINT from its start.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            open("seen", "w").close()
            raise
"""
    )
    result = run(code, process=True)
    assert (result.folder / "seen").exists()
