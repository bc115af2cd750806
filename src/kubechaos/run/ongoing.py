"""What a test holds inside of a block of its own."""

from contextlib import AbstractContextManager
from types import TracebackType

from ..judge.outage import Outage
from .experiment import Experiment


class Ongoing:
    """A fault that has been injected; `outage` is what came of it, once the block has ended."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    @property
    def outage(self) -> Outage:
        """The facts; raises NotEndedError inside the block, where they are not complete."""
        return self._experiment.known_outage

    def recovered_within(self, seconds: float) -> float:
        """Wait, inside the block, for a recovery that lasts; returns its recovery_time, inf if none comes in time.

        Raises RefusedError inside of another fault's block on the same target: there is one recovery, of the outermost.
        """
        return self._experiment.recovered_within(seconds)

    def __repr__(self) -> str:
        return f"<Ongoing {self._experiment}>"


class Block(AbstractContextManager[Ongoing]):
    """What `chaos.inject` returns; one that is never entered does nothing, which is an error of the test."""

    def __init__(self, call: str, manager: AbstractContextManager[Experiment]) -> None:
        self.call = call
        self.entered = False
        self._manager = manager

    def __enter__(self) -> Ongoing:
        self.entered = True
        return Ongoing(self._manager.__enter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._manager.__exit__(kind, error, traceback)
