"""A missing result cannot be excused, a result can: by the same means, in every report."""

import pytest

from tests.loopback.rawserver import failure
from tests.plugin.conftest import Run, Runner
from tests.plugin.tiny import NAMESPACE, Tiny

INEXCUSABLE = {
    "NotHealedError": "not_healed",
    "FaultError": "interrupted",
    "RefusedError": "refused",
    "TooFewCandidatesError": "refused",
    "PermissionRefusedError": "refused",
    "UnreachableError": "refused",
    "NotSteadyError": "not_steady",
    "InconclusiveError": "inconclusive",
    "FaultNotProvenError": "fault_not_proven",
}
EXCUSABLE = {"NotRecoveredError": "not_recovered", "EvictionBlockedError": "blocked"}


def raising(error: str, mark: str = "", where: str = "test") -> str:
    """A test that raises an error of ours, in a phase."""
    return f"""
        import pytest
        from kubechaos.errors import *

        @pytest.fixture
        def phase(chaos):
            if "{where}" == "setup":
                raise {error}("the cause")
            yield
            if "{where}" == "teardown":
                raise {error}("the cause")

        {mark}
        def test_it(chaos, phase):
            if "{where}" == "test":
                raise {error}("the cause")
    """


def swallowing(how: str, before: str = "", act: str = "chaos.run(kill(1), healthy_deployment)") -> str:
    """A test that swallows what its experiment raises."""
    return f"""
        import pytest
        from kubechaos import *

        {before or "# no mark"}
        def test_it(chaos, healthy_deployment):
            try:
                {act}
            except {how}
    """


def red(result: Run, verdict: str) -> None:
    """Assert that every report says that there is no result, and none that it passed."""
    code = 10 if verdict == "not_healed" else 1
    assert (result.code, result.gate, result.verdicts) == (code, "fail", {"test_it": verdict})
    assert result.outcomes["test_it"] in ("failed", "error")
    assert result.junit["test_it"]
    assert not {"skipped"} & set(result.junit["test_it"])


@pytest.mark.parametrize(("error", "verdict"), INEXCUSABLE.items())
def test_xfail_cannot_excuse_a_missing_result(run: Runner, error: str, verdict: str) -> None:
    red(run(raising(error, "@pytest.mark.xfail")), verdict)


@pytest.mark.parametrize("where", ["setup", "teardown"])
@pytest.mark.parametrize("mark", ["@pytest.mark.xfail", "@pytest.mark.xfail(strict=True)"])
def test_xfail_cannot_excuse_it_in_any_phase(run: Runner, where: str, mark: str) -> None:
    red(run(raising("InconclusiveError", mark, where)), "inconclusive")


def test_xfail_that_names_the_error_cannot_excuse_it_either(run: Runner) -> None:
    red(run(raising("InconclusiveError", "@pytest.mark.xfail(raises=InconclusiveError)")), "inconclusive")


@pytest.mark.parametrize(("error", "verdict"), EXCUSABLE.items())
def test_xfail_excuses_a_result_that_was_expected(run: Runner, error: str, verdict: str) -> None:
    result = run(raising(error, "@pytest.mark.xfail(raises=AssertionError)"))
    assert (result.code, result.gate, result.verdicts) == (0, "pass", {"test_it": verdict})
    assert result.outcomes == {"test_it": "xfailed"}


@pytest.mark.parametrize(("error", "verdict"), EXCUSABLE.items())
def test_without_an_excuse_a_bad_result_fails(run: Runner, error: str, verdict: str) -> None:
    red(run(raising(error)), verdict)


def test_pytest_raises_excuses_a_recovery_that_is_not_expected(run: Runner, tiny: Tiny) -> None:
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)
    code = """
        import pytest
        from kubechaos import NotRecoveredError, kill

        def test_it(chaos, healthy_deployment):
            with pytest.raises(NotRecoveredError):
                chaos.run(kill(1), healthy_deployment, within=0.2)
    """
    result = run(code)
    assert (result.code, result.gate, result.verdicts) == (0, "pass", {"test_it": "not_recovered"})


