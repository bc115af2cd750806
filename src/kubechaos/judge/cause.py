"""Why: the one sentence behind a verdict, which names what cost the time."""

from collections.abc import Iterable
from math import inf

from ..records import Gap
from .absence import absences
from .experiment import Change, Experiment, Injection
from .health import awaited, trouble
from .lives import Life
from .recovery import Limits, added, begun, recovery_time
from .timeline import State


def missing(experiment: Experiment, gap: Gap) -> str:
    """Say what may not have been seen."""
    since, until = (_after(experiment, at) for at in (gap.since, gap.at))
    return f"{gap.kind} events between {since} and {until} may be missing: {gap.why}"


def changed(experiment: Experiment, change: Change) -> str:
    """Say what somebody else did."""
    return f"{change.what} by somebody else at {_after(experiment, change.at)}"


def unproven(state: State, injection: Injection) -> str:
    """Say which effect of a fault was not seen."""
    seconds = (begun(state).ended or state.at) - injection.t0
    return f"{injection.begun.effect.missing(state, injection)} in {seconds:.0f} s"


def slowest(state: State, experiment: Experiment) -> str:
    """Name the phase that cost the most of a recovery; "" if no pod had to come for it."""
    ready = [life for life in added(state) if life.ready is not None]
    if not ready or state.stretch is None:
        return ""
    last = max(ready, key=lambda life: life.ready or 0.0)
    what, seconds = max(_costs(last, experiment.due, state.stretch), key=lambda cost: cost[1])
    return f"{seconds:.1f} s of it {what}"


def _costs(life: Life, due: float, stretch: float) -> list[tuple[str, float]]:
    """Split the time from due to the final stretch by the stages of the pod that was Ready last."""
    stages = [
        ("until its replacement was created", due, life.created),
        ("until it was scheduled", life.created, life.scheduled),
        (_starting(life), life.scheduled, life.started),
        ("until it was Ready", life.started or life.scheduled, life.ready),
        ("until it stayed Ready", life.ready, stretch),
    ]
    return [(what, max(0.0, end - begin)) for what, begin, end in stages if begin is not None and end is not None]


def _starting(life: Life) -> str:
    if life.pod.init_containers:
        return "pulling the images, running the init containers and starting the containers"
    return "pulling the image and starting the containers"


def obstacle(state: State, limits: Limits) -> str:
    """Say what stood in the way of a recovery when time was up: what the API says first, what only was seen last."""
    late, experiment = recovery_time(state, limits), begun(state)
    if late < inf:
        return f"recovered only after {late:.1f} s, {slowest(state, experiment)}".rstrip(", ")
    failure = state.world.failure
    if failure and len(state.world.active) < state.health.wanted:
        return f"FailedCreate: {failure}"
    active = sorted((life for life in state.owned if life.pod.active), key=lambda life: life.pod.name)
    if told := next((life for life in active if not life.pod.ready and trouble(life.pod)), None):
        last_words = experiment.logs.get(told.pod.uid, "")
        said = f"; its last words: {last_words}" if last_words else ""
        return f"{state.health.counted}; pod {told.pod.name}: {trouble(told.pod)}{said}"
    if flapping := _flapping(active, experiment.t0):
        return flapping
    if waiting := next((life for life in active if _waits_for(life)), None):
        return f"{state.health.counted}; pod {waiting.pod.name}: {_waits_for(waiting)}"
    if unwell := next((life for life in active if not life.pod.ready and life.unwell), None):
        return f"{state.health.counted}; pod {unwell.pod.name}: {unwell.pod.not_ready}; {unwell.unwell}"
    if absent := next(absences(state), None):
        return f"{state.health.unmet}; {absent.name}: {absent.message}"
    return state.health.unmet or f"all right only for less than {limits.stable_for:g} s"


def _waits_for(life: Life) -> str:
    """Say what the start of a pod waits for, as far as the API says."""
    return "" if life.started is not None or life.pod.ready else awaited(life.pod) or life.said


def _flapping(lives: Iterable[Life], t0: float) -> str:
    """Name the pod that lost its readiness again and again since t0."""
    losses = [(sum(at >= t0 for at in life.losses), life) for life in lives]
    count, life = max(losses, key=lambda each: each[0], default=(0, None))
    if life is None or count < 2:
        return ""
    why = "" if life.pod.ready else f"; now {life.pod.not_ready}"
    return f"pod {life.pod.name} lost its readiness {count} times{why}" + (f"; {life.unwell}" if life.unwell else "")


def _after(experiment: Experiment, at: float) -> str:
    return f"{at - experiment.t0:+.1f} s"
