"""An experiment so far: its faults and their proofs, the writes of kubechaos, and what somebody else changed."""

from collections.abc import Mapping
from math import inf

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.objects import Pod
from ..records import Begun, Lasts, Sample, Undone
from .pod_history import PodHistory


class ForeignChange(Struct, frozen=True):
    """Something that somebody else did to the target after t0.

    at: when it was seen, on the run's clock.
    what: what was done, as the subject and verb of a sentence.
    spec: whether it may have changed what is wanted of the target.
    final: whether the target is no longer the same object, so that no recovery can be judged.
    by: the name that the other client chose for itself; "" if the API does not say.
    undid: the fault that was in force, and is not any more because of it, as it was called; "" if there is none.
    before: whether it was found at the heal, so that all that is known is that it was done before `at`.
    """

    at: float
    what: str
    spec: bool
    final: bool = False
    by: str = ""
    undid: str = ""
    before: bool = False


class Probed(Struct, frozen=True):
    """The answers of one probe since t0.

    last: when it last answered, on the run's clock; t0 before the first answer.
    samples: how many answers there were.
    passed: how many of them were successes.
    longest: the longest time between two answers, in seconds.
    """

    last: float
    samples: int = 0
    passed: int = 0
    longest: float = 0.0

    def after(self, sample: Sample) -> "Probed":
        """Return these counts with one more sample."""
        silence = max(self.longest, sample.at - self.last)
        return Probed(sample.at, self.samples + 1, self.passed + sample.passed, silence)


class Proof(Struct, frozen=True):
    """What proved a fault.

    kind: the effect that was seen, in one word of that effect, like "gone" or "scaled".
    at: when the effect was first seen (on the last victim), in seconds from t0 in an Outage, on the run's clock inside
        the fold.
    """

    kind: str
    at: float


class Injection(Struct, frozen=True):
    """One fault of an experiment. Times are on the run's clock.

    begun: how the fault was called, and its effect.
    victims: the chosen pods by uid, as they were when they were chosen.
    t0: the time just before the first write of this fault; inf before that.
    template: the current template of the target at t0, as in `TargetState.template`.
    proven: the proof; None until the effect was seen.
    sent: how many writes were about to be sent.
    accepted: how many writes the API server accepted.
    healed: whether everything that the fault changed was undone.
    blocked_for: the seconds for which its evictions waited for disruption budgets.
    blocked_since_t0: those of them that were waited after t0.
    """

    begun: Begun
    victims: Mapping[str, Pod] = field(default_factory=dict)
    t0: float = inf
    template: str = ""
    proven: Proof | None = None
    sent: int = 0
    accepted: int = 0
    healed: bool = False
    blocked_for: float = 0.0
    blocked_since_t0: float = 0.0

    @property
    def prevents_recovery(self) -> bool:
        """Whether the target cannot recover before this fault is undone."""
        lasting = self.begun.lasts is Lasts.UNTIL_HEALED and not self.begun.effect.preparing
        return lasting and self.t0 < inf and not self.healed

    def unproven_victims(self, histories: Mapping[str, PodHistory]) -> list[str]:
        """Return the uids of the victims that show no effect yet."""
        if self.proven is not None:
            return []
        return [uid for uid in self.victims if self.begun.effect.on_victim(histories[uid], self) is None]


class Experiment(Struct, frozen=True):
    """One experiment so far. Times are on the run's clock.

    injections: its faults: the first one, then those that were injected inside of its block.
    t0: the time just before the first write of the first fault; inf before that.
    due: when recovery is owed: t0 or, if later, the t0 of an inner fault or the heal of a held one; inf until the first
        fault was injected.
    healed: whether `due` is the heal of the first fault.
    wanted: how many pods were wanted at t0.
    generation: `metadata.generation` of the target after our last write, sent or accepted; a higher one is somebody
        else's.
    accepted_generation: the generation at t0, or after our last accepted write.
    ready_seconds: the integral of the ready share over the time since t0, in seconds.
    ready_seconds_before: the value of `ready_seconds` when the target last became healthy.
    min_ready: the fewest Ready pods since t0.
    probed: the answers of each probe since t0.
    probed_before: the value of `probed` when the target last became healthy.
    healthy: each time since t0 at which the target became healthy.
    changes: what somebody else did, in order.
    undone: what became of each change that was to be undone.
    logs: the last log lines of containers that ended, by the uid of their pod.
    ended: when the observation ended; None before.
    """

    injections: tuple[Injection, ...]
    t0: float = inf
    due: float = inf
    healed: bool = False
    wanted: int = 0
    generation: int = 0
    accepted_generation: int = 0
    ready_seconds: float = 0.0
    ready_seconds_before: float = 0.0
    min_ready: int = 0
    probed: Mapping[str, Probed] = field(default_factory=dict)
    probed_before: Mapping[str, Probed] = field(default_factory=dict)
    healthy: tuple[float, ...] = ()
    changes: tuple[ForeignChange, ...] = ()
    undone: tuple[Undone, ...] = ()
    logs: Mapping[str, str] = field(default_factory=dict)
    ended: float | None = None

    @property
    def begun(self) -> Begun:
        """How the first fault was called."""
        return self.injections[0].begun

    @property
    def running(self) -> bool:
        """Whether the first fault was injected and the observation goes on."""
        return self.t0 < inf and self.ended is None

    @property
    def recovery_starts(self) -> float:
        """The time from which a new pod counts as a part of the recovery: t0, or the heal of a held fault."""
        if self.healed:
            return self.due
        return self.t0

    @property
    def prevents_recovery(self) -> bool:
        """Whether the target cannot recover before one of the faults is undone."""
        return any(injection.prevents_recovery for injection in self.injections)

    @property
    def injected(self) -> tuple[Injection, ...]:
        """The faults that wrote something."""
        return tuple(injection for injection in self.injections if injection.t0 < inf)

    @property
    def victims(self) -> Mapping[str, Pod]:
        """The victims of all faults, by uid."""
        # Nearly every experiment has one fault, and this is asked for every pod of every record.
        if len(self.injections) == 1:
            return self.injections[0].victims
        return {uid: pod for injection in self.injections for uid, pod in injection.victims.items()}


def with_injection(experiment: Experiment, number: int, injection: Injection) -> Experiment:
    """Return the experiment with fault `number` replaced by `injection`."""
    before, after = experiment.injections[:number], experiment.injections[number + 1 :]
    return replace(experiment, injections=(*before, injection, *after))
