"""The block of `chaos.inject`, and the object that a test gets inside of it."""

from contextlib import AbstractContextManager
from types import TracebackType

from ..errors import ArgumentError
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
    """The context manager that `chaos.inject` returns.

    It knows whether it was entered: a forgotten `with` would do nothing, and the test would pass without a fault.
    """

    def __init__(self, call: str, manager: AbstractContextManager[Experiment]) -> None:
        self.call = call
        self.entered = False
        self._manager = manager

    def __enter__(self) -> Ongoing:
        if self.entered:
            raise ArgumentError(f"{self.call} is one fault; for another one write another: with {self.call}:")
        self.entered = True
        return Ongoing(self._manager.__enter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._manager.__exit__(kind, error, traceback)
