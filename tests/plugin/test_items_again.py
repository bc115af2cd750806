"""An item that begins twice is flaky, and a subtest that fails is a failure, whatever plugin is the cause."""

import pytest

from tests.plugin.conftest import Runner
from tests.plugin.tiny import Tiny

RETRIED = """
    from pathlib import Path
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        again = Path("again").exists()
        Path("again").touch()
        assert again
"""
LIKE_PYTEST_RETRY = """
    import pytest

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(item, call):
        '''What pytest-retry does: tear the item down and run it again, before its call is reported.'''
        report = yield
        if call.when == "call" and report.failed:
            report.outcome = "retried"
            item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_teardown(item=item, nextitem=pytest.Class.from_parent(item.session, name="none"))
            item._initrequest()
            pytest.CallInfo.from_call(lambda: item.ihook.pytest_runtest_setup(item=item), when="setup")
            again = pytest.CallInfo.from_call(lambda: item.ihook.pytest_runtest_call(item=item), when="call")
            second = pytest.TestReport.from_item_and_call(item, again)
            report.outcome, report.longrepr = second.outcome, second.longrepr
        return report

    def pytest_report_teststatus(report):
        if report.outcome == "retried":
            return "retried", "R", "RETRY"
"""
LIKE_FLAKY = """
    from _pytest.runner import call_and_report

    def pytest_runtest_protocol(item, nextitem):
        '''What flaky does: run the item until it passes, and report nothing of a call that failed.'''
        for _ in range(3):
            reports = []
            for when in ("setup", "call", "teardown"):
                extra = {"nextitem": nextitem} if when == "teardown" else {}
                reports.append(call_and_report(item, when, log=False, **extra))
                if reports[-1].passed:
                    item.ihook.pytest_runtest_logreport(report=reports[-1])
            item._initrequest()
            if all(report.passed for report in reports):
                break
        return True
"""
PLUGINS = pytest.mark.parametrize("plugin", [LIKE_PYTEST_RETRY, LIKE_FLAKY], ids=["pytest-retry", "flaky"])
XDIST = pytest.mark.parametrize("args", [(), ("-n1",)], ids=["alone", "xdist"])
# pytest 9 has brought the fixture; the TestCases of unittest always had subtests.
NEEDS_SUBTESTS = pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="this pytest has no fixture subtests")
SUBTESTS = """
    from kubechaos import InconclusiveError, kill

    def test_it(chaos, healthy_deployment, subtests):
        outage = chaos.run(kill(1), healthy_deployment)
        with subtests.test("passes"):
            assert outage.recovery_time < 30
        with subtests.test("the one"):
            {statement}
        with subtests.test("passes, too"):
            assert outage.min_ready < 3
"""
SUBTEST = """
    import unittest
    import pytest
    from kubechaos import kill

    class TestOld(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _take(self, chaos, healthy_deployment):
            self.chaos, self.target = chaos, healthy_deployment

        def test_it(self):
            with self.subTest("recovers at once"):
                self.chaos.run(kill(1), self.target, within=0)
            with self.subTest("passes"):
                pass
"""


@PLUGINS
@XDIST
def test_an_item_that_any_plugin_runs_again_is_flaky(run: Runner, plugin: str, args: tuple[str, ...]) -> None:
    run.pytester.makeconftest(plugin)
    result = run(RETRIED, *args, "-p", "no:rerunfailures", process=bool(args))
    assert (result.code, result.gate, result.verdicts) == (0, "flaky", {"test_it": "recovered"})
    assert result.json["chaos"]["earlier"] == {"recovered": 1}
    folders = sorted(path.name for path in (result.folder / "chaos-results").glob("*/*") if path.is_dir())
    assert folders == [folders[0], f"{folders[0]}-retry1"]


@PLUGINS
def test_the_verdict_of_a_first_attempt_is_not_forgotten(run: Runner, tiny: Tiny, plugin: str) -> None:
    run.pytester.makeconftest(plugin)
    result = run(
        RETRIED.replace("healthy_deployment)\n        again", "healthy_deployment, within=LIMIT)\n        again")
        .replace("def test_it", "LIMIT = 3.0\n\n    def test_it")
        .replace(
            "chaos.run",
            "if not Path('again').exists():\n            Path('again').touch()\n"
            "            chaos.run(kill(1), healthy_deployment, within=0)\n        chaos.run",
        ),
        "-p",
        "no:rerunfailures",
    )
    assert (result.code, result.gate, result.verdicts) == (0, "flaky", {"test_it": "recovered"})
    assert result.json["chaos"]["earlier"] == {"not_recovered": 1}
    assert "kubechaos: gate flaky: 1 recovered, before a rerun 1 not_recovered;" in result.out


