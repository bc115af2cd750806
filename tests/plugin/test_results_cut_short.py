"""What an interruption leaves in the reports under xdist, and in ordinary tests."""

import signal

import pytest

from tests.plugin import test_session_interruptions as module
from tests.plugin.conftest import KILL
from tests.plugin.test_session_interruptions import interrupt

SETUP = """
    import time
    from pathlib import Path
    import pytest
    from kubechaos import kill

    @pytest.fixture
    def slow(chaos):
        while not Path("begun-test_two").exists():  # the controller can only report what it knows of
            time.sleep(0.02)
        Path("in-teardown").touch()
        time.sleep(20)

    def test_one(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)

    def test_two(slow): pass
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_setup_that_is_interrupted_under_xdist_leaves_the_gate_incomplete(run, tiny, monkeypatch, number) -> None:
    monkeypatch.setattr(module, "CODE", SETUP)
    result = interrupt(run, tiny, "teardown", number, "-n1", group=True)
    assert result.code == 2
    assert result.gate == "incomplete", result.gate
    assert result.outcomes.get("test_two") in ("error", "failed"), result.outcomes


def test_a_report_that_xdist_cannot_send_is_a_failure(run, tiny) -> None:
    code = """
    from kubechaos import kill
    def test_keep(chaos, healthy_deployment, record_property):
        record_property("outage", chaos.run(kill(1), healthy_deployment))
    def test_other(): pass
    """
    result = run(code, "-n2", process=True)
    assert (result.code, result.gate) == (1, "incomplete")
    assert result.outcomes["test_keep"] == "failed"


def test_an_ordinary_session_that_a_test_ends_is_left_as_it_is(run) -> None:
    result = run("import pytest\ndef test_it(): pytest.exit('enough', returncode=0)")
    assert result.code == 0


def test_a_ctrl_c_during_the_collection_is_no_pass(run, tiny) -> None:
    result = run(KILL + "\n    raise KeyboardInterrupt", process=True)
    assert (result.code, tiny.server.requests) == (2, [])
    assert "chaos" not in result.json


@pytest.mark.parametrize("option", ["--lf", "--sw", "--nf"])
def test_what_the_cache_takes_out_was_not_selected(run, option) -> None:
    code = """
    from pathlib import Path
    from kubechaos import kill
    def test_one(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
    def test_two(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
        again = Path("again").exists()
        Path("again").touch()
        assert again
    """
    assert run(code, "-p", "cacheprovider", "-o", "addopts=--json-report --json-report-file=report.json").code == 1
    result = run(code, option, "-p", "cacheprovider", "-o", "addopts=--json-report --json-report-file=report.json")
    assert (result.code, result.gate) == (0, "pass")


def test_without_a_terminal_the_report_is_the_same(run) -> None:
    # pytest-json-report needs an option of the terminal.
    result = run(KILL, "-p", "no:terminal", "-p", "no:json-report", "-o", "addopts=")
    (report,) = result.folder.glob("chaos-results/*/run.json")
    assert (result.code, '"gate":"pass"' in report.read_text()) == (0, True)


def test_x_under_xdist_is_incomplete(run, tiny) -> None:
    code = """
    import os
    from kubechaos import kill
    def test_one(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
    def test_plain(): assert 0
    def test_two(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
    def test_three(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
    """
    result = run(code, "-n1", "-x", process=True)
    assert result.gate == "incomplete", (result.gate, result.code)
