"""A bad flag is one line, wherever it comes from."""

from typing import Any

import pytest

from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import Tiny


def error(result: Any) -> str:
    """The one line that pytest prints of a usage error."""
    (line,) = [line for line in result.out.splitlines() if line.startswith("ERROR: ")]
    return str(line)


@pytest.mark.parametrize("value", ["timeserver", "deployment/", "/timeserver", "pod/x", "deployment/a/b", "deployment"])
def test_a_malformed_target_is_one_line(run: Runner, tiny: Tiny, value: str) -> None:
    result = run(KILL, f"--chaos-target={value}")
    assert result.code == 4
    asked = "write deployment/NAME, statefulset/NAME or daemonset/NAME"
    assert error(result) == f"ERROR: kubechaos: --chaos-target: {value!r} is no target; {asked}"
    assert tiny.server.requests == []


@pytest.mark.parametrize("option", ["within", "settle", "stable-for"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "soon", "1e12"])
def test_a_duration_that_is_none_is_one_line(run: Runner, tiny: Tiny, option: str, value: str) -> None:
    result = run(KILL, f"--chaos-{option}={value}")
    assert result.code == 4
    said = "is no number of seconds, 0 or more, at most a year"
    assert error(result) == f"ERROR: kubechaos: --chaos-{option}: {value!r} {said}"
    assert tiny.server.requests == []


def test_a_wrong_value_is_blamed_on_where_it_came_from(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_SETTLE", "late")
    run.pytester.makeconftest("")
    result = run(KILL, "-o", "chaos_target=wrong", "--chaos-settle=")
    assert "CHAOS_SETTLE: 'late'" in error(result) or "chaos_target in the ini file: 'wrong'" in error(result)
