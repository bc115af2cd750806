"""What the records of kubechaos itself mean for an experiment: its writes, its waits, and its heal."""

from math import inf
from typing import TypeAlias

from msgspec.structs import replace

from ..changes import Outcome
from ..records import Answered, Begun, Blocked, Due, Ended, Healed, Intended, Lasts, Log, Undone
from .experiment import Experiment, ForeignChange, Injection, with_injection

OwnRecord: TypeAlias = Begun | Intended | Blocked | Answered | Due | Undone | Healed | Log | Ended
"""The records of what kubechaos itself did or decided; what they mean depends on the experiment alone."""


def with_own_record(experiment: Experiment, record: OwnRecord, at: float) -> Experiment:
    """Return the experiment after something that kubechaos did or decided; `at` is the time of the state."""
    match record:
        case Begun():
            return replace(experiment, injections=(*experiment.injections, Injection(record)))
        case Intended():
            return _with_intended_write(experiment, record, at)
        case Blocked():
            return _with_wait(experiment, record)
        case Answered():
            return _with_answer(experiment, record)
        case Due():
            return _with_due(experiment, record)
        case Undone() | Healed():
            return _with_undoing(experiment, record, at)
        case Log():
            return replace(experiment, logs={**experiment.logs, record.uid: record.text})
    return replace(experiment, ended=at)


def with_hidden_change(experiment: Experiment, at: float) -> Experiment:
    """Return the experiment with the change of the spec that our own write hides, if somebody else made one."""
    # Kubernetes counts one generation for each change of a spec (apimachinery, ObjectMeta.Generation), and our patches
    # carry the resourceVersion that we read. So a write of ours that makes generation n was made on exactly n - 1, and
    # if that is above our last accepted generation, somebody else made the steps between. This must be noticed here:
    # when the watch delivers their version, n is the generation to compare with, and a lower one passes as our own.
    before_our_write = experiment.generation - 1
    if before_our_write <= experiment.accepted_generation:
        return experiment
    kind, ours = experiment.begun.target.kind, experiment.accepted_generation
    what = f"the {kind}'s spec was changed (generation {ours} to {before_our_write})"
    return replace(experiment, changes=(*experiment.changes, ForeignChange(at, what, spec=True)))


def _with_intended_write(experiment: Experiment, record: Intended, at: float) -> Experiment:
    """Return the experiment with a write that is about to be sent."""
    injection = experiment.injections[record.injection]
    experiment = with_injection(experiment, record.injection, replace(injection, sent=injection.sent + 1))
    if not _changes_target_spec(experiment, record):
        return experiment
    # The generation counts as ours before the answer is there: the watch may show it first, and an answer that is lost
    # does not mean that the write did not land.
    experiment = replace(experiment, generation=record.generation)
    if experiment.t0 == inf:
        return experiment  # what was changed before t0 is compared at t0
    return with_hidden_change(experiment, at)


def _with_wait(experiment: Experiment, record: Blocked) -> Experiment:
    """Return the experiment after an eviction has waited for a disruption budget."""
    injection = experiment.injections[record.injection]
    injection = replace(injection, blocked_for=injection.blocked_for + record.seconds)
    if injection.t0 < inf:
        injection = replace(injection, blocked_since_t0=injection.blocked_since_t0 + record.seconds)
    return with_injection(experiment, record.injection, injection)


def _with_due(experiment: Experiment, record: Due) -> Experiment:
    """Return the experiment with when recovery is owed: from t0 on, but for what was waited for budgets since."""
    injection = experiment.injections[record.injection]
    if injection.t0 == inf:
        return experiment
    # A fault inside of the block of another one: there is one recovery for both, owed from the later of them.
    due = injection.t0 + injection.blocked_since_t0
    if record.injection == 0:
        return replace(experiment, due=due)
    return replace(experiment, due=max(experiment.due, due))


def _with_answer(experiment: Experiment, record: Answered) -> Experiment:
    """Return the experiment with the API server's answer to a write."""
    if not record.accepted:
        return experiment
    injection = experiment.injections[record.injection]
    experiment = with_injection(experiment, record.injection, replace(injection, accepted=injection.accepted + 1))
    if not _changes_target_spec(experiment, record):
        return experiment
    return replace(experiment, accepted_generation=record.generation)


def _changes_target_spec(experiment: Experiment, record: Intended | Answered) -> bool:
    """Whether a write changes the spec of the target itself; any other object has its own generations."""
    return record.generation > 0 and record.object.uid == experiment.begun.target.uid


def _with_undoing(experiment: Experiment, record: Undone | Healed, at: float) -> Experiment:
    """Return the experiment after a step of a heal."""
    if isinstance(record, Undone):
        return _with_undone(experiment, record, at)
    return _with_heal(experiment, record, at)


def _with_undone(experiment: Experiment, record: Undone, at: float) -> Experiment:
    """Return the experiment with what became of a change, and with who else had undone it before, if somebody had."""
    experiment = replace(experiment, undone=(*experiment.undone, record))
    injection = experiment.injections[record.injection]
    # A pod may be gone because of the fault. And a write that was never accepted need not have landed.
    gone = record.outcome is Outcome.GONE and record.object.kind != "Pod"
    not_ours = gone or record.outcome in (Outcome.ALREADY, Outcome.SUPERSEDED)
    known = any(change.undid for change in experiment.changes)
    if known or injection.healed or not injection.accepted or not not_ours:
        return experiment
    fault = str(injection.begun.call)
    what = f"what {fault} had changed of {record.object} was changed again"
    if gone:
        what = f"{record.object} was removed"
    change = ForeignChange(at, what, spec=False, undid=fault, before=True)
    return replace(experiment, changes=(*experiment.changes, change))


def _with_heal(experiment: Experiment, record: Healed, at: float) -> Experiment:
    """Return the experiment after a heal: recovery is owed from here on, unless the target had to recover before."""
    injection = replace(experiment.injections[record.injection], healed=True)
    experiment = with_injection(experiment, record.injection, injection)
    if record.injection == 0 and record.owed:
        return replace(experiment, due=at, healed=True)
    if injection.begun.lasts is Lasts.UNTIL_HEALED:
        # The recovery from an inner fault that lasts is owed from its own heal on; that of the outer one comes later.
        return replace(experiment, due=max(at, experiment.due))
    return experiment
