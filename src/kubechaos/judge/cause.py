"""Why: the one cause behind a verdict, which names what cost the time."""

from collections.abc import Iterable
from math import inf

from ..records import Gap
from .absence import absences
from .experiment import Change, Experiment, Injection
from .health import awaited, trouble
from .pod_history import Life
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
    ready = [life for life in added(state) if life.ready is not None]
    if not ready or state.stretch is None:
        return NONE
    last = max(ready, key=lambda life: life.ready or 0.0)
    phase, seconds = max(_costs(last, experiment.due, state.stretch), key=lambda cost: cost[1])
    return Cause(phase.code, f"{seconds:.1f} s of it {phase.text}")


def _costs(life: Life, due: float, stretch: float) -> list[tuple[Cause, float]]:
    """Split the time from due to the final stretch by the stages of the pod that was Ready last."""
    stages = [
        (Cause("Creating", "until its replacement was created"), due, life.created),
        (Cause("Scheduling", "until it was scheduled"), life.created, life.scheduled),
        (Cause("Starting", _starting(life)), life.scheduled, life.started),
        (Cause("BecomingReady", "until it was Ready"), life.started or life.scheduled, life.ready),
        (Cause("Stabilizing", "until it stayed Ready"), life.ready, stretch),
    ]
    return [(phase, max(0.0, end - begin)) for phase, begin, end in stages if begin is not None and end is not None]


def _starting(life: Life) -> str:
    if life.pod.init_containers:
        return "pulling the images, running the init containers and starting the containers"
    return "pulling the image and starting the containers"


def obstacle(state: State, limits: Limits) -> Cause:
    """Say what stood in the way of a recovery when time was up: what the API says first, what only was seen last."""
    late, experiment = recovery_time(state, limits), begun(state)
    if late < inf:
        phase = slowest(state, experiment)
        return Cause(phase.code, f"recovered only after {late:.1f} s, {phase.text}".rstrip(", "))
    failure = state.world.failure
    if failure and len(state.world.active) < state.health.wanted:
        return Cause("FailedCreate", f"FailedCreate: {failure}")
    return _of_a_pod(state, experiment) or _of_the_target(state, limits)


def _of_a_pod(state: State, experiment: Experiment) -> Cause | None:
    """The first of the target's pods that is not all right, and why: the API's word before what was only seen."""
    active = sorted((life for life in state.owned if life.pod.active), key=lambda life: life.pod.name)
    unready = [life for life in active if not life.pod.ready]
    for life in unready:
        if found := trouble(life.pod):
            log = experiment.logs.get(life.pod.uid, "")
            return _pod_cause(state, life, found, f"; its last words: {log}" if log else "")
    if flapping := _flapping(active, experiment.t0):
        return flapping
    for life in unready:
        if waits_for := _waits_for(life):
            return _pod_cause(state, life, waits_for)
    for life in unready:
        if life.unwell:
            return _pod_cause(state, life, _unwell(life))
    return None


def _unwell(life: Life) -> Cause:
    """Say why a pod is not Ready: its condition, and what an Event says of its health."""
    event, condition = quoted(life.unwell), quoted(life.pod.not_ready)
    # "ContainersNotReady" says no more than that it is not Ready; any other reason, as of a readiness gate, is why, and
    # the Event may be one of the minute in which the containers were still starting.
    named = condition.code not in ("", "ContainersNotReady")
    return Cause(condition.code if named else event.code, f"{condition.text}; {event.text}")


def _pod_cause(state: State, life: Life, cause: Cause, more: str = "") -> Cause:
    """Say of which pod it is the cause, and how many are Ready."""
    return Cause(cause.code, f"{state.health.counted}; pod {life.pod.name}: {cause.text}{more}")


def _of_the_target(state: State, limits: Limits) -> Cause:
    """The condition that does not hold, and what was expected and never seen, if there is any."""
    unmet = state.health.unmet
    if absent := next(absences(state), None):
        # A pod that is missing in silence leaves a condition unmet, unless it is one more than was wanted.
        return Cause(absent.name, f"{unmet.text if unmet else ''}; {absent.name}: {absent.message}")
    return unmet or Cause("NotStable", f"all right only for less than {limits.stable_for:g} s")


def _waits_for(life: Life) -> Cause | None:
    """Say what the start of a pod waits for, as far as the API says."""
    if life.started is not None or life.pod.ready:
        return None
    return awaited(life.pod) or (quoted(life.said) if life.said else None)


def _flapping(lives: Iterable[Life], t0: float) -> Cause | None:
    """Name the pod that lost its readiness again and again since t0."""
    losses = [(sum(at >= t0 for at in life.losses), life) for life in lives]
    count, life = max(losses, key=lambda each: each[0], default=(0, None))
    if life is None or count < 2:
        return None
    why = "" if life.pod.ready else f"; now {life.pod.not_ready}"
    event = f"; {life.unwell}" if life.unwell else ""
    return Cause("Flapping", f"pod {life.pod.name} lost its readiness {count} times{why}{event}")


def _after(experiment: Experiment, at: float) -> str:
    return f"{at - experiment.t0:+.1f} s"
