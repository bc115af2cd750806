"""The one cause behind a verdict: what stood in the way, or what cost the most time."""

from collections.abc import Iterable, Sequence
from math import inf

from ..records import Delay, Gap
from .absence import absences
from .delays import delayed
from .experiment import Experiment, ForeignChange, Injection
from .pod_history import PROGRESS, PodHistory
from .pod_trouble import is_starting, running_init_container, trouble
from .reasons import Cause, quoted
from .recovery import Limits, added, experiment_of, recovery_time, unsteady
from .state import State

NONE = Cause("", "")
"""The cause where there is nothing to explain."""


def missing(experiment: Experiment, gap: Gap) -> Cause:
    """Return the cause of an experiment whose observation has a gap."""
    since, until = (_after(experiment, at) for at in (gap.since, gap.at))
    return Cause("Gap", f"{gap.kind} events between {since} and {until} may be missing: {gap.why}")


def late(experiment: Experiment, delay: Delay, limits: Limits) -> Cause:
    """Return the cause of an experiment of which it is not known whether the recovery was in time."""
    return Cause("Delay", f"{_late(experiment, delay)}: the recovery may have been within {limits.within:g} s")


def _late(experiment: Experiment, delay: Delay) -> str:
    """Return when it was that everything came late, and why."""
    between = f"between {_after(experiment, delay.since)} and {_after(experiment, delay.at)}"
    if delay.lost:
        return f"{delay.why} {between}"
    if not delay.kind:
        return f"kubechaos did not run {between}"
    return f"{delay.kind} events {between} came late ({delay.why})"


def changed(experiment: Experiment, change: ForeignChange) -> Cause:
    """Return the cause of an experiment in which somebody else changed the target."""
    who = "somebody else"
    if change.by:
        who += f' (field manager "{change.by}")'
    when = f"at {_after(experiment, change.at)}"
    if change.before:
        when = f"before {_after(experiment, change.at)}"
    text = f"{change.what} by {who} {when}"
    if change.undid:
        text += f", so {change.undid} was not in force any more"
    return Cause("TargetChanged", text)


def unproven(state: State, injection: Injection) -> Cause:
    """Return the cause of a fault without proof: the effect that was not seen."""
    seconds = (experiment_of(state).ended or state.at) - injection.t0
    effect = injection.begun.effect
    return Cause(effect.unseen, f"{effect.missing(state, injection)} in {seconds:.0f} s")


def why_unsteady(state: State) -> Cause | None:
    """Return what keeps the target from being steady, with what an Event says where no status does; None if nothing."""
    found, current = unsteady(state), {pod.uid for pod in state.target.updated(state.target.active)}
    unready = [history for history in state.owned if history.pod.uid in current and not history.pod.ready]
    unready.sort(key=lambda history: history.pod.name)
    # Only a condition that counts pods is about pods.
    if found is None or not found.text.startswith(state.health.counted):
        return found
    if any(trouble(history.pod) for history in unready):
        return found
    return _waiting_start(state, unready) or _health_event(state, unready) or found


def slowest(state: State, experiment: Experiment) -> Cause:
    """Return the phase that took the most of the recovery time; NONE if the recovery needed no new pod."""
    ready = [history for history in added(state) if history.ready is not None]
    if not ready or state.stable_since is None:
        return NONE
    delay = delayed(state)
    # The phases would blame the cluster for a time in which nobody looked.
    if delay and delay.at - max(delay.since, experiment.due) > (state.stable_since - experiment.due) / 2:
        return Cause("Delay", f"at the latest: {_late(experiment, delay)}")
    # The recovery ended with the pod that became Ready last, so its stages are those that the time was spent on.
    last = max(ready, key=lambda history: history.ready or 0.0)
    phase, seconds = max(_durations(last, experiment.due, state.stable_since), key=lambda duration: duration[1])
    return Cause(phase.code, f"{seconds:.1f} s of it {phase.text}")


def _durations(history: PodHistory, due: float, stable_since: float) -> list[tuple[Cause, float]]:
    """Return the phases from due to the final stable window, by the stages of one pod, each with its seconds."""
    stages = [
        (Cause("Creating", "until its replacement was created"), due, history.created),
        (Cause("Scheduling", "until it was scheduled"), history.created, history.scheduled),
        (Cause("Starting", _starting(history)), history.scheduled, history.started),
        (Cause("BecomingReady", "until it was Ready"), history.started or history.scheduled, history.ready),
        (Cause("Stabilizing", "until it stayed Ready"), history.ready, stable_since),
    ]
    return [(phase, max(0.0, end - begin)) for phase, begin, end in stages if begin is not None and end is not None]


