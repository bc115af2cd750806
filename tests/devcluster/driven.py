"""A `devcluster/run` under test: started, watched, signalled and waited for."""

import json
import os
import pty
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RUN = str(ROOT / "devcluster" / "run")
LEFTOVERS = str(ROOT / "devcluster" / "leftovers")
PATIENCE = 60.0
READY = " nodes ready"
WAITING_COMMAND = ("sh", "-c", 'echo "state=$DEVCLUSTER_STATE"; exec sleep 600')


class Driven:
    """One `devcluster/run` at a terminal of its own, and everything it wrote there."""

    def __init__(self, *arguments: str) -> None:
        """Start it."""
        self.terminal, other_end = pty.openpty()
        # setsid makes the terminal the controlling one, so that a typed Ctrl-C is a real one.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", RUN, *arguments], stdin=other_end, stdout=other_end, stderr=other_end, cwd=ROOT
        )
        os.close(other_end)
        self.text = ""

    def wait_for(self, text: str) -> None:
        """Wait until it has written a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.text:
            assert time.monotonic() < deadline, f"never said {text!r}:\n{self.text}"
            assert self.read(0.5), f"ended without {text!r}:\n{self.text}"

    def read(self, seconds: float) -> bool:
        """Read what it writes within so many seconds; return False once it has closed its terminal."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.terminal, selectors.EVENT_READ)
            if not selector.select(seconds):
                return True
        try:
            self.text += os.read(self.terminal, 65536).decode(errors="replace").replace("\r\n", "\n")
        except OSError:
            return False
        return True

    def type_ctrl_c(self) -> None:
        """Type Ctrl-C at its terminal."""
        os.write(self.terminal, b"\x03")

    def terminate(self) -> None:
        """Send SIGTERM to the driver alone."""
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for its end and return its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.read(0.5):
            assert time.monotonic() < deadline, f"did not end:\n{self.text}"
        return self.process.wait(timeout=PATIENCE)

    def close(self) -> None:
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.terminate()
            self.exit_code()
        os.close(self.terminal)

    @property
    def state(self) -> dict[str, Any]:
        """Return the description of the cluster, once a `WAITING_COMMAND` has said where it is."""
        self.wait_for("state=")
        self.wait_for("state.json\n")
        path = self.text.partition("state=")[2].partition("\n")[0]
        description: dict[str, Any] = json.loads(Path(path).read_text())
        return description

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl inside the cluster's network and return what it printed."""
        state = self.state
        kubectl = str(Path(state["state"], "bin", "kubectl"))
        enter = ["nsenter", f"--net={state['nodes'][0]['netns']}", "--", kubectl, "--request-timeout=20s", *arguments]
        environment = {
            **os.environ,
            "KUBECONFIG": state["kubeconfig"],
            "KUBECACHEDIR": f"{state['state']}/kubectl-cache",
        }
        done = subprocess.run(
            enter, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply_example(self) -> None:
        """Deploy the example and wait until it is Ready."""
        self.kubectl("apply", "-f", "examples/timeserver.yaml")
        self.kubectl("rollout", "status", "deployment/timeserver", "--timeout=30s")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `devcluster/run` to its end, without a terminal."""
    return captured([RUN, *arguments])


def leftovers(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `devcluster/leftovers`."""
    return captured([LEFTOVERS, *arguments])


def captured(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end and return its output."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
