"""COMMAND: it gets the terminal, every signal exactly once, and time to clean up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

GRACE_SECONDS = 30.0
PAUSE = 0.02


class Foreground:
    """COMMAND in a process group of its own.

    Ctrl-C typed at a terminal reaches the group that owns it. COMMAND's group is another than the driver's, so each
    of them gets a signal once: COMMAND from the terminal or from the driver, never from both.
    """

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start COMMAND and give it the terminal, if we have it."""
        self.process = subprocess.Popen(argv, env=environment, process_group=0)
        self.terminal = owned_terminal()
        self.give_terminal(self.process.pid)

    def give_terminal(self, group: int) -> None:
        """Make a process group the one that the terminal listens to."""
        if self.terminal is not None:
            with suppress(OSError), terminal_output_allowed():
                os.tcsetpgrp(self.terminal, group)

    def exit_code(self) -> int | None:
        """Return COMMAND's exit code as a shell would, or None while it runs; a stopped one is continued."""
        while self.process.returncode is None:
            pid, status = os.waitpid(self.process.pid, os.WNOHANG | os.WUNTRACED)
            if not pid:
                return None
            if os.WIFSTOPPED(status):
                self.send(signal.SIGCONT)
                continue
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.give_terminal(os.getpgrp())
        return shell_code(self.process.returncode)

    def stop(self, signum: int) -> None:
        """Pass a signal on to COMMAND and wait; kill it after the grace period."""
        self.send(signum)
        deadline = time.monotonic() + GRACE_SECONDS
        while self.exit_code() is None:
            if time.monotonic() > deadline:
                self.send(signal.SIGKILL)
            time.sleep(PAUSE)

    def send(self, signum: int) -> None:
        """Send a signal to COMMAND's process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signum)


def shell_code(status: int) -> int:
    """Return an exit code as a shell gives it: 128 + N for signal N."""
    return 128 - status if status < 0 else status


def owned_terminal() -> int | None:
    """Return the descriptor of the terminal whose foreground group we are in."""
    for stream in (sys.__stdin__, sys.__stderr__):
        with suppress(OSError, ValueError, AttributeError):
            descriptor = stream.fileno()  # type: ignore[union-attr]  # a closed standard stream is None: suppressed
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                return descriptor
    return None


@contextmanager
def terminal_output_allowed() -> Iterator[None]:
    """Block the signal that stops a background process which touches its terminal."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
