"""The built-in alerts: the course of an experiment, and why it is slow."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from ..effects import STOP_MARGIN
from ..kube.objects import Container, Pod
from .absence import absences
from .experiment import Experiment
from .pod_history import PodHistory
from .pod_trouble import why_not_gone
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
"""The names of all built-in alerts."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is true of an experiment; the first of a name and object becomes an Alert.

    name: the name of the alert.
    severity: info, warning or critical.
    object: what it is about: the target, or "pod/NAME".
    at: when it became true, on the run's clock.
    seen: when it was known, on the run's clock.
    message: what exactly is the case; "" if there is nothing to add.
    """

    name: str
    severity: str
    object: str
    at: float
    seen: float
    message: str = ""


def facts(state: State, limits: Limits) -> Iterator[Fact]:
    """Yield what is true of the experiment after the last record; nothing before t0.

    The same facts come again with later records: it is the caller that raises each alert once.
    """
    experiment = state.experiment
    if experiment is None or experiment.t0 == inf:
        return
    target = str(experiment.begun.target)
    yield Fact("ChaosStarted", "info", target, experiment.t0, experiment.t0, str(experiment.begun.call))
    yield from _course(state, experiment, target)
    yield from _slow_because(state, experiment, target)
    for change in experiment.changes:
        by = f" by {change.by}" if change.by else ""
        yield Fact("TargetChanged", "warning", target, change.at, change.at, change.what + by)
    if experiment.ended is not None:
        yield from _end(state, experiment, limits, target)


def _course(state: State, experiment: Experiment, target: str) -> Iterator[Fact]:
    """Yield the loss, and the first sign of a recovery."""
    now = state.health
    for history in state.affected_pods:
        if history.gone is not None and history.pod.uid in experiment.victims:
            yield Fact("PodDeleted", "info", _pod(history.pod), history.gone, history.gone)
    if now.ready < now.wanted:
        message = f"{now.ready} of {now.wanted} pods are Ready"
        yield Fact("ProblemDetected", "warning", target, state.at, state.at, message)
    yield from _serving(state, target)
    starts = sorted(_recovery_starts(state, experiment))
    if starts:
        at, message = starts[0]
        yield Fact("RecoveryStarted", "info", target, at, at, message)


def _serving(state: State, target: str) -> Iterator[Fact]:
    """Yield what is wrong for the users of the target."""
    for name, sample in state.target.probes.items():
        if sample and not sample.passed:
            message = f"probe {name} fails: {sample.why}"
            yield Fact("ProblemDetected", "warning", target, state.at, state.at, message)
    # Without a Service the Ready pods stand for the endpoints that there would be.
    endpoints = state.health.serving
    if endpoints == 0:
        endpoints = state.target.endpoints(state.target.active, {history.pod.uid for history in state.owned})
    if endpoints is None:
        endpoints = state.health.ready
    if endpoints == 0:
        yield Fact("ServiceDown", "critical", target, state.at, state.at, "no ready endpoint")


def _recovery_starts(state: State, experiment: Experiment) -> Iterator[tuple[float, str]]:
    """Yield when each replacement and restart that is part of the recovery was seen, and a sentence on it."""
    # What comes while a fault is in force is its own effect: the pods of a broken image, say.
    if experiment.prevents_recovery:
        return
    for history in state.affected_pods:
        if history.created is not None and history.created >= experiment.recovery_starts:
            yield history.created, f"{_pod(history.pod)} was created"
        for _, at in history.restarts:
            if at >= experiment.recovery_starts:
                yield at, f"{_pod(history.pod)} was restarted"


def _slow_because(state: State, experiment: Experiment, target: str) -> Iterator[Fact]:
    """Yield why the recovery is slow, as far as the API says."""
    for history in state.affected_pods:
        if not history.pod.active or history.gone is not None:
            continue
        if history.pod.unschedulable:
            yield Fact("Unschedulable", "warning", _pod(history.pod), state.at, state.at, history.pod.unschedulable)
        for container in (*history.pod.init_containers, *history.pod.containers):
            for reason in _alert_reasons(container, history, experiment):
                message = container.message or reason
                yield Fact(ALERTS[reason], "warning", _pod(history.pod), state.at, state.at, message)
    if state.target.failure:
        yield Fact("FailedCreate", "warning", target, state.at, state.at, state.target.failure)


def _alert_reasons(container: Container, history: PodHistory, experiment: Experiment) -> list[str]:
    """Return the reasons with an alert that a container gives now, and for its last end if that was after t0."""
    reasons = [container.reason]
    # lastState may be days old, and its times are of the node's clock, in whole seconds: they cannot be compared with
    # t0. It belongs to this experiment if the pod came after t0, or if a restart of this very container was seen since.
    restarted = any(name == container.name and at >= experiment.t0 for name, at in history.restarts)
    is_new = history.created is not None and history.created >= experiment.t0
    if restarted or is_new:
        reasons.append(container.last_reason)
    return [reason for reason in reasons if reason in ALERTS]


def _end(state: State, experiment: Experiment, limits: Limits, target: str) -> Iterator[Fact]:
    """Yield what can be known only once the observation has ended."""
    recovered = recovery_time(state, limits) < inf
    if recovered and state.stable_since is not None:
        complete = max(state.stable_since, experiment.due)
        yield Fact("RecoveryComplete", "info", target, complete, complete + limits.stable_for)
    for history in state.victims:
        yield from _not_gone(history, state.at)
    if not recovered:
        for absence in absences(state):
            about = absence.object or target
            yield Fact(absence.name, "critical", about, absence.since, state.at, absence.message)


def _not_gone(history: PodHistory, now: float) -> Iterator[Fact]:
    """Yield that a deleted victim is still in the API, too long after it stopped or its grace period ended."""
    if history.deleted is None or history.gone is not None:
        return
    if history.proof is not None:
        (_, since), margin = history.proof, GONE_MARGIN
    else:
        since, margin = history.deleted, history.pod.grace + STOP_MARGIN
    due = since + margin
    if now >= due:
        yield Fact("NotGone", "warning", _pod(history.pod), since, due, why_not_gone(history.pod))


def _pod(pod: Pod) -> str:
    return f"pod/{pod.name}"
