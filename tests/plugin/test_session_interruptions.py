"""Ctrl-C and SIGTERM in every phase of a chaos test: no report says that it passed, and the cluster is let go of."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loopback.rawserver import Request
from tests.plugin.conftest import Run, Runner
from tests.plugin.tiny import NAMESPACE, Tiny, pod

CODE = """
    import time
    from pathlib import Path

    import pytest
    from kubechaos import kill

    @pytest.fixture
    def slow(chaos):
        yield
        Path("in-teardown").touch()
        time.sleep(0.2)
        Path("torn-down").touch()

    def test_it(chaos, slow, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)

    def test_two(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
"""
RECORD_REPORTS = """
    import os
    from pathlib import Path

    def pytest_runtest_logreport(report):
        if report.when == "setup" and "PYTEST_XDIST_WORKER" not in os.environ:
            Path("set-up").touch()

    def pytest_runtest_logstart(nodeid):
        if "PYTEST_XDIST_WORKER" not in os.environ:
            Path("begun-" + nodeid.partition("::")[2]).touch()
"""
LONG_LIMITS = (
    "--chaos-settle=60",
    "--chaos-within=60",
    "--chaos-stable-for=0.02",
    "--chaos-seed=7",
    "--chaos-context=tiny",
)


def watching(request: Request) -> bool:
    """Whether the request opens the watch of the pods."""
    return request.path == f"{NAMESPACE}/pods" and "watch=1" in request.query


def never_steady(tiny: Tiny) -> None:
    """Keep a test in its setup."""
    tiny.put(f"{NAMESPACE}/pods", pod(2, ready=False))


def never_recovered(tiny: Tiny) -> None:
    """Keep a test in its call."""
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)


def interrupt(run: Runner, tiny: Tiny, phase: str, number: signal.Signals, *arguments: str, group: bool = False) -> Run:
    """Run the code, send a signal once it is in a phase, and return how it ended."""
    if phase == "setup":
        never_steady(tiny)
    elif phase == "call":
        never_recovered(tiny)
    run.pytester.makeconftest(RECORD_REPORTS)
    run.pytester.makepyfile(test_it=CODE)
    folder = run.pytester.path
    command = [sys.executable, "-m", "pytest", *LONG_LIMITS, *arguments]
    with (folder / "out").open("w+") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, start_new_session=True)
        try:
            await_phase(tiny, folder, phase, process)
            (os.killpg if group else os.kill)(process.pid, number)
            code = process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return Run(code, (folder / "out").read_text(), folder)


def await_phase(tiny: Tiny, folder: Path, phase: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the test is in a phase, and the reporters (the controller's, under xdist) know of its setup."""

    def there() -> bool:
        if phase == "setup":
            return any(watching(request) for request in tiny.server.requests)
        if phase == "call":
            return bool(tiny.writes) and (folder / "set-up").exists()
        return (folder / "in-teardown").exists()

    with tiny.server.arrived:
        while not there():
            assert process.poll() is None, f"pytest ended before its test came to its {phase}"
            tiny.server.arrived.wait(0.02)


def none_passed(result: Run) -> None:
    """Assert that no report says that the interrupted test passed, or that the gate is open."""
    assert result.code == 2
    assert result.gate in ("incomplete", "fail")
    assert result.outcomes.get("test_it") in ("failed", "error")
    assert result.verdicts["test_it"] == "interrupted"
    assert {"failure", "error"} & set(result.junit["test_it"])
    assert "test_two" not in result.outcomes
    assert "test_two" not in result.junit


SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
PHASES = pytest.mark.parametrize("phase", ["setup", "call", "teardown"])


@SIGNALS
@PHASES
def test_a_signal_is_an_interruption_in_every_report(
    run: Runner, tiny: Tiny, phase: str, number: signal.Signals
) -> None:
    result = interrupt(run, tiny, phase, number)
    none_passed(result)
    assert f"interrupted by {number.name}" in result.out
    assert result.outcomes["test_it"] == ("failed" if phase == "call" else "error")
    assert result.gate == "incomplete"
    assert (result.folder / "torn-down").exists()
    if phase == "call":
        (outage,) = result.folder.glob("chaos-results/*/*/outage.json")
        assert '"verdict":"interrupted"' in outage.read_text()


@SIGNALS
@pytest.mark.parametrize("phase", ["call", "teardown"])
def test_a_signal_to_the_group_is_an_interruption_in_every_report_under_xdist(
    run: Runner, tiny: Tiny, phase: str, number: signal.Signals
) -> None:
    none_passed(interrupt(run, tiny, phase, number, "-n1", group=True))


def test_a_signal_to_the_controller_alone_is_one_too(run: Runner, tiny: Tiny) -> None:
    none_passed(interrupt(run, tiny, "call", signal.SIGTERM, "-n1"))


def test_a_signal_between_tests_ends_the_session_and_the_gate_is_incomplete(run: Runner) -> None:
    code = """
        import os, signal

        import pytest
        from kubechaos import kill

        @pytest.hookimpl
        def pytest_runtest_logfinish(): os.kill(os.getpid(), signal.SIGTERM)
    """
    run.pytester.makeconftest(code)
    result = run(CODE, process=True)
    assert (result.code, result.gate) == (2, "incomplete")
    assert result.outcomes == {"test_it": "passed"}
