"""What an interruption leaves in the reports under xdist, and in ordinary tests."""

import signal

import pytest

from tests.plugin import test_session_interruptions as module
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
