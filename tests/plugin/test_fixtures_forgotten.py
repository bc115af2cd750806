"""A test that did nothing, or did it where nobody looks, is no pass."""

import pytest

from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import NAMESPACE, Tiny

FORGOT = """
    from kubechaos import kill

    def test_forgot(chaos, healthy_deployment):
        kill(1)
"""
IN_A_THREAD = """
    import pytest
    from concurrent.futures import ThreadPoolExecutor
    from kubechaos import NotRecoveredError, kill

    def test_it(chaos, healthy_deployment):
        with ThreadPoolExecutor() as executor:
            future = executor.submit(chaos.run, kill(1), healthy_deployment)
        {then}
"""
XDIST = pytest.mark.parametrize("args", [(), ("-n1",)], ids=["alone", "xdist"])


@XDIST
def test_a_test_that_injected_nothing_is_incomplete_and_named_in_the_last_line(
    run: Runner, args: tuple[str, ...]
) -> None:
    result = run(KILL + FORGOT, *args, process=bool(args))
    assert (result.code, result.gate) == (0, "incomplete")
    assert "1 recovered, 1 passed without injecting a fault (test_it.py::test_forgot);" in result.out
    assert result.json["chaos"]["injected_nothing"] == ["test_it.py::test_forgot"]


def test_a_test_that_injected_nothing_is_incomplete_alone_too(run: Runner) -> None:
    result = run(FORGOT)
    assert (result.code, result.gate) == (0, "incomplete")


def test_a_test_that_only_reads_the_cluster_is_not_expected_to_inject(run: Runner) -> None:
    result = run(KILL + "\n    def test_reads(cluster): assert cluster.client\n")
    assert (result.code, result.gate) == (0, "pass")


def test_a_skip_inside_a_block_is_no_excuse(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment):
                pytest.skip("the cluster is odd")
    """
    result = run(code)
    assert (result.code, result.gate, result.verdicts) == (1, "fail", {"test_it": "interrupted"})


def test_a_future_whose_error_nobody_read_is_an_error(run: Runner, tiny: Tiny) -> None:
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)
    result = run(IN_A_THREAD.format(then="pass"), "--chaos-within=0.1")
    assert (result.code, result.gate, result.outcomes) == (1, "fail", {"test_it": "error"})
    assert "NotRecoveredError: deployment/timeserver after kill(1): not recovered within 0.1 s" in result.out


def test_a_future_whose_error_was_raised_is_one_failure(run: Runner, tiny: Tiny) -> None:
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)
    result = run(IN_A_THREAD.format(then="future.result()"), "--chaos-within=0.1")
    assert (result.code, result.gate, result.outcomes) == (1, "fail", {"test_it": "failed"})
    assert "1 failed" in result.out
    assert "error" not in result.out.splitlines()[-2]


def test_a_future_that_recovered_is_a_pass(run: Runner) -> None:
    result = run(IN_A_THREAD.format(then="assert future.result().recovery_time < 30"))
    assert (result.code, result.gate) == (0, "pass")


def test_a_future_that_never_began_is_incomplete(run: Runner) -> None:
    code = IN_A_THREAD.format(then="pass").replace("executor.submit(", "(lambda *_: None)(")
    assert run(code).gate == "incomplete"
