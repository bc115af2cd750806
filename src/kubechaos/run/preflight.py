"""The checks before the cluster is touched: each raises, and names the way out. What passes them becomes a Plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..act.heal import DEADLINE as HEAL_DEADLINE
from ..act.permissions import Permission
from ..errors import ArgumentError, HoldError, RefusedError, TimeoutTooShortError
from ..faults.fault import Fault
from ..judge.alerts import AlertRule
from ..judge.builtin_alerts import BUILT_IN
from ..judge.cause import why_unsteady
from ..judge.recovery import Limits
from ..judge.state import State
from ..kube.objects import Ref
from ..records import Lasts
from ..settings import LONGEST
from ..target import Target, is_not_run_by_a_call

EVICTIONS: Final = "pods/eviction"
"""The resource that a fault creates to evict pods."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One fault on one target, checked: what it may do, and for how long at worst.

    `ref` names the workload, with its uid; `permissions` is what it needs; `seconds` is how long the experiment may
    take, from the fault to the end of the observation, on the run's clock, and `least` the same with `within=0`.
    `grace` is the longest terminationGracePeriodSeconds of the target's pods, `generation` the workload's
    `metadata.generation`; 0 of pods without a workload.
    """

    fault: Fault
    target: Target
    ref: Ref
    limits: Limits
    hold: float | None
    permissions: tuple[Permission, ...]
    seconds: float
    least: float
    grace: float
    generation: int


def plan(fault: Fault, target: Target, limits: Limits, hold: float | None, state: State) -> Plan:
    """Return the plan of a fault, with the target as it is now; `hold` and `limits` are seconds of the run's clock.

    Raises RefusedError for a fault that needs a rollout, on a workload that would not do one.
    """
    _check_rollout(fault, target, state)
    workload = state.target.workload
    uid, generation = "", 0
    if workload is not None:
        uid, generation = workload.uid, workload.generation
        # Before minReadySeconds have passed, the Deployment does not call a pod available, and nor should we.
        limits = Limits(limits.within, max(limits.stable_for, workload.min_ready_seconds))
    return Plan(
        fault=fault,
        target=target,
        ref=Ref(target.ref.kind, target.ref.namespace, target.ref.name, uid),
        limits=limits,
        hold=hold,
        permissions=fault.permissions(target.ref),
        seconds=seconds(fault, limits, hold or 0.0, state),
        least=seconds(fault, Limits(0.0, limits.stable_for), hold or 0.0, state),
        grace=max((pod.grace for pod in state.target.active), default=0.0),
        generation=generation,
    )


def check_unchanged(plan: Plan, state: State) -> None:
    """Raise RefusedError if the target is not as it was when it was found steady: somebody else has done something."""
    workload = state.target.workload
    if workload is not None and (workload.uid, workload.generation) != (plan.ref.uid, plan.generation):
        raise RefusedError(f"{plan.target} was changed by somebody else after it was found steady; nothing was done")
    why = why_unsteady(state)
    if why:
        raise RefusedError(f"{plan.target} was found steady, and is not any more: {why.text}", code=why.code)


def _check_rollout(fault: Fault, target: Target, state: State) -> None:
    workload = state.target.workload
    if workload is None or not fault.effect.needs_rollout:
        return
    if workload.paused:
        raise RefusedError(
            f"{target} is paused, so {fault!r} would replace nothing: resume it first, kubectl rollout resume {target}",
            code="Paused",
        )
    if workload.keeps:
        raise RefusedError(
            f"{fault!r} replaces pods by a rollout, but {workload.keeps} keeps pods of {target} as they are",
            code="UpdateStrategy",
        )


def seconds(fault: Fault, limits: Limits, hold: float, state: State) -> float:
    """Return how long an experiment may take at worst, from the fault to the end of its observation."""
    proof = fault.effect.deadline([pod.grace for pod in state.target.active])
    recovery = limits.within + limits.stable_for
    blocked = 0.0
    # Evictions wait for their disruption budgets, all together for `within` at most.
    if any(resource == EVICTIONS for _, resource in fault.needs):
        blocked = limits.within
    # The proof of an instant fault is waited for during the recovery. That of a lasting one comes first, then the hold.
    if fault.lasts is Lasts.INSTANT:
        return blocked + max(recovery, proof)
    return blocked + proof + hold + HEAL_DEADLINE + recovery


def check_time(plan: Plan, wall: Callable[[float], float], left: float) -> None:
    """Raise TimeoutTooShortError if the plan may take longer than the `left` seconds until pytest-timeout fires.

    `left` is wall time, and `wall` turns seconds of the run's clock into it.
    """
    # A timeout in the midst of an experiment would be an interruption: no verdict, after all the time spent on it.
    needed = wall(plan.seconds)
    if left >= needed:
        return
    way_out = "or ask for less, within="
    if left < wall(plan.least):
        way_out = f"as less time, within=, would not help: the pods' terminationGracePeriodSeconds is {plan.grace:g}"
    raise TimeoutTooShortError(
        f"this may take {needed:g} s, but pytest-timeout ends the test in {left:.0f} s; nothing was touched: "
        f"give it more, @pytest.mark.timeout({needed + 30:.0f}), {way_out}"
    )


def check_undoing(fault: Fault, killer: str) -> None:
    """Raise RefusedError for a fault that has to be undone if `killer` may end the process without a teardown.

    `killer` is the setting of pytest that does; "" if there is none.
    """
    if killer and fault.lasts is not Lasts.INSTANT:
        raise RefusedError(
            f"{fault!r} has to be undone, but {killer} ends the process at once, without a teardown: "
            f"set timeout_method = signal, or faulthandler_exit_on_timeout = false",
            code="NoTeardown",
        )


def check(fault: Fault, target: Target) -> None:
    """Raise ArgumentError unless these are a fault and a target that it can be done to."""
    if not isinstance(fault, Fault):
        raise ArgumentError(f"the fault is {fault!r}; give one, like kill(1)")
    if not isinstance(target, Target):
        raise ArgumentError(f"the target is {target!r}; give one, like cluster.deployment(NAME)")
    if target.ref.kind not in fault.kinds:
        raise ArgumentError(f"{fault!r} cannot be done to {target}; it is for: {', '.join(sorted(fault.kinds))}")


def check_run(fault: Fault, hold: float | None) -> None:
    """Refuse what `run` cannot do: HoldError for a wrong or missing hold, RefusedError for a preparing fault."""
    if not isinstance(fault, Fault):
        return
    if fault.effect.preparing:
        raise RefusedError(
            f"{fault!r} hurts nobody by itself, so there is nothing to recover from; put it around another fault: "
            f"with chaos.inject({fault!r}, target):"
        )
    if hold is not None and fault.lasts is Lasts.INSTANT:
        raise HoldError(f"{fault!r} is over at once and cannot be held; leave out hold={hold!r}")
    if hold is None and fault.lasts is Lasts.UNTIL_HEALED:
        raise HoldError(f"{fault!r} cannot be recovered from while it is in force: say how many seconds, hold=")
    if hold is not None:
        _check_seconds("hold", hold)


def check_rules(rules: Sequence[AlertRule]) -> None:
    """Raise ArgumentError for what is no rule, and for a name that is taken: alerts are looked up by name."""
    names: set[str] = set(BUILT_IN)
    for rule in rules:
        if not isinstance(rule, AlertRule):
            raise ArgumentError(f"alert_rules has {rule!r}; give AlertRule(name, when=...)")
        if not rule.name:
            raise ArgumentError(f"an alert rule is named {rule.name!r}, which is no name")
        if rule.name in names:
            raise ArgumentError(f"an alert rule is named {rule.name!r}, which is taken")
        names.add(rule.name)
        _check_seconds(f"lasting of alert rule {rule.name!r}", rule.lasting)
        if not callable(rule.when) or is_not_run_by_a_call(rule.when):
            raise ArgumentError(f"when of alert rule {rule.name!r} is {rule.when!r}; give a function of a Moment")


def _check_seconds(name: str, value: float) -> None:
    # bool is a subclass of int: within=True would mean a second. What no clock can wait for would be an OverflowError
    # once the fault is injected.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
        raise ArgumentError(f"{name} is {value!r}; give seconds, 0 or more, at most a year")


def limits(within: float, stable_for: float) -> Limits:
    """Return the limits of a recovery, in seconds of the run's clock; raises ArgumentError for what are no seconds."""
    for name, value in (("within", within), ("stable_for", stable_for)):
        _check_seconds(name, value)
    return Limits(float(within), float(stable_for))