def test_check_false_returns_a_bad_result_for_the_test_to_judge(run: Runner, tiny: Tiny) -> None:
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)
    code = """
        from math import inf
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            outage = chaos.run(kill(1), healthy_deployment, within=0.2, check=False)
            assert (outage.verdict, outage.recovery_time, outage.min_ready) == ("not_recovered", inf, 2)
            assert len(repr(outage)) < 240
    """
    result = run(code)
    assert (result.code, result.gate, result.verdicts) == (0, "pass", {"test_it": "not_recovered"})


def test_check_false_does_not_return_a_missing_result(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(404, "gone", "NotFound"))
    code = """
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            chaos.run(kill(1), healthy_deployment, check=False)
    """
    red(run(code), "fault_not_proven")


def test_an_eviction_that_the_server_fails_is_reported_and_does_not_hang(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("POST", f"{NAMESPACE}/pods/*/eviction", failure(500, "an admission webhook is away"))
    code = """
        from kubechaos import evict

        def test_it(chaos, healthy_deployment):
            chaos.run(evict(1), healthy_deployment)
    """
    result = run(code)
    red(result, "interrupted")
    assert "an admission webhook is away" in result.out


HOW = ["Exception: pass", "BaseException: pass", "ChaosError: print('never mind')", "RuntimeError: pass"]


@pytest.mark.parametrize("how", HOW)
def test_a_verdict_that_the_test_swallowed_is_raised_again_in_the_teardown(run: Runner, tiny: Tiny, how: str) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(404, "gone", "NotFound"))
    result = run(swallowing(how))
    red(result, "fault_not_proven")
    swallowed = "kubechaos: the test swallowed this verdict, which cannot be excused"
    assert (swallowed in result.out) == (how != "RuntimeError: pass")


def test_a_swallowed_verdict_cannot_be_excused_by_xfail_either(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(404, "gone", "NotFound"))
    red(run(swallowing("Exception: pass", "@pytest.mark.xfail(strict=False)")), "fault_not_proven")


def test_an_imperative_xfail_cannot_excuse_it(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(404, "gone", "NotFound"))
    red(run(swallowing('Exception: pytest.xfail("well known")')), "fault_not_proven")


def test_pytest_raises_cannot_excuse_it(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import RefusedError, kill

        def test_it(chaos, healthy_deployment):
            with pytest.raises(RefusedError):
                chaos.run(kill(9), healthy_deployment)
    """
    red(run(code), "refused")


def test_an_error_of_the_tests_own_that_came_of_it_is_enough(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(404, "gone", "NotFound"))
    result = run(swallowing('Exception as error: raise RuntimeError("mine") from error'))
    red(result, "fault_not_proven")
    assert result.outcomes == {"test_it": "failed"}
    assert "the test swallowed this verdict" not in result.out


def test_a_users_own_failed_assert_leaves_the_verdict(run: Runner) -> None:
    code = """
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            assert chaos.run(kill(1), healthy_deployment).recovery_time < 0
    """
    red(run(code), "recovered")


def test_an_error_in_the_block_wins_and_our_verdict_is_a_note(run: Runner) -> None:
    code = """
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment):
                raise ValueError("mine")
    """
    result = run(code)
    red(result, "interrupted")
    assert "ValueError: mine" in result.out
    assert "deployment/timeserver after kill(1): interrupted: ValueError: mine" in result.out


def test_a_test_has_the_worst_verdict_of_its_experiments(run: Runner, tiny: Tiny) -> None:
    code = """
        import pytest
        from kubechaos import NotRecoveredError, kill

        def test_it(chaos, healthy_deployment):
            with pytest.raises(NotRecoveredError):
                chaos.run(kill(1), healthy_deployment, within=0)
            chaos.run(kill(1), healthy_deployment)
    """
    slow = iter([True])

    def on_delete(name: str) -> None:
        tiny.recover(name)
        if next(slow, False):
            tiny.server.closing.wait(0.2)

    tiny.on_delete = on_delete
    result = run(code)
    assert result.verdicts == {"test_it": "not_recovered"}
    (test,) = result.json["tests"]
    words = [experiment["verdict"] for experiment in test["metadata"]["chaos"]["experiments"]]
    assert words == ["not_recovered", "recovered"]
