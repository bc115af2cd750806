"""What somebody else does to the target while an experiment runs.

Another writer is recognised by `metadata.generation` and by uids. Who it was is not known for sure: the managers in
`metadata.managedFields` are names that clients choose. So they are repeated, and nothing is concluded from them.
"""

from ..kube.kinds import KINDS
from ..kube.objects import Pod, Workload
from ..records import Gone, Seen
from .experiment import Experiment, ForeignChange
from .health import Health
from .target_state import TargetState


def foreign_change(
    experiment: Experiment, target: TargetState, before: Health, record: Seen | Gone, at: float
) -> ForeignChange | None:
    """Return what somebody else did, if this record shows it; None if it shows nothing, or what is known already.

    `target` is as it is after the record, `before` the health before it.
    """
    change = None
    if isinstance(record.object, Workload):
        change = _workload_change(experiment, record.object, at, gone=isinstance(record, Gone))
    elif isinstance(record.object, Pod):
        change = _pod_change(experiment, target, before, record, at)
    if change is None or change.what in {known.what for known in experiment.changes}:
        return None
    return change


def _workload_change(experiment: Experiment, workload: Workload, at: float, *, gone: bool) -> ForeignChange | None:
    if gone or workload.deleting:
        return ForeignChange(at, f"the {workload.kind} was deleted", spec=True, final=True)
    if workload.uid != experiment.begun.target.uid:
        return ForeignChange(at, f"the {workload.kind} was deleted and made again", spec=True, final=True)
    # A DaemonSet wants fewer pods when nodes leave or stop matching, which is no change of its spec or generation.
    fewer_nodes = KINDS[workload.kind].per_node and workload.replicas < experiment.wanted
    if workload.generation > experiment.generation or fewer_nodes:
        return _spec_change(workload, experiment, at)
    return None


def _spec_change(workload: Workload, experiment: Experiment, at: float) -> ForeignChange:
    """Return what was changed: the replicas if their number is not ours, else the spec."""
    expected, undid = experiment.wanted, ""
    # The innermost fault that sets the number has set it last.
    for injection in experiment.injections:
        wants = injection.begun.effect.wants
        if wants is not None and injection.prevents_recovery:
            expected, undid = wants, str(injection.begun.call)
    if workload.replicas != expected:
        what = f"the {workload.kind} was scaled from {expected} to {workload.replicas} replicas"
        return ForeignChange(at, what, spec=True, by=workload.scaled_by, undid=undid)
    what = f"the {workload.kind}'s spec was changed (generation {experiment.generation} to {workload.generation})"
    return ForeignChange(at, what, spec=True, by=workload.changed_by)


def _pod_change(
    experiment: Experiment, target: TargetState, before: Health, record: Seen | Gone, at: float
) -> ForeignChange | None:
    """Return the deletion of a pod that is no victim; None if there is none, or if it has another reason."""
    pod = record.object
    if not isinstance(pod, Pod) or not (pod.deleting or isinstance(record, Gone)):
        return None
    if pod.owner not in target.owners or pod.uid in experiment.victims:
        return None
    # A changed spec makes the controller itself delete pods, and so do faults like scale and rollout_restart.
    if any(change.spec for change in experiment.changes):
        return None
    if any(injection.begun.effect.takes_pods for injection in experiment.injections):
        return None
    # A controller that had one pod too many deletes one itself. Only a pod that is missing now was taken by somebody.
    if len(target.active) >= before.wanted:
        return None
    return ForeignChange(at, f"pod {pod.name} was deleted", spec=False)
