"""pytest-timeout in every phase of a chaos test: never a pass."""

import pytest

from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import NAMESPACE, Tiny, pod

METHOD = ("--timeout-method=signal", "-o", "timeout_func_only=false")


def test_a_timeout_in_the_setup_is_an_error(run: Runner, tiny: Tiny) -> None:
    tiny.put(f"{NAMESPACE}/pods", pod(2, ready=False))
    result = run(KILL, *METHOD, "--timeout=0.5", "--chaos-settle=60", process=True)
    assert (result.code, result.gate, result.outcomes) == (1, "fail", {"test_it": "error"})
    assert result.verdicts == {"test_it": "interrupted"}
    assert result.junit == {"test_it": ["error"]}
    assert tiny.writes == []


def test_a_timeout_in_a_block_is_a_failure_with_what_was_seen(run: Runner) -> None:
    code = """
        import time
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment, within=0.1):
                time.sleep(60)
    """
    run.pytester.makeconftest("import kubechaos.effects as effects; effects.STOP_MARGIN = 0")
    result = run(code, *METHOD, "--timeout=1.5", process=True)
    assert (result.code, result.gate, result.outcomes) == (1, "fail", {"test_it": "failed"})
    assert result.verdicts == {"test_it": "interrupted"}
    assert result.junit == {"test_it": ["failure"]}
    (experiment,) = result.json["tests"][0]["metadata"]["chaos"]["experiments"]
    assert experiment["proof"]["kind"] == "gone"


def test_the_timer_is_cancelled_before_the_teardown(run: Runner) -> None:
    code = """
        import time
        import pytest

        @pytest.fixture
        def slow(chaos):
            yield
            time.sleep(0.9)

        def test_it(slow): pass
    """
    result = run(code, *METHOD, "--timeout=0.8", process=True)
    assert (result.code, result.outcomes) == (0, {"test_it": "passed"})


@pytest.mark.parametrize("arguments", [("-o", "timeout_func_only=false"), ()], ids=["all phases", "func only"])
def test_a_timeout_that_is_too_short_for_the_experiment_is_refused(
    run: Runner, tiny: Tiny, arguments: tuple[str, ...]
) -> None:
    code = KILL.replace("    def test_it", "    import pytest\n\n    @pytest.mark.timeout(9)\n    def test_it")
    result = run(code, *arguments, process=True)
    assert "TimeoutTooShortError: this may take 10 s, but pytest-timeout ends the test in 9 s" in result.out
    assert (result.code, result.gate, result.verdicts, tiny.writes) == (1, "fail", {"test_it": "refused"}, [])


SCALE = """
    from kubechaos import scale

    def test_it(chaos, healthy_deployment):
        chaos.run(scale(1), healthy_deployment, hold=1)
"""


@pytest.mark.parametrize(
    ("arguments", "killer"),
    [
        (("--timeout-method=thread", "--timeout=300"), "timeout_method = thread"),
        pytest.param(
            ("--timeout=0", "-o", "faulthandler_timeout=300", "-o", "faulthandler_exit_on_timeout=true"),
            "faulthandler_exit_on_timeout = true",
            marks=pytest.mark.skipif(pytest.version_tuple < (9,), reason="this pytest does not end a process so"),
        ),
    ],
)
def test_what_must_be_undone_is_refused_where_a_timeout_would_end_the_process_without_a_teardown(
    run: Runner, tiny: Tiny, arguments: tuple[str, ...], killer: str
) -> None:
    result = run(SCALE, *arguments, process=True)
    assert f"scale(1) has to be undone, but {killer} ends the process at once" in result.out
    assert (result.code, result.verdicts, tiny.writes) == (1, {"test_it": "refused"}, [])


def test_a_kill_leaves_nothing_to_undo_and_is_not_refused_with_such_a_timeout(run: Runner) -> None:
    result = run(KILL, "--timeout-method=thread", "--timeout=300", process=True)
    assert result.verdicts == {"test_it": "recovered"}
