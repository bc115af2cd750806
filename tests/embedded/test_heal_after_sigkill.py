"""What a runner that dies by SIGKILL has changed is put back by another process, from what was written down."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kubechaos.act.heal import heal
from kubechaos.clock import WallTime
from tests.embedded.client import DEPLOYMENTS, Client
from tests.killed import changes

ROOT = Path(__file__).parents[2]
WRITES = 2
"""How many writes a scale and its undo are at least: more where somebody else's write comes first."""


def run(client: Client, folder: Path, when: str = "", number: int = 0) -> subprocess.CompletedProcess[str]:
    """Let a runner do a scale, and kill it around one of its writes."""
    client.sim.settle()
    where = [str(client.sim.kubeconfig), "embedded", "default", "web", str(folder), when, str(number)]
    command = [sys.executable, "-m", "tests.killed", *where]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def never_waiting() -> WallTime:
    """Wall time that passes by sleeping alone."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock: Callable[[], float] = lambda: now[0]  # noqa: E731  # it has the type of what it replaces
    return WallTime(monotonic=clock, epoch=clock, sleep=sleep)


def test_a_runner_that_is_not_killed_makes_at_least_as_many_writes_as_are_tried_here(
    client: Client, tmp_path: Path
) -> None:
    done = run(client, tmp_path / "run")
    assert (done.returncode, int(done.stdout) >= WRITES) == (0, True), done.stderr


@pytest.mark.parametrize("number", range(1, WRITES + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_runner_that_is_killed_around_any_write_is_healed_by_another_process(
    client: Client, tmp_path: Path, when: str, number: int
) -> None:
    assert run(client, tmp_path / "run", when, number).returncode == -9
    left = changes(tmp_path / "run")
    assert left
    heal(left, client.transport, wall=never_waiting())
    assert (left, client.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"]) == ([], 3)
