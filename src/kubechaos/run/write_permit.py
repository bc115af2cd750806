"""Whether a test may still write. It may not once it has ended: nobody would undo what a late thread does."""

from threading import RLock
from types import TracebackType
from typing import Final

from ..errors import RefusedError

UNDER_WAY: Final = 30.0
"""Wall seconds for which the end of a test waits for a write of another thread: longer than one is followed up."""


class WritePermit:
    """Held during each write, and withdrawn when the test ends; from then on a write raises RefusedError."""

    def __init__(self) -> None:
        # Reentrant: where a signal interrupts a write, its thread is also the one that withdraws.
        self._lock = RLock()
        self._withdrawn = False

    def check(self) -> None:
        """Raise RefusedError if the permit has been withdrawn."""
        if self._withdrawn:
            raise RefusedError("the test that this `chaos` belongs to has ended: nothing is done to the cluster")

    def withdraw(self) -> None:
        """Let no write begin any more, and wait for the one that is under way, whose change is known then."""
        self._withdrawn = True
        if self._lock.acquire(timeout=UNDER_WAY):
            self._lock.release()

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            self.check()
        except RefusedError:
            self._lock.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
