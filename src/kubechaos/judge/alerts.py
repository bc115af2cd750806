"""Alerts: what is worth knowing of an experiment and when it became true, as a fold over the run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from msgspec import Struct

from ..errors import FaultError, InconclusiveError, UnknownAlertError
from ..kube.objects import Pod
from ..untrusted import described
from .builtin_alerts import BUILT_IN, Fact, facts
from .experiment import Experiment
from .recovery import Limits
from .state import State
from .units import AtLeastOne


class Moment(Struct, frozen=True):
    """The target at one time: what the `when` of an AlertRule is called with, after every record from t0 on.

    at: seconds from t0.
    ready: how many active pods are Ready.
    wanted: how many pods are wanted, at least 1; while such a fault as scale is in force, how many were before it.
    serving: how many active pods are ready endpoints of the target's Service, of the one with the fewest if there are
        several; None if there is no Service.
    pods: the active pods: those without deletionTimestamp and not in a terminal phase.
    probes: for each probe that has answered, by its name, whether its last answer was a success.
    """

    at: float
    ready: int
    wanted: int
    serving: int | None
    pods: tuple[Pod, ...]
    probes: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alert of a user's own.

    name: the name by which tests ask for it; neither a built-in name nor another rule's.
    when: the condition; an exception in it, and an answer that is no bool, is an error of the test (FaultError), never
        False.
    lasting: for how many seconds `when` must have held without a break before the alert is raised.
    severity: info, warning or critical.
    """

    name: str
    when: Callable[[Moment], bool]
    lasting: float = field(default=0.0, kw_only=True)
    severity: str = field(default="warning", kw_only=True)


class Alert(Struct, frozen=True):
    """Something that became true after the fault. It is raised once for each name and object.

    sequence: 1 for the first alert of its experiment, then counting up.
    name: the rule's name, as in "ServiceDown".
    severity: info, warning or critical.
    object: what it is about: the target as "deployment/NAME", or a pod as "pod/NAME".
    at: when it became true, in seconds from t0, at least 0.
    seen: when it was known, in seconds from t0; never before `at`.
    message: what exactly is the case; "" if there is nothing to add.
    """

    sequence: AtLeastOne
    name: str
    severity: str
    object: str
    at: float
    seen: float
    message: str


class Alerts(Mapping[str, Alert]):
    """A mapping from each name to the first alert of that name, in the order in which they were raised.

    `all` is the tuple of all alerts. Asking for a name that no rule has raises UnknownAlertError, as otherwise
    `"ServiceDwon" not in outage.alerts` would pass for ever; asking for one of `unobserved`, which maps a name to why
    nobody can say whether it was raised, raises InconclusiveError.
    """

    def __init__(
        self, alerts: tuple[Alert, ...], known: frozenset[str], unobserved: Mapping[str, str] | None = None
    ) -> None:
        self.all = alerts
        self._known = known
        self._unobserved = unobserved or {}
        self._first = {alert.name: alert for alert in reversed(alerts)}

    def __getitem__(self, name: str) -> Alert:
        self._check(name)
        return self._first[name]

    def __contains__(self, name: object) -> bool:
        self._check(name)
        return name in self._first

    def __iter__(self) -> Iterator[str]:
        return (alert.name for alert in sorted(self._first.values(), key=lambda alert: alert.sequence))

    def __len__(self) -> int:
        return len(self._first)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alerts) and self.all == other.all

    def __hash__(self) -> int:
        return hash(self.all)

    def __repr__(self) -> str:
        return f"[{', '.join(self)}]"

    def _check(self, name: object) -> None:
        if name not in self._known:
            raise UnknownAlertError(str(name), self._known)
        if name in self._unobserved and name not in self._first:
            raise InconclusiveError(f"nobody can say whether there was a {name}: {self._unobserved[str(name)]}")

    def with_unobserved(self, unobserved: Mapping[str, str]) -> "Alerts":
        """Return the same alerts with the names of which nobody can say whether they should be among them."""
        return Alerts(self.all, self._known, unobserved)


@dataclass(frozen=True, slots=True)
class Alarm:
    """The state of the alerts of an experiment.

    alerts: those that were raised so far.
    holding: since when the condition of each user's rule has held, on the run's clock; without those that do not hold.
    """

    alerts: tuple[Alert, ...] = ()
    holding: Mapping[str, float] = field(default_factory=dict)


def watch(alarm: Alarm, state: State, limits: Limits, rules: Sequence[AlertRule] = ()) -> Alarm:
    """Return the alarm after one more state. Nothing is raised before t0."""
    experiment = state.experiment
    if experiment is None or experiment.t0 == inf:
        return alarm
    raised = {(alert.name, alert.object) for alert in alarm.alerts}
    alerts = list(alarm.alerts)
    # A user's rule is judged by `holding` from before this record: its condition has held up to now, so its alert is
    # raised even if this very record ends the condition.
    for fact in (*facts(state, limits), *_lasted(alarm, state, experiment, rules)):
        if (fact.name, fact.object) not in raised:
            at, seen = max(0.0, fact.at - experiment.t0), max(0.0, fact.seen - experiment.t0)
            alerts.append(Alert(len(alerts) + 1, fact.name, fact.severity, fact.object, at, seen, fact.message))
    return Alarm(tuple(alerts), _holding(alarm.holding, state, experiment, rules))


def _lasted(alarm: Alarm, state: State, experiment: Experiment, rules: Sequence[AlertRule]) -> Iterator[Fact]:
    """Yield the users' rules whose condition has held for as long as they ask for."""
    for rule in rules:
        since = alarm.holding.get(rule.name)
        if since is not None and state.at >= since + rule.lasting:
            yield Fact(rule.name, rule.severity, str(experiment.begun.target), since, since + rule.lasting)


def _holding(
    before: Mapping[str, float], state: State, experiment: Experiment, rules: Sequence[AlertRule]
) -> Mapping[str, float]:
    """Return since when the condition of each user's rule has held, with this state taken into account."""
    if not rules:
        return before
    now = state.health
    probes = {name: sample.passed for name, sample in state.target.probes.items() if sample}
    moment = Moment(state.at - experiment.t0, now.ready, now.wanted, now.serving, state.target.active, probes)
    return {rule.name: before.get(rule.name, state.at) for rule in rules if _holds(rule, moment)}


def _holds(rule: AlertRule, moment: Moment) -> bool:
    try:
        holds = rule.when(moment)
    except Exception as error:
        raise FaultError(f"alert rule {rule.name!r} raised {described(error)}") from error
    # A forgotten `return` gives None, and the alert would never be raised.
    if not isinstance(holds, bool):
        raise FaultError(f"alert rule {rule.name!r} gives {holds!r}: its `when` must return True or False")
    return holds


def names(rules: Sequence[AlertRule]) -> frozenset[str]:
    """Return every alert name that a test may ask for."""
    return BUILT_IN | {rule.name for rule in rules}
