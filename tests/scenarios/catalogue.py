"""All scenarios, by name."""

from collections.abc import Callable, Mapping

from . import disruptions, pods, rollouts, sets
from .script import Script

SCENARIOS: Mapping[str, Callable[[Script], None]] = {
    scenario.__name__.replace("_", "-"): scenario
    for scenario in (
        disruptions.create,
        disruptions.kill,
        disruptions.kill_force,
        disruptions.kill_half,
        disruptions.kill_ignoring_sigterm,
        disruptions.kill_wrong_uid,
        disruptions.kill_twice,
        disruptions.finalizer,
        disruptions.container_restart,
        disruptions.evict_allowed,
        disruptions.evict_blocked,
        disruptions.evict_two_budgets,
        disruptions.quota_full,
        disruptions.compacted,
        rollouts.scale_up,
        rollouts.scale_down,
        rollouts.scale_zero,
        rollouts.rollout,
        rollouts.rollout_restart,
        rollouts.rollout_recreate,
        rollouts.min_ready,
        rollouts.image_missing,
        rollouts.image_malformed,
        rollouts.unschedulable,
        rollouts.crash_loop,
        rollouts.never_ready,
        rollouts.never_ready_published,
        sets.stateful_create,
        sets.stateful_kill,
        sets.stateful_kill_parallel,
        sets.stateful_kill_ordered,
        sets.stateful_evict,
        sets.stateful_restart,
        sets.stateful_quota,
        sets.stateful_image_missing,
        sets.stateful_scale_up,
        sets.stateful_scale_down,
        sets.stateful_min_ready,
        sets.daemon_create,
        sets.daemon_kill,
        sets.daemon_evict,
        sets.daemon_restart,
        sets.daemon_min_ready,
        sets.daemon_image_missing,
        sets.daemon_unschedulable,
        pods.init_containers,
        pods.init_crash_loop,
        pods.init_waiting,
        pods.sidecar,
        pods.sidecar_restart,
    )
}
