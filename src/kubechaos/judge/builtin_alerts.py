"""The built-in alerts: what is true of an experiment, and why it is slow."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from ..effects import STOP_MARGIN
from ..kube.objects import Container, Pod
from .absence import absences
from .experiment import Experiment
from .health import why_not_gone
from .pod_history import PodHistory
from .reasons import ALERTS
from .recovery import GONE_MARGIN, Limits, recovery_time
from .state import State

BUILT_IN: Final = frozenset(
    {
        "ChaosStarted",
        "PodDeleted",
        "ProblemDetected",
        "RecoveryStarted",
        "RecoveryComplete",
        "ServiceDown",
        "TargetChanged",
        "NotGone",
        "NotCreated",
        "NotScheduled",
        "NotStarted",
        "Unschedulable",
        "ImagePullBackOff",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "OOMKilled",
        "FailedCreate",
    }
)
"""The names that the built-in rules can raise."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of an experiment; became so `at`, known since `seen`, both on the run's clock."""

    name: str
    severity: str
    object: str
    at: float
    seen: float
    message: str = ""


def facts(state: State, limits: Limits) -> Iterator[Fact]:
    """Yield what is true now and may not have been before the last record; the experiment must have begun."""
    experiment = state.experiment
    if experiment is None or experiment.t0 == inf:
        return
    target = str(experiment.begun.target)
    yield Fact("ChaosStarted", "info", target, experiment.t0, experiment.t0, str(experiment.begun.call))
    yield from _course(state, experiment, target)
    yield from _troubles(state, experiment, target)
    for change in experiment.changes:
        yield Fact("TargetChanged", "warning", target, change.at, change.at, change.what)
    if experiment.ended is not None:
        yield from _end(state, experiment, limits, target)


def _course(state: State, experiment: Experiment, target: str) -> Iterator[Fact]:
    """The loss, and the first sign of its recovery."""
    now = state.health
    for history in state.affected_pods:
        if history.gone is not None and history.pod.uid in experiment.victims:
            yield Fact("PodDeleted", "info", _pod(history.pod), history.gone, history.gone)
    if now.ready < now.wanted:
        yield Fact(
            "ProblemDetected", "warning", target, state.at, state.at, f"{now.ready} of {now.wanted} pods are Ready"
        )
    yield from _serving(state, target)
    if starts := sorted(_starts(state, experiment)):
        yield Fact("RecoveryStarted", "info", target, starts[0][0], starts[0][0], starts[0][1])


def _serving(state: State, target: str) -> Iterator[Fact]:
    """What is wrong for those who use the target."""
    for name, sample in state.target.probes.items():
        if sample and not sample.passed:
            message = f"probe {name} fails: {sample.why}"
            yield Fact("ProblemDetected", "warning", target, state.at, state.at, message)
    now = state.health
    if (now.ready if now.serving is None else now.serving) == 0:
        yield Fact("ServiceDown", "critical", target, state.at, state.at, "no ready endpoint")


def _starts(state: State, experiment: Experiment) -> Iterator[tuple[float, str]]:
    """The replacements and restarts since recovery is owed; what comes while a fault is in force is its own effect."""
    if experiment.in_force:
        return
    for history in state.affected_pods:
        if history.created is not None and history.created >= experiment.recovery_starts:
            yield history.created, f"{_pod(history.pod)} was created"
        for _, at in history.restarts:
            if at >= experiment.recovery_starts:
                yield at, f"{_pod(history.pod)} was restarted"


def _troubles(state: State, experiment: Experiment, target: str) -> Iterator[Fact]:
    """Why it is slow, as far as the API says."""
    for history in state.affected_pods:
        if not history.pod.active or history.gone is not None:
            continue
        if history.pod.unschedulable:
            yield Fact("Unschedulable", "warning", _pod(history.pod), state.at, state.at, history.pod.unschedulable)
        for each in (*history.pod.init_containers, *history.pod.containers):
            for reason in _reasons(each, history, experiment):
                yield Fact(ALERTS[reason], "warning", _pod(history.pod), state.at, state.at, each.message or reason)
    if failure := state.target.failure:
        yield Fact("FailedCreate", "warning", target, state.at, state.at, failure)


def _reasons(each: Container, history: PodHistory, experiment: Experiment) -> list[str]:
    """The reasons that a container gives now, and for its last end if that was after t0."""
    lately = any(at >= experiment.t0 for _, at in history.restarts)
    given = (each.reason, each.last_reason if lately or history.created is not None else "")
    return [reason for reason in given if reason in ALERTS]


def _end(state: State, experiment: Experiment, limits: Limits, target: str) -> Iterator[Fact]:
    """What can only be said once the observation has ended."""
    recovered = state.stable_since is not None and recovery_time(state, limits) < inf
    if recovered and state.stable_since is not None:
        complete = max(state.stable_since, experiment.due)
        yield Fact("RecoveryComplete", "info", target, complete, complete + limits.stable_for)
    for history in state.victims:
        if history.deleted is not None and history.gone is None:
            since = history.proof[1] if history.proof else history.deleted
            until = since + (GONE_MARGIN if history.proof else history.pod.grace + STOP_MARGIN)
            if state.at >= until:
                yield Fact("NotGone", "warning", _pod(history.pod), since, until, why_not_gone(history.pod))
    if not recovered:
        for each in absences(state):
            yield Fact(each.name, "critical", each.object or target, each.since, state.at, each.message)


def _pod(pod: Pod) -> str:
    return f"pod/{pod.name}"
