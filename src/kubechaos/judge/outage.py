"""The facts of an experiment that a test may assert on, derived from its records and nothing else."""

from collections.abc import Iterable, Mapping
from math import inf

from msgspec import Struct
from msgspec.structs import force_setattr

from ..changes import Outcome
from ..errors import Verdict
from ..kube.objects import Ref
from ..records import Delay, Ended, FaultCall, Gap
from .alerts import Alerts
from .experiment import Experiment, Injection, Probed, Proof
from .phases import Phases, Victim, phases, victim
from .recovery import Limits, experiment_of, recovery_time
from .state import State
from .units import AtLeastOne, Count, MaybeNever, Rate, Seconds, Share, Timestamp
from .verdict import judge, overruled


class StreamBreak(Struct, frozen=True):
    """A time in which a watch was interrupted: events of a gap may be missing, those of a delay came late.

    kind: the kind of the objects that were watched, as in "Pod"; "" of a delay in which kubechaos itself did not run.
    since: when the last event came before it, in seconds from t0; negative if that was before the fault.
    at: when the watch was complete again, in seconds from t0.
    why: what happened, as a sentence.
    """

    kind: str
    since: float
    at: float
    why: str


class UndoneChange(Struct, frozen=True):
    """What became of one change of a fault when it was to be undone.

    object: what the fault had changed, as in "deployment/web".
    outcome: "done": it was put back. "already": it was as before the fault already. "gone": the object is no longer in
        the API. "superseded": somebody else has changed it since, and their value was left as it is.
    """

    object: str
    outcome: Outcome


class ProbeFacts(Struct, frozen=True):
    """The answers of one probe from t0 to the end of the observation.

    samples: how many answers there were.
    passed: how many of them were successes.
    rate: how many answers there were per second.
    longest_unobserved: the longest time without an answer, in seconds.
    """

    samples: Count
    passed: Count
    rate: Rate
    longest_unobserved: Seconds


class Outage(Struct, frozen=True, kw_only=True):
    """What one fault did to its target. Durations are seconds by the run's own clock, never by a server's.

    fault: the fault as it was called, with `name` and `args`; `str(outage.fault)` is "kill(1)".
    target: the workload, with `kind`, `namespace`, `name` and `uid`; `str(outage.target)` is "deployment/web".
    started: the time of day at which the fault was begun, as an RFC 3339 timestamp.
    wanted: how many replicas were wanted before the fault, at least 1.
    within: the longest recovery time that was allowed, in seconds.
    hold: how long a lasting fault was held, in seconds, as in the call; None if it was not held, or held by a block.
    stable_for: how long the target had to stay recovered, in seconds.
    liveness_fails_after: how many seconds the slowest liveness probe of the target needs to fail; 0 without one. If
        that is more than `stable_for`, a container that hangs would have been restarted only after the observation.
    victims: the pods that were chosen for the fault, in the order in which they were chosen.
    blocked_for: the seconds for which evictions waited for disruption budgets; no part of the recovery time.
    recovery_time: the seconds from when recovery was owed (t0, or the heal of a held fault) to the start of the final
        stable window; inf (null in JSON) if the target did not recover, or if somebody else undid the fault while it
        was held. It may be more than `within`.
    availability: the time-weighted share of the wanted pods that were Ready from t0 to the start of the final stable
        window, or to the end of the observation if there is none; 0 to 1.
    probe_availability: for each probe by its name, the share of answers in that time that were successes, 0 to 1; 1 if
        there was no answer.
    probes: for each probe by its name, how often and how well it answered until the end of the observation.
    min_ready: the fewest Ready pods from t0 on.
    proof: what proved the fault and when; None if no effect was seen.
    cause: one sentence: what stood in the way, or which phase took the most time; "" if there is none.
    cause_code: the same for programs: the name of an alert, a reason of Kubernetes or a phase, as in
        "ImagePullBackOff", "FailedCreate", "Starting"; "" if there is none. It stays when sentences are reworded.
    phases: the pods that went and those that came, with the times of their stages.
    alerts: a mapping from each name to the first Alert of that name; the list of all alerts in JSON.
    gaps: the interruptions of a watch in which events may have been missed.
    delays: the interruptions of a watch, or of kubechaos itself, after which every event came, but late.
    unobserved: the kinds of objects that kubechaos had no permission to watch.
    undone: what became of each change of the fault that was to be undone.
    verdict: how the experiment ended, as in "recovered" or "not_recovered".
    """

    fault: FaultCall
    target: Ref
    started: Timestamp
    wanted: AtLeastOne
    within: Seconds
    hold: float | None
    stable_for: Seconds
    liveness_fails_after: Count = 0  # reports of version 0.1 have none
    victims: tuple[Victim, ...]
    blocked_for: Seconds = 0.0  # reports of version 0.1 have none
    recovery_time: MaybeNever
    availability: Share
    probe_availability: Mapping[str, Share]
    probes: Mapping[str, ProbeFacts]
    min_ready: Count
    proof: Proof | None
    cause: str
    cause_code: str = ""  # reports of version 0.1 have none
    phases: Phases
    alerts: Alerts
    gaps: tuple[StreamBreak, ...]
    delays: tuple[StreamBreak, ...]
    unobserved: tuple[str, ...]
    undone: tuple[UndoneChange, ...] = ()  # reports of version 0.1 have none
    verdict: Verdict

    def __post_init__(self) -> None:
        """Read a recovery time of null as infinity, which JSON does not have."""
        if self.recovery_time is None:
            force_setattr(self, "recovery_time", inf)

    def __repr__(self) -> str:
        how: str = self.verdict
        if self.verdict is Verdict.RECOVERED:
            how = f"recovered in {self.recovery_time:.1f} s"
        low = f"{self.min_ready}/{self.wanted}"
        text = f"<Outage {self.fault} on {self.target}: {how}, low {low}, alerts {self.alerts!r}>"
        # pytest's own repr of a failed assertion cuts at 240 characters, in the middle.
        if len(text) < 240:
            return text
        return f"{text[:235]}...>"


