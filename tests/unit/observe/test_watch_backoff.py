"""How long a watch pauses after failures: exact, as time and chance are given to it."""

import ast
from pathlib import Path
from random import Random

import pytest

from kubechaos import observe
from kubechaos.clock import WALL_TIME, WallTime
from kubechaos.observe.watch import LONGEST_PAUSE, Backoff

GROWING = [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def longest(low: float, high: float) -> float:
    return high


def shortest(low: float, high: float) -> float:
    return low


def test_the_first_failure_costs_no_pause_and_further_pauses_double_up_to_a_limit() -> None:
    backoff = Backoff(longest)
    assert [backoff.pause() for _ in GROWING] == GROWING


def test_jitter_shortens_a_pause_by_half_at_most() -> None:
    backoff = Backoff(shortest)
    assert [backoff.pause() for _ in GROWING] == [each / 2 for each in GROWING]


@pytest.mark.parametrize("seed", range(20))
def test_every_pause_lies_between_half_and_all_of_it(seed: int) -> None:
    backoff = Backoff(Random(seed).uniform)
    assert all(most / 2 <= backoff.pause() <= most for most in GROWING)


def test_streams_that_fail_together_pause_for_different_times() -> None:
    chance = Random("7")
    streams = [Backoff(chance.uniform) for _ in range(5)]
    assert {backoff.pause() for backoff in streams} == {0.0}
    assert len({backoff.pause() for backoff in streams}) == 5


@pytest.mark.parametrize(
    ("asked", "paused"), [(None, 0.0), (0.0, 0.0), (0.5, 0.5), (2.0, 2.0), (3600.0, LONGEST_PAUSE)]
)
def test_retry_after_is_obeyed_up_to_a_limit(asked: float | None, paused: float) -> None:
    assert Backoff(longest).pause(asked) == paused


def test_the_longer_of_retry_after_and_backoff_counts() -> None:
    backoff = Backoff(longest)
    assert [backoff.pause(0.15) for _ in range(4)] == [0.15, 0.15, 0.2, 0.4]


def test_a_reset_starts_the_pauses_again() -> None:
    backoff = Backoff(longest)
    before = [backoff.pause() for _ in range(4)]
    backoff.reset()
    assert [backoff.pause() for _ in range(4)] == before == GROWING[:4]


def test_after_hours_of_failures_the_pause_is_the_longest_one() -> None:
    backoff = Backoff(longest)
    assert [backoff.pause() for _ in range(5000)][-1] == LONGEST_PAUSE


def test_a_pause_waits_for_its_flag() -> None:
    asked: list[float] = []

    class Flag:
        def wait(self, timeout: float) -> bool:
            asked.append(timeout)
            return True

    assert WALL_TIME.pause(Flag(), 1.5) is True
    assert asked == [1.5]


def test_wall_time_is_the_machines_own_by_default() -> None:
    assert WallTime() == WALL_TIME
    assert WALL_TIME.monotonic() <= WALL_TIME.monotonic()


SOURCES = sorted(path for path in Path(observe.__file__).parent.glob("*.py") if path.name != "clock.py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_module_of_observe_imports_time_or_random(path: Path) -> None:
    """Only clock.py may ask the machine for them; what else does can be tested by sleeping only."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(str(node.module).partition(".")[0])
    assert not imported & {"time", "random", "datetime", "secrets", "uuid", "asyncio", "sched"}
