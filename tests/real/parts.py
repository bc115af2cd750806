"""The dev cluster that the tests run in: its API by kubectl, its nodes, and the parts that it is made of."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STATE = "DEVCLUSTER_STATE"


def kubectl(*args: str, stdin: str | None = None, check: bool = True) -> str:
    """Run kubectl; return what it printed."""
    done = subprocess.run(["kubectl", *args], input=stdin, text=True, capture_output=True, check=False, timeout=60)
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(args)}: {done.stderr}")
    return done.stdout


def described() -> dict[str, Any]:
    """Return the dev cluster, as its driver describes it."""
    description: dict[str, Any] = json.loads(Path(os.environ[STATE]).read_text())
    return description


def nodes() -> list[dict[str, Any]]:
    """Return the dev cluster's nodes."""
    return list(described()["nodes"])


def ctr(node: dict[str, Any], *args: str) -> str:
    """Run containerd's client on a node."""
    command = [*node["enter"], "ctr", "--address", node["containerd_socket"], "--namespace", "k8s.io", *args]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@contextmanager
def silent(*components: str) -> Iterator[None]:
    """Stop components of the dev cluster, so that they do nothing, and let them go on afterwards."""
    pids = [described()["components"][name]["pid"] for name in components]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def cordoned(*names: str) -> Iterator[None]:
    """Let no new pod be placed on these nodes."""
    try:
        kubectl("cordon", *names)
        yield
    finally:
        kubectl("uncordon", *names)