def outages(state: State, limits: Limits, alerts: Alerts, end: Ended) -> dict[int, Outage]:
    """Return an outage for each fault of an ended experiment that wrote something, by the number of the fault.

    They share the recovery, the verdict and the cause. These are those of `end` if it has a verdict: the run knew
    something that no record shows, like an interruption.
    """
    alerts = alerts.with_unobserved(_unobserved_alerts(state, end))
    numbers = [number for number, injection in enumerate(experiment_of(state).injections) if injection.t0 < inf]
    return {number: _outage(state, limits, alerts, end, number) for number in numbers}


def _unobserved_alerts(state: State, end: Ended) -> dict[str, str]:
    """Return the alerts that may be missing, each with the reason."""
    if "EndpointSlice" in end.unobserved:
        return {"ServiceDown": "there is no permission to list and watch endpointslices"}
    # A gap in the slices is none in the recovery, which is seen by the pods. But what was down meanwhile, and back when
    # the slices were listed again, nobody has seen.
    t0 = experiment_of(state).t0
    for gap in state.gaps:
        if gap.kind == "EndpointSlice" and gap.at >= t0:
            since, at = gap.since - t0, gap.at - t0
            return {"ServiceDown": f"the EndpointSlices were not watched from {since:+.1f} to {at:+.1f} s"}
    return {}


def _outage(state: State, limits: Limits, alerts: Alerts, end: Ended, number: int) -> Outage:
    experiment = experiment_of(state)
    injection, t0 = experiment.injections[number], experiment.t0
    judgement = overruled(end) or judge(state, limits)
    return Outage(
        fault=injection.begun.call,
        target=injection.begun.target,
        started=injection.begun.started,
        wanted=experiment.wanted,
        within=limits.within,
        hold=injection.begun.hold,
        stable_for=limits.stable_for,
        liveness_fails_after=state.target.workload.liveness_fails_after if state.target.workload else 0,
        victims=tuple(victim(state.histories[uid], t0) for uid in injection.victims),
        blocked_for=injection.blocked_for,
        recovery_time=recovery_time(state, limits),
        availability=_availability(state, experiment),
        probe_availability=_probe_availability(state, experiment),
        probes=_probe_facts(state, experiment),
        min_ready=experiment.min_ready,
        proof=_proof(injection, t0),
        cause=judgement.cause.text,
        cause_code=judgement.cause.code,
        phases=phases(state, t0),
        alerts=alerts,
        gaps=_breaks(state.gaps, t0),
        delays=_breaks(state.delays, t0),
        unobserved=end.unobserved,
        undone=_undone(experiment, number),
        verdict=judgement.verdict,
    )


def _proof(injection: Injection, t0: float) -> Proof | None:
    if injection.proven is None:
        return None
    return Proof(injection.proven.kind, injection.proven.at - t0)


def _undone(experiment: Experiment, number: int) -> tuple[UndoneChange, ...]:
    undone = (record for record in experiment.undone if record.injection == number)
    return tuple(UndoneChange(str(record.object), record.outcome) for record in undone)


def _breaks(records: Iterable[Gap | Delay], t0: float) -> tuple[StreamBreak, ...]:
    """Return the interruptions that ended after t0, in seconds from t0."""
    since_t0 = (record for record in records if record.at >= t0)
    return tuple(StreamBreak(record.kind, record.since - t0, record.at - t0, record.why) for record in since_t0)


def _probe_availability(state: State, experiment: Experiment) -> dict[str, float]:
    """Return the share of each probe's answers before the final stable window that were successes."""
    counted = experiment.probed_before
    if state.stable_since is None:
        counted = experiment.probed
    shares = {}
    for name in state.target.probes:
        probed = counted.get(name)
        shares[name] = probed.passed / probed.samples if probed else 1.0
    return shares


def _probe_facts(state: State, experiment: Experiment) -> dict[str, ProbeFacts]:
    """Return the answers of each probe from t0 to the end; none if nothing was injected."""
    if experiment.t0 == inf:
        return {}
    end = state.at if experiment.ended is None else experiment.ended
    facts = {}
    for name in state.target.probes:
        probed = experiment.probed.get(name, Probed(experiment.t0))
        rate = probed.samples / (end - experiment.t0) if end > experiment.t0 else 0.0
        # The time since the last answer counts as well: a probe that hangs would look well observed otherwise.
        longest = max(probed.longest, end - probed.last)
        facts[name] = ProbeFacts(probed.samples, probed.passed, rate, longest)
    return facts


def _availability(state: State, experiment: Experiment) -> float:
    """Return the share of wanted pods that were Ready, weighted by time; 1.0 of no time at all."""
    if experiment.t0 == inf:
        return 1.0
    # The final stable window is left out: the longer a recovered target is watched, the better it would look.
    if state.stable_since is not None:
        ready_seconds, until = experiment.ready_seconds_before, max(state.stable_since, experiment.t0)
    else:
        ready_seconds, until = experiment.ready_seconds, experiment.ended or state.at
    if until <= experiment.t0:
        return 1.0
    return min(1.0, ready_seconds / (until - experiment.t0))
