"""What a test may assert on, derived from the run and nothing else."""

from collections.abc import Iterable, Mapping
from math import inf

from msgspec import Struct
from msgspec.structs import force_setattr

from ..changes import Outcome
from ..errors import Verdict
from ..kube.objects import Ref
from ..records import Delay, Ended, FaultCall, Gap
from .alerts import Alerts
from .experiment import Experiment, Probed, Proof
from .phases import Phases, Victim, phases, victim
from .recovery import Limits, begun, recovery_time
from .state import State
from .units import AtLeastOne, Count, MaybeNever, Seconds, Share, Timestamp
from .verdict import judge, overruled


class StreamBreak(Struct, frozen=True):
    """A time in which a watch was interrupted: as a gap events may be missing, as a delay they only came late.

    `kind` is that of the objects which it watches; it lasted from `since` to `at`, in seconds from t0, and `why` says
    what happened.
    """

    kind: str
    since: float
    at: float
    why: str


class UndoneChange(Struct, frozen=True):
    """What became of one change of a fault, when it was to be undone.

    `object` is what was changed, like "deployment/web". `outcome` is "done", "already" (it was as before), "gone" (the
    object is), or "superseded": somebody else has changed it since, and that was left as it is.
    """

    object: str
    outcome: Outcome


class ProbeFacts(Struct, frozen=True):
    """How a probe did from t0 to the end of the observation.

    `samples` is how often it answered and `passed` how often well, `rate` the samples per second that were achieved,
    `longest_unobserved` the longest time without an answer, in seconds.
    """

    samples: Count
    passed: Count
    rate: Seconds
    longest_unobserved: Seconds


class Outage(Struct, frozen=True, kw_only=True):
    """What one fault did to its target. Times are seconds.

    fault: what was done, `str(outage.fault)` is "kill(1)"; it has a `name` and `args`.
    target: the workload, with `kind`, `namespace`, `name` and `uid`; str() is "deployment/web".
    started: the time of day at which the experiment began, as an RFC 3339 timestamp.
    wanted: replicas wanted before the fault, at least 1.
    within: how long the recovery was allowed to take.
    hold: how long a lasting fault was held, as asked for; None if it was not, or by a block.
    stable_for: how long the target had to stay recovered to count as that.
    victims: the pods that were chosen for the fault.
    recovery_time: from when recovery was owed (t0, or the heal of a held fault) to the start of the final stable time;
        inf if the target did not recover. JSON: null.
    availability: the time-weighted share of wanted pods that were Ready from t0 to the start of the final stable time,
        0 to 1.
    probe_availability: for each probe, the share of samples that passed in that time, 0 to 1.
    probes: for each probe, how often it was asked and how it did.
    min_ready: the fewest Ready pods from t0 on.
    proof: what proved the fault and when; None if no effect was seen.
    cause: one sentence: what stood in the way, or which phase cost the most time; "" where there is none.
    cause_code: the same for programs: an alert's name, Kubernetes' own reason or a phase, as in "ImagePullBackOff",
        "FailedCreate", "Starting"; "" where there is none.
    phases: the pods that went and came, with the times of their stages.
    alerts: a mapping from a name to the first Alert of that name; in JSON the list of all.
    gaps: interruptions of a watch in which events may have been missed.
    delays: interruptions after which every event came, but late.
    unobserved: the kinds of objects that we were not allowed to watch.
    undone: what became of each change of the fault that had to be undone.
    verdict: how it ended.
    """

    fault: FaultCall
    target: Ref
    started: Timestamp
    wanted: AtLeastOne
    within: Seconds
    hold: float | None
    stable_for: Seconds
    victims: tuple[Victim, ...]
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
        """Read null as what it stands for."""
        if self.recovery_time is None:
            force_setattr(self, "recovery_time", inf)

    def __repr__(self) -> str:
        recovered = self.verdict is Verdict.RECOVERED
        how = f"recovered in {self.recovery_time:.1f} s" if recovered else self.verdict
        text = (
            f"<Outage {self.fault} on {self.target}: {how}, low {self.min_ready}/{self.wanted}, alerts {self.alerts!r}>"
        )
        return text if len(text) < 240 else f"{text[:235]}...>"


def outages(state: State, limits: Limits, alerts: Alerts, end: Ended) -> dict[int, Outage]:
    """Derive the facts of an ended experiment: an outage for each of its faults that touched something, by its number.

    The recovery, the verdict and the cause are shared; they are those of `end` where the run itself knew better.
    """
    numbers = [number for number, each in enumerate(begun(state).injections) if each.t0 < inf]
    return {number: _outage(state, limits, alerts, end, number) for number in numbers}


def _outage(state: State, limits: Limits, alerts: Alerts, end: Ended, number: int) -> Outage:
    experiment = begun(state)
    own, t0 = experiment.injections[number], experiment.t0
    judgement = overruled(end) or judge(state, limits)
    return Outage(
        fault=own.begun.call,
        target=own.begun.target,
        started=own.begun.started,
        wanted=experiment.wanted,
        within=limits.within,
        hold=own.begun.hold,
        stable_for=limits.stable_for,
        victims=tuple(victim(state.histories[uid], t0) for uid in own.victims),
        recovery_time=recovery_time(state, limits),
        availability=_availability(state, experiment),
        probe_availability=_passed(state, experiment),
        probes=_probes(state, experiment),
        min_ready=experiment.min_ready,
        proof=Proof(own.proven.kind, own.proven.at - t0) if own.proven else None,
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


def _undone(experiment: Experiment, number: int) -> tuple[UndoneChange, ...]:
    own = (each for each in experiment.undone if each.injection == number)
    return tuple(UndoneChange(str(each.object), each.outcome) for each in own)


def _breaks(records: Iterable[Gap | Delay], t0: float) -> tuple[StreamBreak, ...]:
    """The interruptions that ended after t0."""
    return tuple(StreamBreak(each.kind, each.since - t0, each.at - t0, each.why) for each in records if each.at >= t0)


def _passed(state: State, experiment: Experiment) -> dict[str, float]:
    """The share of each probe's samples that passed before the final stretch; 1.0 where it had no time for one."""
    counted = experiment.probed if state.stable_since is None else experiment.probed_before
    found = {name: counted.get(name) for name in state.target.probes}
    return {name: each.passed / each.samples if each else 1.0 for name, each in found.items()}


def _probes(state: State, experiment: Experiment) -> dict[str, ProbeFacts]:
    end = state.at if experiment.ended is None else experiment.ended
    facts = {}
    for name in state.target.probes if experiment.t0 < inf else ():
        each = experiment.probed.get(name, Probed(experiment.t0))
        rate = each.samples / (end - experiment.t0) if end > experiment.t0 else 0.0
        facts[name] = ProbeFacts(each.samples, each.passed, rate, max(each.longest, end - each.last))
    return facts


def _availability(state: State, experiment: Experiment) -> float:
    if experiment.t0 == inf:
        return 1.0
    if state.stable_since is not None:
        worth, until = experiment.ready_seconds_before, max(state.stable_since, experiment.t0)
    else:
        worth, until = experiment.ready_seconds, experiment.ended or state.at
    return min(1.0, worth / (until - experiment.t0)) if until > experiment.t0 else 1.0
