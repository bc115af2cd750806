"""The gate: one word over all chaos tests, the same in the last line and in the JSON."""

import pytest

from kubechaos import Verdict
from kubechaos.report import json
from kubechaos.report.run import Run
from tests.plugin import conftest
from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import Tiny

TWO = KILL + KILL.replace("test_it", "test_two")
FIRST_FAILS = """
    from kubechaos import kill

    def test_fails(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        assert not "as expected"

    def test_two(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
"""
FLAKY = """
    from pathlib import Path
    from kubechaos import InconclusiveError, NotRecoveredError, kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        again = Path("again").exists()
        Path("again").touch()
        assert again
"""


def test_all_recovered_is_pass_and_it_is_the_last_line(run: Runner) -> None:
    result = run(TWO)
    assert (result.code, result.gate) == (0, "pass")
    assert result.out.splitlines()[-1].startswith(
        "kubechaos: gate pass: 2 recovered; seed 7; artifacts in chaos-results/"
    )


def test_the_gate_is_the_last_line_of_a_quiet_run_too(run: Runner) -> None:
    assert run(KILL, "-qq").out.splitlines()[-1].startswith("kubechaos: gate pass: 1 recovered; seed 7;")


def test_one_failure_is_fail_whatever_else_there_is(run: Runner) -> None:
    result = run(FIRST_FAILS)
    assert (result.code, result.gate) == (1, "fail")
    assert result.verdicts == {"test_fails": "recovered", "test_two": "recovered"}


def test_what_x_left_out_does_not_make_a_failure_better(run: Runner) -> None:
    result = run(FIRST_FAILS, "-x")
    assert (result.code, result.gate, result.outcomes) == (1, "fail", {"test_fails": "failed"})


def test_chaos_tests_that_were_never_begun_are_incomplete(run: Runner) -> None:
    code = "    def test_plain():\n        assert not 1\n" + KILL
    result = run(code, "-x")
    assert (result.code, result.gate) == (1, "incomplete")


def test_a_session_that_is_ended_from_within_is_incomplete(run: Runner) -> None:
    code = (
        KILL
        + """
    import pytest

    def test_two(chaos):
        pytest.exit("enough", 0)
"""
    )
    result = run(code)
    assert result.gate == "incomplete"
    assert result.outcomes["test_two"] == "failed"
    assert result.junit["test_two"]


def test_tests_that_only_use_the_cluster_are_not_run(run: Runner) -> None:
    result = run("def test_it(cluster): assert cluster.client")
    assert (result.code, result.gate) == (0, "not_run")
    assert "kubechaos: gate not_run: no experiment;" in result.out


def test_chaos_tests_that_are_all_skipped_are_not_run(run: Runner) -> None:
    code = "import pytest\n" + KILL.replace("def test_it", "@pytest.mark.skip\n    def test_it").replace("\n    ", "\n")
    result = run(code)
    assert (result.code, result.gate, result.outcomes) == (0, "not_run", {"test_it": "skipped"})


def test_collecting_only_is_incomplete(run: Runner, tiny: Tiny) -> None:
    result = run(KILL, "--collect-only")
    assert "kubechaos: gate incomplete:" in result.out
    assert tiny.server.requests == []


def test_a_test_that_passes_only_on_a_rerun_is_flaky_and_each_attempt_has_its_artifacts(run: Runner) -> None:
    result = run(FLAKY, "--reruns=1")
    assert (result.code, result.gate, result.verdicts) == (0, "flaky", {"test_it": "recovered"})
    folders = sorted(path.name for path in (result.folder / "chaos-results").glob("*/*") if path.is_dir())
    assert folders == [folders[0], f"{folders[0]}-retry1"]
    for name in ("alerts.json", "events.ndjson", "outage.json"):
        assert len(list((result.folder / "chaos-results").glob(f"*/*/{name}"))) == 2


@pytest.mark.parametrize("error", ["NotRecoveredError", "InconclusiveError"])
def test_what_the_first_attempt_raised_does_not_taint_the_rerun(run: Runner, error: str) -> None:
    result = run(FLAKY.replace("assert again", f"if not again: raise {error}"), "--reruns=1")
    assert (result.code, result.gate, result.verdicts) == (0, "flaky", {"test_it": "recovered"})


def test_a_rerun_that_fails_again_is_fail(run: Runner) -> None:
    result = run(FLAKY.replace("assert again", "assert 0"), "--reruns=1")
    assert (result.code, result.gate) == (1, "fail")


def test_ordinary_failures_are_not_the_gates(run: Runner) -> None:
    result = run(KILL + "\n    def test_plain():\n        assert 0\n")
    assert (result.code, result.gate) == (1, "pass")


def test_the_same_gate_under_xdist(run: Runner) -> None:
    result = run(TWO, "-n1", process=True)
    assert (result.code, result.gate) == (0, "pass")
    assert result.verdicts == {"test_it": "recovered", "test_two": "recovered"}
    assert result.json["chaos"]["cluster"]["server_version"] == "v1.36.2"
    runs = {path.parent.name for path in (result.folder / "chaos-results").glob("*/*")}
    assert runs == {result.json["chaos"]["run"]}


def written_run(result: conftest.Run) -> Run:
    """The complete run, as it is read from its file."""
    (path,) = (result.folder / "chaos-results").glob("*/run.json")
    return json.decode(path.read_bytes(), Run)


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_the_complete_run_is_written_and_can_be_read_back(run: Runner, args: tuple[str, ...]) -> None:
    result = run(TWO, *args, process=bool(args))
    found = written_run(result)
    assert json.summary(found) == result.json["chaos"]
    assert [(test.outcome, test.verdict) for test in found.tests] == [("passed", Verdict.RECOVERED)] * 2
    (outage,) = found.tests[0].experiments
    assert (str(outage.fault), outage.verdict) == ("kill(1)", Verdict.RECOVERED)
    assert json.plain(outage) == result.json["tests"][0]["metadata"]["chaos"]["experiments"][0]


def test_a_run_that_cannot_be_written_says_so_and_keeps_its_outcome(run: Runner) -> None:
    code = """
        from pathlib import Path

        def test_it(cluster):
            Path("chaos-results").touch()
    """
    result = run(code)
    assert result.code == 0
    assert "kubechaos: the artifacts cannot be written" in result.out
    assert result.out.splitlines()[-1].startswith("kubechaos: gate not_run")


def test_a_cluster_that_was_not_healed_ends_the_session_with_exit_code_10(run: Runner) -> None:
    code = """
        from kubechaos.errors import NotHealedError

        def test_it(chaos, healthy_deployment):
            raise NotHealedError("still wants 1 replicas")

        def test_two(chaos, healthy_deployment):
            pass
    """
    result = run(code)
    assert (result.code, result.gate, result.outcomes) == (10, "fail", {"test_it": "failed"})
    assert result.json["exitcode"] == 10
