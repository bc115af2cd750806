"""What a fault is aimed at, and the probes that must pass for it to be well."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from .errors import ArgumentError
from .kube.objects import Ref

Probe: TypeAlias = Callable[[], object]
"""A function that asserts: any exception is a failed sample."""


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """What a fault is aimed at; it needs `min_replicas` replicas wanted, so that losing one can be survived.

    `ref` names the workload. `stable_for` is how many seconds a recovery must last to count; None: the option's value.
    `expect` is how many pods there should be where no workload says so. `probes` must pass too for it to be steady, or
    recovered.
    """

    ref: Ref
    min_replicas: int = 2
    stable_for: float | None = None
    expect: int = 0
    probes: tuple[Probe, ...] = ()

    def steady_when(self, *probes: Probe) -> "Target":
        """Return the same target with probes: functions that assert, asked 20 times a second in threads of their own.

        Raises ArgumentError for what cannot be called.
        """
        for probe in probes:
            if not callable(probe):
                raise ArgumentError(f"a probe is {probe!r}; give functions that assert, or cluster.http(...)")
        return replace(self, probes=(*self.probes, *probes))

    def __str__(self) -> str:
        return str(self.ref)

    def __repr__(self) -> str:
        return f"<Target {self.ref} in {self.ref.namespace}>"


def names(probes: Sequence[Probe]) -> tuple[str, ...]:
    """Return what the probes are called in reports; namesakes are numbered."""
    return tuple(_numbered([str(getattr(probe, "__name__", probe)) for probe in probes]))


def _numbered(called: Sequence[str]) -> Iterator[str]:
    met: Counter[str] = Counter()
    for name in called:
        met[name] += 1
        yield name if met[name] == 1 else f"{name} #{met[name]}"
