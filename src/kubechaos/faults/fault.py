"""A fault: what it does, and everything that the rest of the package has to know about it.

No other module knows a fault by its name. What is special about one is a field here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import ClassVar, Concatenate, Final, ParamSpec, TypeAlias

from ..act.act import Act
from ..act.permissions import Permission, parse
from ..effects import Effect
from ..errors import ArgumentError
from ..kube.kinds import KINDS, TARGETS
from ..kube.objects import Ref
from ..records import FaultCall, Lasts
from ..target import Target, is_not_run_by_a_call

P = ParamSpec("P")
Needs: TypeAlias = Iterable[tuple[str, str]]
"""Verbs and resources, as `kubectl auth can-i` takes them: ("patch", "services"), ("create", "pods/eviction")."""

INSTANT: Final = Lasts.INSTANT
UNTIL_RECOVERED: Final = Lasts.UNTIL_RECOVERED
UNTIL_HEALED: Final = Lasts.UNTIL_HEALED
WORKLOAD: Final = "{workload}"
"""Stands in `needs` for the resource of the target itself, which depends on its kind: "deployments.apps", say."""
PATCH_WORKLOAD: Final = (("get", WORKLOAD), ("patch", WORKLOAD))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is done to a target, and what others have to know about it."""

    __kubechaos_id__: ClassVar[bool] = True
    """For our pytest plugin, which does not import this module: the repr is a good id of a parametrised test."""
    name: str
    args: tuple[str, ...]
    """The arguments as they are written in a call, for reports and ids."""
    steps: Callable[[Act, Target], None] = field(repr=False)
    """Does the fault to a target, by calls of `Act` alone."""
    effect: Effect
    """The effect that must be observed before the fault counts as done."""
    lasts: Lasts = INSTANT
    """How long it stays in force, and hence from when on a recovery is owed."""
    needs: tuple[tuple[str, str], ...] = ()
    """The permissions to do and to undo it, asked for before anything is touched."""
    kinds: frozenset[str] = TARGETS
    """The kinds of target that it can be done to."""

    def __repr__(self) -> str:
        return str(FaultCall(self.name, self.args))

    def permissions(self, target: Ref) -> tuple[Permission, ...]:
        """Return what is needed to do it to a target, and to undo it."""
        return tuple(_permission(verb, resource, target) for verb, resource in self.needs)


def _permission(verb: str, resource: str, target: Ref) -> Permission:
    permission = parse(verb, resource.replace(WORKLOAD, KINDS[target.kind].resource))
    if WORKLOAD not in resource:
        return permission
    # A Role may grant it for this one object, by resourceNames: asked without a name, the answer would be no.
    return permission._replace(name=target.name)


def fault(
    *, effect: Effect, lasts: Lasts, needs: Needs, kinds: Iterable[str] = TARGETS
) -> Callable[[Callable[Concatenate[Act, Target, P], None]], Callable[P, Fault]]:
    """Make a fault of a function `(act, target, *args)`; what it does through `act` is undone for it.

    `effect` is what proves it, `lasts` INSTANT, UNTIL_RECOVERED or UNTIL_HEALED; `needs` are the permissions to do and
    to undo it, as `kubectl auth can-i` takes them: ("patch", "services"). Raises ArgumentError for what makes no sense.
    """
    # Checked here, when the module with the fault is imported, and not first when a test injects it.
    checked_needs = tuple((verb, resource) for verb, resource in needs)
    for verb, resource in checked_needs:
        parse(verb, resource)
    unknown = sorted(set(kinds) - TARGETS)
    if unknown:
        raise ArgumentError(f"kinds has {unknown[0]!r}; a target can be: {', '.join(sorted(TARGETS))}")

    def made(steps: Callable[Concatenate[Act, Target, P], None]) -> Callable[P, Fault]:
        if is_not_run_by_a_call(steps):
            raise ArgumentError(f"{steps.__name__} is a coroutine or a generator: a call would not run it; write def")

        @wraps(steps)
        def factory(*args: P.args, **options: P.kwargs) -> Fault:
            def bound(act: Act, target: Target) -> None:
                steps(act, target, *args, **options)

            # As in the call, so that reports and ids of parametrised tests can be read, and copied into a test.
            shown = [*map(repr, args), *(f"{name}={value!r}" for name, value in options.items())]
            return Fault(steps.__name__, tuple(shown), bound, effect, lasts, checked_needs, frozenset(kinds))

        return factory

    return made
