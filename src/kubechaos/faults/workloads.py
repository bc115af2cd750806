"""Faults of a workload: all of its pods at once."""

from ..act.act import Act
from ..effects import PodCount, TemplateReplaced
from ..errors import ArgumentError
from ..kube.kinds import SCALABLE, WORKLOADS
from ..target import Target
from .fault import PATCH_WORKLOAD, UNTIL_HEALED, Fault

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""The annotation of the pod template that `kubectl rollout restart` sets, too: a changed template is rolled out."""


def rollout_restart() -> Fault:
    """Replace every pod by a new one of the same template, in the workload's own way, as `kubectl rollout restart`."""

    def steps(act: Act, target: Target) -> None:
        act.patch(target, {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: act.time_of_day()}}}}})

    return Fault("rollout_restart", (), steps, TemplateReplaced(), needs=PATCH_WORKLOAD, kinds=frozenset(WORKLOADS))


def scale(replicas: int) -> Fault:
    """Set the target's number of replicas for as long as the fault is held, then restore it.

    Raises ArgumentError for what is no number of replicas.
    """
    # bool is a subclass of int: scale(True) would mean one replica.
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 0:
        raise ArgumentError(f"replicas is {replicas!r}; give a number, 0 or more")

    def steps(act: Act, target: Target) -> None:
        act.patch(target, {"spec": {"replicas": replicas}})

    effect = PodCount(replicas)
    return Fault("scale", (str(replicas),), steps, effect, UNTIL_HEALED, PATCH_WORKLOAD, SCALABLE)
