"""The facts that a test may assert on, derived from the run and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from msgspec.structs import replace

from ..errors import UnknownAlertError
from ..kube.kinds import KINDS
from ..kube.objects import Ref
from ..records import Delay, Gap
from .alerts import Alert
from .experiment import Experiment, Probed
from .lives import Life
from .recovery import Limits, added, begun, recovery_time
from .timeline import State
from .verdict import Verdict, judge


class Alerts(Mapping[str, Alert]):
    """The first alert of each name; asking for a name that no rule has raises UnknownAlertError."""

    def __init__(self, alerts: tuple[Alert, ...], known: frozenset[str]) -> None:
        self.all = alerts
        self._known = known
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

    def __repr__(self) -> str:
        return f"[{', '.join(self)}]"

    def _check(self, name: object) -> None:
        if name not in self._known:
            raise UnknownAlertError(str(name), self._known)


@dataclass(frozen=True, slots=True)
class Removed:
    """A pod that went: when it was deleted, stopped and gone, in seconds from t0; None: not seen."""

    name: str
    uid: str
    node: str
    deleted: float | None
    stopped: float | None
    gone: float | None


@dataclass(frozen=True, slots=True)
class Added:
    """A pod that came: when each stage was first seen, in seconds from t0; None: not seen.

    `replaces` is the uid of the pod whose place it took, where Kubernetes pairs them: the ordinal of a StatefulSet, the
    node of a DaemonSet.
    """

    name: str
    uid: str
    node: str
    created: float | None
    scheduled: float | None
    started: float | None
    ready: float | None
    serving: float | None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Phases:
    """Which pods went and which came; paired only where Kubernetes pairs them, see `Added.replaces`."""

    removed: tuple[Removed, ...]
    added: tuple[Added, ...]


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """How a probe did from t0 to the end: its samples, the achieved rate in Hz, the longest time without an answer."""

    samples: int
    passed: int
    rate: float
    longest_unobserved: float


@dataclass(frozen=True, slots=True, repr=False)
class Outage:
    """What one fault did to its target.

    Times are seconds from t0; `recovery_time` is inf if the target did not recover. `availability` is the time-weighted
    share of wanted pods that were Ready between t0 and the start of the final stretch. `proof` is what proved the fault
    and when.
    """

    fault: str
    args: tuple[str, ...]
    target: Ref
    wanted: int
    within: float
    hold: float | None
    stable_for: float
    started: str
    recovery_time: float
    min_ready: int
    availability: float
    alerts: Alerts
    phases: Phases
    victims: tuple[Removed, ...]
    proof: tuple[str, float] | None
    verdict: str
    cause: str
    gaps: tuple[Gap, ...] = ()
    delays: tuple[Delay, ...] = ()
    unobserved: tuple[str, ...] = ()
    probe_availability: Mapping[str, float] = field(default_factory=dict)
    probes: Mapping[str, ProbeFacts] = field(default_factory=dict)

    def __repr__(self) -> str:
        how = f"recovered in {self.recovery_time:.1f} s" if self.verdict == "recovered" else self.verdict
        text = (
            f"<Outage {self.fault} on {self.target}: {how}, low {self.min_ready}/{self.wanted}, alerts {self.alerts!r}>"
        )
        return text if len(text) < 240 else f"{text[:235]}...>"


def outage(
    state: State,
    limits: Limits,
    alerts: Alerts,
    unobserved: tuple[str, ...],
    overruled: Verdict | None = None,
    injection: int = 0,
) -> Outage:
    """Derive the facts of an ended experiment.

    `overruled` is a verdict that the run itself knows better. Of a further fault inside of another's block, by its
    number `injection`, the victims and the proof are its own; the recovery and the verdict are shared.
    """
    experiment = begun(state)
    own, t0 = experiment.injections[injection], experiment.t0
    verdict = overruled or judge(state, limits)
    gone = [life for life in state.owned if life.deleted is not None and life.deleted >= t0]
    return Outage(
        fault=own.begun.fault,
        args=own.begun.args,
        target=own.begun.target,
        wanted=experiment.wanted,
        within=limits.within,
        hold=own.begun.hold,
        stable_for=limits.stable_for,
        started=own.begun.started,
        recovery_time=recovery_time(state, limits),
        min_ready=experiment.min_ready,
        availability=_availability(state, experiment),
        alerts=alerts,
        phases=Phases(
            tuple(_removed(life, t0) for life in gone),
            tuple(_added(life, t0, _place_of(life, gone, state.world.kind)) for life in added(state)),
        ),
        victims=tuple(_removed(state.lives[uid], t0) for uid in own.victims),
        proof=(own.proven.kind, own.proven.at - t0) if own.proven else None,
        verdict=verdict.word,
        cause=verdict.cause,
        gaps=tuple(replace(each, at=each.at - t0, since=each.since - t0) for each in state.gaps if each.at >= t0),
        delays=tuple(replace(each, at=each.at - t0, since=each.since - t0) for each in state.delays if each.at >= t0),
        unobserved=unobserved,
        probe_availability=_passed(state, experiment),
        probes=_probes(state, experiment),
    )


def _passed(state: State, experiment: Experiment) -> dict[str, float]:
    """The share of each probe's samples that passed before the final stretch; 1.0 where it had no time for one."""
    counted = experiment.probed if state.stretch is None else experiment.probed_before
    found = {name: counted.get(name) for name in state.world.probes}
    return {name: each.passed / each.samples if each else 1.0 for name, each in found.items()}


def _probes(state: State, experiment: Experiment) -> dict[str, ProbeFacts]:
    end = state.at if experiment.ended is None else experiment.ended
    facts = {}
    for name in state.world.probes if experiment.t0 < inf else ():
        each = experiment.probed.get(name, Probed(experiment.t0))
        rate = each.samples / (end - experiment.t0) if end > experiment.t0 else 0.0
        facts[name] = ProbeFacts(each.samples, each.passed, rate, max(each.longest, end - each.last))
    return facts


def _availability(state: State, experiment: Experiment) -> float:
    if experiment.t0 == inf:
        return 1.0
    if state.stretch is not None:
        worth, until = experiment.ready_seconds_before, max(state.stretch, experiment.t0)
    else:
        worth, until = experiment.ready_seconds, experiment.ended or state.at
    return min(1.0, worth / (until - experiment.t0)) if until > experiment.t0 else 1.0


def _removed(life: Life, t0: float) -> Removed:
    pod = life.pod
    return Removed(pod.name, pod.uid, pod.node, *(_after(at, t0) for at in (life.deleted, life.stopped, life.gone)))


def _place_of(life: Life, gone: list[Life], kind: str) -> str | None:
    """Return the uid of the last pod before this one whose place it took, where Kubernetes pairs them."""
    place = KINDS[kind].place
    mine = place(life.pod)
    before = [each.pod for each in gone if (each.created or -inf) < (life.created or inf)]
    same = [pod.uid for pod in before if mine and place(pod) == mine]
    return same[-1] if same else None


def _added(life: Life, t0: float, replaces: str | None) -> Added:
    pod = life.pod
    stages = (life.created, life.scheduled, life.started, life.ready, life.serving)
    created, scheduled, started, ready, serving = (_after(at, t0) for at in stages)
    return Added(pod.name, pod.uid, pod.node, created, scheduled, started, ready, serving, replaces)


def _after(at: float | None, t0: float) -> float | None:
    return None if at is None else at - t0
