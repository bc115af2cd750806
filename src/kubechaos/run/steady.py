"""Before the fault: wait until the target is all right, and has been for long enough."""

import logging

from ..errors import NotSteadyError, TooFewReplicasError
from ..judge.recovery import steady_at, unsteady
from ..observe.clock import Clock
from ..observe.observation import Observation
from ..report.text import safe

logger = logging.getLogger("kubechaos")


def settle(observation: Observation, seconds: float, stable_for: float, clock: Clock) -> None:
    """Wait up to `seconds` until the target has been all right for `stable_for` seconds.

    Raises TooFewReplicasError at once, NotSteadyError when time is up.
    """
    target, until = observation.target, clock.now() + seconds
    observation.catch_up()
    _check_wanted(observation)
    if steady_at(observation.state, stable_for) > clock.now():
        why = unsteady(observation.state) or f"it must be all right for {stable_for:g} s"
        logger.info("waiting for %s to be steady: %s", target, safe(why))
    observation.wait(lambda state: min(until, steady_at(state, stable_for)))
    observation.confirm()
    if steady_at(observation.state, stable_for) > clock.now():
        why = unsteady(observation.state) or f"all right, but not yet for {stable_for:g} s"
        raise NotSteadyError(
            f"{target} in namespace {target.ref.namespace} was not steady in {seconds:g} s: {safe(why)}"
        )


def _check_wanted(observation: Observation) -> None:
    target, workload = observation.target, observation.state.world.workload
    if workload is not None and workload.replicas < target.min_replicas:
        raise TooFewReplicasError(
            f"{target} wants {workload.replicas} replicas, but surviving a loss needs {target.min_replicas}: "
            f"scale it up, or lower min_replicas="
        )
