"""What is worth telling, and when it became true: alerts as a fold over the run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from ..errors import FaultError
from ..kube.objects import Pod
from .experiment import Experiment
from .facts import BUILT_IN, Fact, facts
from .recovery import Limits
from .timeline import State


@dataclass(frozen=True, slots=True)
class Moment:
    """How the target was at one time: `at` in seconds from t0, `serving` None without a Service."""

    at: float
    ready: int
    wanted: int
    serving: int | None
    pods: tuple[Pod, ...]
    probes: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A user's own alert: raised once `when` has held for `lasting` seconds; an exception in it is an error."""

    name: str
    when: Callable[[Moment], bool]
    lasting: float = field(default=0.0, kw_only=True)
    severity: str = field(default="warning", kw_only=True)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that became true at `at` and was known at `seen`, both in seconds from t0."""

    sequence: int
    name: str
    severity: str
    object: str
    at: float
    seen: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """The alerts raised so far, and since when the conditions of users' rules have held."""

    alerts: tuple[Alert, ...] = ()
    holding: Mapping[str, float] = field(default_factory=dict)


def watch(alarm: Alarm, state: State, limits: Limits, rules: Sequence[AlertRule] = ()) -> Alarm:
    """Return the alarm after one more state; each alert is raised once for each object."""
    experiment = state.experiment
    if experiment is None or experiment.t0 == inf:
        return alarm
    lasted = [
        Fact(rule.name, rule.severity, str(experiment.begun.target), since, since + rule.lasting)
        for rule in rules
        if (since := alarm.holding.get(rule.name)) is not None and state.at >= since + rule.lasting
    ]
    raised = {(alert.name, alert.object) for alert in alarm.alerts}
    alerts = list(alarm.alerts)
    for fact in (*facts(state, limits), *lasted):
        if (fact.name, fact.object) not in raised:
            at, seen = max(0.0, fact.at - experiment.t0), max(0.0, fact.seen - experiment.t0)
            alerts.append(Alert(len(alerts) + 1, fact.name, fact.severity, fact.object, at, seen, fact.message))
    return Alarm(tuple(alerts), _holding(alarm.holding, state, experiment, rules))


def _holding(
    before: Mapping[str, float], state: State, experiment: Experiment, rules: Sequence[AlertRule]
) -> Mapping[str, float]:
    """Since when each user's rule has held, looking at the state once more."""
    if not rules:
        return before
    now = state.health
    probes = {name: sample.passed for name, sample in state.world.probes.items() if sample}
    moment = Moment(state.at - experiment.t0, now.ready, now.wanted, now.serving, state.world.active, probes)
    return {rule.name: before.get(rule.name, state.at) for rule in rules if _holds(rule, moment)}


def _holds(rule: AlertRule, moment: Moment) -> bool:
    try:
        return bool(rule.when(moment))
    except Exception as error:
        raise FaultError(f"alert rule {rule.name!r} raised {type(error).__name__}: {error}") from error


def names(rules: Sequence[AlertRule]) -> frozenset[str]:
    """Return every alert name that can be asked for."""
    return BUILT_IN | {rule.name for rule in rules}
