"""The dev cluster's own parts, killed, paused and cut off under a run, and put right again afterwards."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.parts import described, kubectl, silent

PATIENCE = 40.0
_restarted: "dict[str, subprocess.Popen[bytes]]" = {}
"""Those that run again; they end with the cluster, as what they replace would have."""


@contextmanager
def dead(component: str) -> Iterator[None]:
    """Kill a component, and start it again as it was started."""
    state = described()
    part = state["components"][component]
    Path(state["may_die"], component).touch()
    if before := _restarted.get(component):
        before.kill()
        before.wait(timeout=10)
    else:
        os.kill(part["pid"], signal.SIGKILL)
    try:
        yield
    finally:
        with Path(part["log"]).open("ab") as log:
            _restarted[component] = subprocess.Popen(
                part["argv"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )


def dead_for(component: str, seconds: float) -> None:
    """Kill a component and start it again so many seconds later."""
    with dead(component):
        time.sleep(seconds)


def paused_for(component: str, seconds: float) -> None:
    """Stop a component that was never restarted, and let it go on so many seconds later."""
    with silent(component):
        time.sleep(seconds)


@contextmanager
def cut_off(node: str) -> Iterator[None]:
    """Pull the cable of a node: it runs on, and nobody can reach it."""
    try:
        subprocess.run(["ip", "link", "set", node, "down"], check=True, timeout=10)
        yield
    finally:
        subprocess.run(["ip", "link", "set", node, "up"], check=True, timeout=10)


def await_healthy() -> None:
    """Wait until the API server answers and every node is Ready."""
    until = time.monotonic() + PATIENCE
    status = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}'
    while kubectl("get", "nodes", "-o", f"jsonpath={status}", check=False).split() != ["True", "True"]:
        assert time.monotonic() < until, "the cluster did not come back"
        time.sleep(0.2)
