"""One fault and what has followed it so far."""

from collections.abc import Mapping
from math import inf
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ..kube.objects import Pod
from ..records import Mark, Sample
from .lives import Life


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


class Experiment(Struct, frozen=True):
    """One fault and what has followed it so far; times on the run's clock, `facts` as marked by the run.

    `restarting` are the victims that stay, by uid, and the container of each that is to be restarted. A fault of the
    whole target says by its `effect` ("scaled" or "replaced") what proves it: `aim` active pods, or a pod of a template
    that was not there at t0, seen at `effected`. It is `in_force` while it has changed what is wanted and has not been
    healed. `generation` is the last that is known or meant by us, `settled` the last before or by an accepted change of
    ours. `logs` are the last words of containers that ended, by the uid of their pod.
    """

    facts: Mapping[str, Any]
    victims: Mapping[str, Pod] = field(default_factory=dict)
    restarting: Mapping[str, str] = field(default_factory=dict)
    effect: str = ""
    aim: int = 0
    template: str = ""
    effected: float | None = None
    in_force: bool = False
    healed: bool = False
    t0: float = inf
    due: float = inf
    floor: int = 0
    generation: int = 0
    settled: int = 0
    ready_seconds: float = 0.0
    ready_seconds_before: float = 0.0
    min_ready: int = 0
    probed: Mapping[str, Probed] = field(default_factory=dict)
    probed_before: Mapping[str, Probed] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    logs: Mapping[str, str] = field(default_factory=dict)
    ended: float | None = None

    @property
    def running(self) -> bool:
        """Whether the fault has been begun and its observation has not ended."""
        return self.t0 < inf and self.ended is None

    @property
    def owed_from(self) -> float:
        """From when on what comes is recovery: t0, or the heal."""
        return self.due if self.healed else self.t0

    def proof(self, life: Life) -> tuple[str, float] | None:
        """Return the effect of the fault on a victim and when it was first seen; None while there is none."""
        if life.pod.uid not in self.restarting:
            return life.proof
        killed = self.restarting[life.pod.uid]
        return next((("restarted", at) for name, at in life.restarts if name == killed and at >= self.t0), None)


def marked(experiment: Experiment, mark: Mark, at: float) -> Experiment:
    """Return the experiment after something that the run marks."""
    match mark.name:
        case "intent":
            return _intended(_overtaken(experiment, mark.facts, at), mark.facts)
        case "acted":
            return replace(experiment, settled=mark.facts.get("generation", experiment.settled))
        case "due":
            healed = bool(mark.facts.get("healed"))
            due = at if healed else experiment.t0
            return replace(experiment, due=due, healed=healed, in_force=experiment.in_force and not healed)
        case "log":
            return replace(experiment, logs={**experiment.logs, mark.facts["uid"]: mark.facts["text"]})
        case "ended":
            return replace(experiment, ended=at)
    return experiment


def _overtaken(experiment: Experiment, facts: Mapping[str, Any], at: float) -> Experiment:
    """Note what somebody else has specified since we last looked: our own generation would hide it."""
    before = facts.get("generation", 0) - 1
    if before <= experiment.settled:
        return experiment
    what = f"the {experiment.facts['ref'][0]}'s spec was changed (generation {experiment.settled} to {before})"
    return replace(experiment, changes=(*experiment.changes, Change(at, what, spec=True)))


def _intended(experiment: Experiment, facts: Mapping[str, Any]) -> Experiment:
    """What we are about to do ourselves is no interference."""
    experiment = replace(experiment, generation=facts.get("generation", experiment.generation))
    match facts["verb"]:
        case "restart":
            return replace(experiment, restarting={**experiment.restarting, facts["uid"]: facts["container"]})
        case "scale":
            return replace(experiment, effect="scaled", aim=facts["replicas"], in_force=True)
        case "rollout":
            return replace(experiment, effect="replaced")
    return experiment
