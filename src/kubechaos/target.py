"""The target of a fault, and the probes that must pass for it to be healthy."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import TypeAlias

from .errors import ArgumentError
from .kube.objects import Ref

Probe: TypeAlias = Callable[[], object]
"""A function that asserts: any exception is a failed sample."""


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """The target of a fault: a workload, or pods chosen by their labels."""

    ref: Ref
    """The workload; of pods, the name is their label selector."""
    min_replicas: int = 2
    """The replicas that it must want, so that the loss of one can be survived."""
    stable_for: float | None = None
    """How many seconds a recovery must last to count; None for the value of the option."""
    expect: int = 0
    """How many pods there should be, where no workload says so."""
    probes: tuple[Probe, ...] = ()
    """They must pass, besides the pods being Ready, for the target to be steady or recovered."""

    def __post_init__(self) -> None:
        """Refuse what is no number of replicas; raises ArgumentError."""
        if isinstance(self.min_replicas, bool) or not isinstance(self.min_replicas, int) or self.min_replicas < 0:
            raise ArgumentError(f"min_replicas is {self.min_replicas!r}; say how many replicas it must want")

    def steady_when(self, *probes: Probe) -> "Target":
        """Return the same target with probes: functions that assert, called 20 times a second, each in its own thread.

        Raises ArgumentError for what cannot be called, and for what a call would not run.
        """
        for probe in probes:
            if not callable(probe) or isinstance(probe, type):
                raise ArgumentError(f"a probe is {probe!r}; give functions that assert, or cluster.http(...)")
            if is_not_run_by_a_call(probe):
                raise ArgumentError(f"the probe {probe!r} is a coroutine or a generator: a call would not run it")
        return replace(self, probes=(*self.probes, *probes))

    def __str__(self) -> str:
        return str(self.ref)

    def __repr__(self) -> str:
        return f"<Target {self.ref} in {self.ref.namespace}>"


def is_not_run_by_a_call(function: Callable[..., object]) -> bool:
    """Return whether calling it only makes a coroutine or a generator, whose body nobody would ever run."""
    while isinstance(function, partial):
        function = function.func
    # Of an object, what a call runs is its method.
    return any(
        iscoroutinefunction(each) or isgeneratorfunction(each) or isasyncgenfunction(each)
        for each in (function, type(function).__call__)
    )


def names(probes: Sequence[Probe]) -> tuple[str, ...]:
    """Return the names of the probes for reports; probes of the same name are numbered."""
    return tuple(_numbered([str(getattr(probe, "__name__", probe)) for probe in probes]))


def _numbered(function_names: Sequence[str]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for name in function_names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} #{seen[name]}"