@XDIST
def test_the_verdict_of_a_first_attempt_is_kept_beside_pytest_rerunfailures(run: Runner, args: tuple[str, ...]) -> None:
    code = RETRIED.replace("assert again", "assert again").replace(
        "chaos.run(kill(1), healthy_deployment)",
        "chaos.run(kill(1), healthy_deployment, within=3 if Path('again').exists() else (Path('again').touch() or 0))",
    )
    result = run(code, "--reruns=1", *args, process=bool(args))
    assert (result.code, result.gate, result.verdicts) == (0, "flaky", {"test_it": "recovered"})
    assert result.json["chaos"]["earlier"] == {"not_recovered": 1}


@NEEDS_SUBTESTS
@XDIST
@pytest.mark.parametrize(
    "statement",
    [
        "assert outage.min_ready == 3",
        "chaos.run(kill(1), healthy_deployment, within=0)",
        "raise InconclusiveError('as if')",
    ],
    ids=["assert", "not_recovered", "inconclusive"],
)
def test_a_subtest_that_fails_is_a_failure_of_the_gate(run: Runner, statement: str, args: tuple[str, ...]) -> None:
    result = run(SUBTESTS.format(statement=statement), *args, process=bool(args))
    assert (result.code, result.gate) == (1, "fail")


@XDIST
def test_a_subtest_of_unittest_that_fails_is_a_failure_of_the_gate(run: Runner, args: tuple[str, ...]) -> None:
    result = run(SUBTEST, *args, process=bool(args))
    assert (result.code, result.gate, result.verdicts) == (1, "fail", {"TestOld::test_it": "not_recovered"})


@NEEDS_SUBTESTS
def test_a_subtest_that_is_skipped_is_no_failure(run: Runner) -> None:
    result = run("    import pytest\n" + SUBTESTS.format(statement="pytest.skip('not here')"))
    assert (result.code, result.gate) == (0, "pass")


@NEEDS_SUBTESTS
def test_a_failed_subtest_that_passes_on_a_rerun_is_flaky(run: Runner) -> None:
    code = SUBTESTS.format(statement="assert again").replace(
        "outage =", "again = Path('again').exists()\n        Path('again').touch()\n        outage ="
    )
    result = run("    from pathlib import Path\n" + code, "--reruns=1")
    assert (result.code, result.gate) == (0, "flaky")


def test_an_item_that_is_repeated_under_other_names_is_not_flaky(run: Runner) -> None:
    code = """
        import pytest
        from kubechaos import kill

        @pytest.mark.parametrize("number", range(2))
        @pytest.mark.parametrize("same", ["a", "a"])
        def test_it(chaos, healthy_deployment, number, same):
            chaos.run(kill(1), healthy_deployment)
    """
    result = run(code)
    assert (result.code, result.gate, len(result.verdicts)) == (0, "pass", 4)


def test_an_item_that_is_selected_twice_has_begun_twice(run: Runner) -> None:
    code = """
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            chaos.run(kill(1), healthy_deployment)
    """
    result = run(code, "--keep-duplicates", "test_it.py", "test_it.py")
    assert "2 passed" in result.out
    assert (result.code, result.gate) == (0, "flaky")
    assert len(list((result.folder / "chaos-results").glob("*/*/outage.json"))) == 2


@pytest.mark.parametrize("when", ["", ", strict=True"], ids=["non-strict", "strict"])
def test_pytest_and_the_gate_agree_on_an_unexpected_pass(run: Runner, when: str) -> None:
    code = f"""
        import pytest
        from kubechaos import kill

        @pytest.mark.xfail(reason="a bug that was fixed"{when})
        def test_it(chaos, healthy_deployment):
            chaos.run(kill(1), healthy_deployment)
    """
    result = run(code)
    assert (result.code, result.gate) == ((1, "fail") if when else (0, "pass"))


EACH = """
    import os, time
    from pathlib import Path
    import pytest
    from kubechaos import kill

    WORKER = os.environ["PYTEST_XDIST_WORKER"]

    @pytest.fixture
    def turn():
        while WORKER == "gw1" and not Path("gw0").exists():
            time.sleep(0.01)
        yield
        Path(WORKER).touch()

    def test_it(turn, chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        assert WORKER in {passing}
"""


@pytest.mark.parametrize("passing", [["gw0"], ["gw1"], ["gw0", "gw1"]])
def test_each_worker_that_runs_an_item_counts_and_has_a_folder(run: Runner, passing: list[str]) -> None:
    result = run(EACH.format(passing=passing), "--dist=each", "--tx=2*popen", process=True)
    assert (result.code, result.gate) == ((0, "pass") if len(passing) == 2 else (1, "fail"))
    (test,) = result.json["tests"]
    assert len(test["metadata"]["chaos"]["experiments"]) == result.json["chaos"]["experiments"] == 2
    folders = sorted(path.name for path in (result.folder / "chaos-results").glob("*/*") if path.is_dir())
    assert [folder[-4:] for folder in folders] == ["-gw0", "-gw1"]
