"""A fault: what it does, and everything that others have to know about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import ClassVar, Concatenate, Final, ParamSpec, TypeAlias

from ..act.act import Act
from ..act.permissions import Permission, parse
from ..effects import Effect
from ..errors import ArgumentError
from ..kube.kinds import KINDS, TARGETS
from ..records import FaultCall, Lasts
from ..target import Target

P = ParamSpec("P")
Needs: TypeAlias = Iterable[tuple[str, str]]
"""Verbs and resources, as `kubectl auth can-i` takes them: ("patch", "services")."""

INSTANT: Final = Lasts.INSTANT
UNTIL_RECOVERED: Final = Lasts.UNTIL_RECOVERED
UNTIL_HEALED: Final = Lasts.UNTIL_HEALED
WORKLOAD: Final = "{workload}"
"""Stands in `needs` for the resource of the target itself."""
PATCH_WORKLOAD: Final = (("get", WORKLOAD), ("patch", WORKLOAD))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a target.

    `steps` does it. `effect` proves it, and `lasts` says how long it stays in force. `needs` are the permissions to do
    and to undo it, asked for before anything is touched; `kinds` are the targets that it can be done to.
    """

    __kubechaos_id__: ClassVar[bool] = True
    """Says to our plugin, which does not import this module, that a repr makes a good id of a parametrised test."""
    name: str
    args: tuple[str, ...]
    steps: Callable[[Act, Target], None] = field(repr=False)
    effect: Effect
    lasts: Lasts = INSTANT
    needs: tuple[tuple[str, str], ...] = ()
    kinds: frozenset[str] = TARGETS

    def __repr__(self) -> str:
        return str(FaultCall(self.name, self.args))

    def permissions(self, kind: str) -> tuple[Permission, ...]:
        """Return what is needed to do it to a target of this kind, and to undo it."""
        resource = KINDS[kind].resource
        return tuple(parse(verb, resource if what == WORKLOAD else what) for verb, what in self.needs)


def fault(
    *, effect: Effect, lasts: Lasts, needs: Needs, kinds: Iterable[str] = TARGETS
) -> Callable[[Callable[Concatenate[Act, Target, P], None]], Callable[P, Fault]]:
    """Make a fault of a function `(act, target, *args)`; what it does through `act` is undone for it.

    `effect` is what proves it, `lasts` INSTANT, UNTIL_RECOVERED or UNTIL_HEALED; `needs` are the permissions to do and
    to undo it, as `kubectl auth can-i` takes them: ("patch", "services"). Raises ArgumentError for what makes no sense.
    """
    rights = tuple((verb, resource) for verb, resource in needs)
    for verb, resource in rights:
        parse(verb, resource)
    if unknown := sorted(set(kinds) - TARGETS):
        raise ArgumentError(f"kinds has {unknown[0]!r}; a target can be: {', '.join(sorted(TARGETS))}")

    def made(steps: Callable[Concatenate[Act, Target, P], None]) -> Callable[P, Fault]:
        @wraps(steps)
        def factory(*args: P.args, **options: P.kwargs) -> Fault:
            def bound(act: Act, target: Target) -> None:
                steps(act, target, *args, **options)

            shown = [*map(repr, args), *(f"{name}={value!r}" for name, value in options.items())]
            return Fault(steps.__name__, tuple(shown), bound, effect, lasts, rights, frozenset(kinds))

        return factory

    return made
