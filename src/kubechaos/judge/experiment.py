"""One experiment and what has followed it so far: the fault, and those injected inside of its block."""

from collections.abc import Mapping
from math import inf
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.objects import Pod
from ..records import Answered, Begun, Due, Ended, Healed, Intended, Lasts, Log, Sample, Undone
from .pod_history import PodHistory


class Change(Struct, frozen=True):
    """Something that somebody else did to the target; `spec` where what is wanted may have changed.

    `final` where it is no longer the same target, whatever becomes of it.
    """

    at: float
    what: str
    spec: bool
    final: bool = False


class Probed(Struct, frozen=True):
    """How often a probe answered since t0 and how often well; the last time, and the longest time without an answer."""

    last: float
    samples: int = 0
    passed: int = 0
    longest: float = 0.0

    def after(self, sample: Sample) -> "Probed":
        """Return this after one more sample."""
        silence = max(self.longest, sample.at - self.last)
        return Probed(sample.at, self.samples + 1, self.passed + sample.passed, silence)


class Proof(Struct, frozen=True):
    """What proved a fault.

    `kind` is the effect that was seen, in a word of that effect's own, like gone or scaled. `at` is when it was first
    there (on the last victim): in an Outage in seconds from t0, in the fold on the run's clock.
    """

    kind: str
    at: float


class Injection(Struct, frozen=True):
    """One fault of an experiment; times on the run's clock.

    `victims` are the chosen pods by uid, `template` is the target's at t0. `proven` is set once the effect is seen.
    `sent` and `accepted` count the writes, and `in_force` is true from t0 until what it changed has been undone.
    """

    begun: Begun
    victims: Mapping[str, Pod] = field(default_factory=dict)
    t0: float = inf
    template: str = ""
    proven: Proof | None = None
    sent: int = 0
    accepted: int = 0
    healed: bool = False

    @property
    def in_force(self) -> bool:
        """Whether the target cannot recover before this fault is undone."""
        lasting = self.begun.lasts is Lasts.UNTIL_HEALED and not self.begun.effect.preparing
        return lasting and self.t0 < inf and not self.healed

    def unproven_victims(self, histories: Mapping[str, PodHistory]) -> list[str]:
        """Return the uids of the victims that show no effect yet."""
        if self.proven is not None:
            return []
        return [uid for uid in self.victims if self.begun.effect.on_victim(histories[uid], self) is None]


class Experiment(Struct, frozen=True):
    """What has followed the first of its faults so far; times on the run's clock.

    `wanted` is how many pods were wanted before it. `generation` is metadata.generation after the last write of ours
    that is known or meant, so that a higher one is somebody else's; `settled` is the last that nobody else can have
    come before. `ready_seconds` adds up what the time since t0 was worth, in seconds of full readiness; `..._before`
    are the values at the start of the current stable stretch. `logs` are the last lines of containers that ended, by
    their pod's uid.
    """

    injections: tuple[Injection, ...]
    t0: float = inf
    due: float = inf
    healed: bool = False
    wanted: int = 0
    generation: int = 0
    settled: int = 0
    ready_seconds: float = 0.0
    ready_seconds_before: float = 0.0
    min_ready: int = 0
    probed: Mapping[str, Probed] = field(default_factory=dict)
    probed_before: Mapping[str, Probed] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    undone: tuple[Undone, ...] = ()
    logs: Mapping[str, str] = field(default_factory=dict)
    ended: float | None = None

    @property
    def begun(self) -> Begun:
        """How the first fault began."""
        return self.injections[0].begun

    @property
    def running(self) -> bool:
        """Whether the fault has been begun and its observation has not ended."""
        return self.t0 < inf and self.ended is None

    @property
    def owed_from(self) -> float:
        """From when on what comes is recovery: t0, or the heal."""
        return self.due if self.healed else self.t0

    @property
    def in_force(self) -> bool:
        """Whether the target cannot recover before one of the faults is undone."""
        return any(each.in_force for each in self.injections)

    @property
    def injected(self) -> tuple[Injection, ...]:
        """The faults that have touched something."""
        return tuple(each for each in self.injections if each.t0 < inf)

    @property
    def victims(self) -> Mapping[str, Pod]:
        """The victims of all faults, by uid."""
        if len(self.injections) == 1:
            return self.injections[0].victims
        return {uid: pod for each in self.injections for uid, pod in each.victims.items()}


Own: TypeAlias = Begun | Intended | Answered | Due | Undone | Healed | Log | Ended


def with_injection(experiment: Experiment, number: int, injection: Injection) -> Experiment:
    """Return the experiment with one of its faults replaced."""
    before, after = experiment.injections[:number], experiment.injections[number + 1 :]
    return replace(experiment, injections=(*before, injection, *after))


def recorded(experiment: Experiment, record: Own, at: float) -> Experiment:
    """Return the experiment after something that the run did or decided itself; `at` is the time of the state."""
    match record:
        case Begun():
            return replace(experiment, injections=(*experiment.injections, Injection(record)))
        case Intended():
            return _intended(experiment, record, at)
        case Answered():
            return _answered(experiment, record)
        case Due():
            # A further fault inside of the block has moved what is owed to its own t0 already.
            return replace(experiment, due=experiment.t0) if record.injection == 0 else experiment
        case Undone():
            return replace(experiment, undone=(*experiment.undone, record))
        case Healed():
            return _healed(experiment, record, at)
        case Log():
            return replace(experiment, logs={**experiment.logs, record.uid: record.text})
    return replace(experiment, ended=at)


def overtaken(experiment: Experiment, at: float) -> Experiment:
    """Note what somebody else has specified since we last looked: our own next generation would hide it."""
    before = experiment.generation - 1
    if before <= experiment.settled:
        return experiment
    kind = experiment.begun.target.kind
    what = f"the {kind}'s spec was changed (generation {experiment.settled} to {before})"
    return replace(experiment, changes=(*experiment.changes, Change(at, what, spec=True)))


def _intended(experiment: Experiment, record: Intended, at: float) -> Experiment:
    """What we are about to do ourselves is no interference."""
    injection = experiment.injections[record.injection]
    experiment = with_injection(experiment, record.injection, replace(injection, sent=injection.sent + 1))
    if not _respecifies(experiment, record):
        return experiment
    experiment = replace(experiment, generation=record.generation)
    return overtaken(experiment, at) if experiment.t0 < inf else experiment


def _answered(experiment: Experiment, record: Answered) -> Experiment:
    if not record.accepted:
        return experiment
    injection = experiment.injections[record.injection]
    experiment = with_injection(experiment, record.injection, replace(injection, accepted=injection.accepted + 1))
    return replace(experiment, settled=record.generation) if _respecifies(experiment, record) else experiment


def _respecifies(experiment: Experiment, record: Intended | Answered) -> bool:
    """Whether a write changes the spec of the target: other objects have generations of their own."""
    return record.generation > 0 and record.object.uid == experiment.begun.target.uid


def _healed(experiment: Experiment, record: Healed, at: float) -> Experiment:
    """What a fault broke that had to be undone first is owed from its heal on."""
    injection = replace(experiment.injections[record.injection], healed=True)
    experiment = with_injection(experiment, record.injection, injection)
    if record.injection == 0 and record.owed:
        return replace(experiment, due=at, healed=True)
    if injection.begun.lasts is Lasts.UNTIL_HEALED:
        return replace(experiment, due=max(at, experiment.due))
    return experiment
