"""What cannot be meant is refused before anything is touched."""

from collections.abc import Sequence
from math import inf, isfinite

from ..act.door import HEAL_DEADLINE
from ..errors import ArgumentError, HoldError
from ..judge.alerts import AlertRule
from ..judge.facts import BUILT_IN
from ..judge.recovery import PROOF_MARGIN, Limits
from ..judge.timeline import State
from ..observe.cluster import Target
from .faults import Fault


def check(fault: Fault, target: Target) -> None:
    """Raise ArgumentError unless these are a fault and a target."""
    if not isinstance(fault, Fault):
        raise ArgumentError(f"the fault is {fault!r}; give one, like kill(1)")
    if not isinstance(target, Target):
        raise ArgumentError(f"the target is {target!r}; give one, like cluster.deployment(NAME)")
    if target.ref.kind not in fault.kinds:
        raise ArgumentError(f"{fault!r} cannot be done to {target}; it is for: {', '.join(sorted(fault.kinds))}")


def check_rules(rules: Sequence[AlertRule]) -> None:
    """Raise ArgumentError for what is no rule, and for a taken name: an alert must say which rule it is of."""
    names: set[str] = set(BUILT_IN)
    for rule in rules:
        if not isinstance(rule, AlertRule):
            raise ArgumentError(f"alert_rules has {rule!r}; give AlertRule(name, when=...)")
        if not rule.name or rule.name in names:
            raise ArgumentError(f"an alert rule is named {rule.name!r}, which is {'taken' if rule.name else 'no name'}")
        names.add(rule.name)


def check_hold(fault: Fault, hold: float | None) -> None:
    """Raise HoldError where a fault cannot be held, or must be and is not."""
    if not isinstance(fault, Fault):
        return
    if hold is not None and fault.instant:
        raise HoldError(f"{fault!r} is over at once and cannot be held; leave out hold={hold!r}")
    if hold is None and not fault.instant:
        raise HoldError(f"{fault!r} cannot be recovered from while it is in force: say how many seconds, hold=")
    if hold is not None and (isinstance(hold, bool) or not isinstance(hold, int | float) or not 0 <= hold < inf):
        raise ArgumentError(f"hold is {hold!r}; give seconds, 0 or more")


def limits(within: float, stable_for: float) -> Limits:
    """Return what the recovery is held to; raises ArgumentError for what are no seconds."""
    for name, value in (("within", within), ("stable_for", stable_for)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
            raise ArgumentError(f"{name} is {value!r}; give seconds, 0 or more")
    return Limits(float(within), float(stable_for))


def seconds(fault: Fault, limits: Limits, hold: float, state: State) -> float:
    """Return how long an experiment may take at worst, from the fault to the end of its observation."""
    proof = max(max((pod.grace for pod in state.world.active), default=0.0) + PROOF_MARGIN, fault.effect_within)
    recovery = limits.within + limits.stable_for
    return max(recovery, proof) if fault.instant else proof + hold + HEAL_DEADLINE + recovery
