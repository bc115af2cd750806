"""Why: the one cause behind a verdict, which names what cost the time."""

from collections.abc import Iterable
from math import inf

from ..records import Gap
from .absence import absences
from .experiment import Change, Experiment, Injection
from .health import running_init_container, trouble
from .pod_history import PodHistory
from .reasons import Cause, quoted
from .recovery import Limits, added, begun, recovery_time
from .state import State

NONE = Cause("", "")
"""There is nothing to explain."""


def missing(experiment: Experiment, gap: Gap) -> Cause:
    """Say what may not have been seen."""
    since, until = (_after(experiment, at) for at in (gap.since, gap.at))
    return Cause("Gap", f"{gap.kind} events between {since} and {until} may be missing: {gap.why}")


def changed(experiment: Experiment, change: Change) -> Cause:
    """Say what somebody else did."""
    return Cause("TargetChanged", f"{change.what} by somebody else at {_after(experiment, change.at)}")


def unproven(state: State, injection: Injection) -> Cause:
    """Say which effect of a fault was not seen."""
    seconds = (begun(state).ended or state.at) - injection.t0
    effect = injection.begun.effect
    return Cause(effect.unseen, f"{effect.missing(state, injection)} in {seconds:.0f} s")


def slowest(state: State, experiment: Experiment) -> Cause:
    """Name the phase that cost the most of a recovery; NONE if no pod had to come for it."""
    ready = [history for history in added(state) if history.ready is not None]
    if not ready or state.stable_since is None:
        return NONE
    last = max(ready, key=lambda history: history.ready or 0.0)
    phase, seconds = max(_costs(last, experiment.due, state.stable_since), key=lambda cost: cost[1])
    return Cause(phase.code, f"{seconds:.1f} s of it {phase.text}")


def _costs(history: PodHistory, due: float, stable_since: float) -> list[tuple[Cause, float]]:
    """Split the time from due to the final stretch by the stages of the pod that was Ready last."""
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
    """Say what stood in the way of a recovery when time was up: what the API says first, what only was seen last."""
    late, experiment = recovery_time(state, limits), begun(state)
    if late < inf:
        phase = slowest(state, experiment)
        return Cause(phase.code, f"recovered only after {late:.1f} s, {phase.text}".rstrip(", "))
    failure = state.target.failure
    if failure and len(state.target.active) < state.health.wanted:
        return Cause("FailedCreate", f"FailedCreate: {failure}")
    return _of_a_pod(state, experiment) or _of_the_target(state, limits)


def _of_a_pod(state: State, experiment: Experiment) -> Cause | None:
    """The first of the target's pods that is not all right, and why: the API's word before what was only seen."""
    active = sorted((history for history in state.owned if history.pod.active), key=lambda history: history.pod.name)
    unready = [history for history in active if not history.pod.ready]
    for history in unready:
        if found := trouble(history.pod):
            log = experiment.logs.get(history.pod.uid, "")
            return _pod_cause(state, history, found, f"; its last words: {log}" if log else "")
    if flapping := _flapping(active, experiment.t0):
        return flapping
    for history in unready:
        if waits_for := _waits_for(history):
            return _pod_cause(state, history, waits_for)
    for history in unready:
        if history.health_event:
            return _pod_cause(state, history, _unwell(history))
    return None


def _unwell(history: PodHistory) -> Cause:
    """Say why a pod is not Ready: its condition, and what an Event says of its health."""
    event, condition = quoted(history.health_event), quoted(history.pod.not_ready)
    # "ContainersNotReady" says no more than that it is not Ready; any other reason, as of a readiness gate, is why, and
    # the Event may be one of the minute in which the containers were still starting.
    named = condition.code not in ("", "ContainersNotReady")
    return Cause(condition.code if named else event.code, f"{condition.text}; {event.text}")


def _pod_cause(state: State, history: PodHistory, cause: Cause, more: str = "") -> Cause:
    """Say of which pod it is the cause, and how many are Ready."""
    return Cause(cause.code, f"{state.health.counted}; pod {history.pod.name}: {cause.text}{more}")


def _of_the_target(state: State, limits: Limits) -> Cause:
    """The condition that does not hold, and what was expected and never seen, if there is any."""
    unmet = state.health.unmet
    if absent := next(absences(state), None):
        # A pod that is missing in silence leaves a condition unmet, unless it is one more than was wanted.
        return Cause(absent.name, f"{unmet.text if unmet else ''}; {absent.name}: {absent.message}")
    return unmet or Cause("NotStable", f"all right only for less than {limits.stable_for:g} s")


def _waits_for(history: PodHistory) -> Cause | None:
    """Say what the start of a pod waits for, as far as the API says."""
    if history.started is not None or history.pod.ready:
        return None
    return running_init_container(history.pod) or (quoted(history.start_event) if history.start_event else None)


def _flapping(histories: Iterable[PodHistory], t0: float) -> Cause | None:
    """Name the pod that lost its readiness again and again since t0."""
    losses = [(sum(at >= t0 for at in history.losses), history) for history in histories]
    count, history = max(losses, key=lambda each: each[0], default=(0, None))
    if history is None or count < 2:
        return None
    why = "" if history.pod.ready else f"; now {history.pod.not_ready}"
    event = f"; {history.health_event}" if history.health_event else ""
    return Cause("Flapping", f"pod {history.pod.name} lost its readiness {count} times{why}{event}")


def _after(experiment: Experiment, at: float) -> str:
    return f"{at - experiment.t0:+.1f} s"