def _starting(history: PodHistory) -> str:
    if history.pod.init_containers:
        return "pulling the images, running the init containers and starting the containers"
    return "pulling the image and starting the containers"


def obstacle(state: State, limits: Limits) -> Cause:
    """Return what stood in the way of a recovery when time was up."""
    # Causes that Kubernetes names go before those that are only concluded from what was seen: its words can be searched
    # for, and lead to the object that has to be fixed.
    late, experiment = recovery_time(state, limits), experiment_of(state)
    if late < inf:
        phase = slowest(state, experiment)
        return Cause(phase.code, f"recovered only after {late:.1f} s, {phase.text}".rstrip(", "))
    failure = state.target.failure
    if failure and len(state.target.active) < state.health.wanted:
        return Cause("FailedCreate", f"FailedCreate: {failure}")
    return _pod_obstacle(state, experiment) or _target_obstacle(state, limits)


def _pod_obstacle(state: State, experiment: Experiment) -> Cause | None:
    """Return why one of the target's pods kept it from recovering; None if no pod did."""
    active = sorted((history for history in state.owned if history.pod.active), key=lambda history: history.pod.name)
    unready = [history for history in active if not history.pod.ready]
    # From the surest to the vaguest: a reason in the status of a container, a pod that comes and goes, and last the
    # Events, which are best effort and may be of a minute that is over.
    return (
        _trouble_in_status(state, experiment, unready)
        or _flapping(active, experiment.t0)
        or _waiting_start(state, unready)
        or _health_event(state, unready)
    )


def _trouble_in_status(state: State, experiment: Experiment, unready: Sequence[PodHistory]) -> Cause | None:
    """Return the trouble that the status of a pod names, with the last log lines of its container."""
    for history in unready:
        found = trouble(history.pod)
        if found:
            log = experiment.logs.get(history.pod.uid, "")
            lines = f"; its last log lines: {log}" if log else ""
            return _pod_cause(state, history, found, lines)
    return None


def _waiting_start(state: State, unready: Sequence[PodHistory]) -> Cause | None:
    """Return what the start of a pod waits for, as far as the API says."""
    for history in unready:
        waits_for = None
        if is_starting(history.pod):
            waits_for = running_init_container(history.pod)
            if waits_for is None and history.start_event and not history.start_event.startswith(PROGRESS):
                waits_for = quoted(history.start_event)
        if waits_for:
            return _pod_cause(state, history, waits_for)
    return None


def _health_event(state: State, unready: Sequence[PodHistory]) -> Cause | None:
    """Return why a started pod is not Ready: its condition, and what an Event says of its health."""
    for history in unready:
        if history.health_event:
            event, condition = quoted(history.health_event), quoted(history.pod.not_ready)
            # "ContainersNotReady" says no more than that the pod is not Ready. Any other reason, like that of a
            # readiness gate, is the cause: the Event may be one of the minute in which the containers were starting.
            code = condition.code
            if code in ("", "ContainersNotReady"):
                code = event.code
            return _pod_cause(state, history, Cause(code, f"{condition.text}; {event.text}"))
    return None


def _pod_cause(state: State, history: PodHistory, cause: Cause, more: str = "") -> Cause:
    """Return the cause with how many pods are Ready before it, and the name of its pod."""
    return Cause(cause.code, f"{state.health.counted}; pod {history.pod.name}: {cause.text}{more}")


def _target_obstacle(state: State, limits: Limits) -> Cause:
    """Return the condition of health that does not hold, and the step that was expected and never seen, if any."""
    unmet = state.health.unmet
    for absence in absences(state):
        # A pod that is missing leaves a condition unmet, unless it is one more than was wanted.
        condition = unmet.text if unmet else ""
        return Cause(absence.name, f"{condition}; {absence.name}: {absence.message}")
    return unmet or Cause("NotStable", f"healthy only for less than {limits.stable_for:g} s")


def _flapping(histories: Iterable[PodHistory], t0: float) -> Cause | None:
    """Return that a pod lost its readiness again and again since t0; None if none did."""
    losses = [(sum(at >= t0 for at in history.losses), history) for history in histories]
    count, history = max(losses, key=lambda entry: entry[0], default=(0, None))
    # Losing it once is what a restart looks like.
    if history is None or count < 2:
        return None
    text = f"pod {history.pod.name} lost its readiness {count} times"
    if not history.pod.ready:
        text += f"; now {history.pod.not_ready}"
    if history.health_event:
        text += f"; {history.health_event}"
    return Cause("Flapping", text)


def _after(experiment: Experiment, at: float) -> str:
    return f"{round(at - experiment.t0, 1) + 0.0:+.1f} s"  # adding 0.0 makes 0.0 of -0.0
