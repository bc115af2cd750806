"""Before the fault: wait until the target is all right, and has been for long enough."""

import logging

from ..clock import Clock
from ..errors import NotFoundTargetError, NotSteadyError, RefusedError, TooFewReplicasError
from ..judge.reasons import Cause
from ..judge.recovery import steady_at, unsteady
from ..kube.kinds import KINDS, RUN_TO_COMPLETION
from ..observe.observation import Observation
from ..report.text import safe

logger = logging.getLogger("kubechaos")


def settle(observation: Observation, seconds: float, stable_for: float, clock: Clock) -> None:
    """Wait up to `seconds` until the target has been all right for `stable_for` seconds.

    Raises RefusedError at once for what can never be, NotSteadyError when time is up.
    """
    target, until = observation.target, clock.now() + seconds
    observation.catch_up()
    _check_wanted(observation)
    _check_controlled(observation)
    if steady_at(observation.state, stable_for) > clock.now():
        waits = unsteady(observation.state) or Cause("NotStable", f"it must be all right for {stable_for:g} s")
        logger.info("waiting for %s to be steady: %s", target, safe(waits.text))
    observation.wait(lambda state: min(until, steady_at(state, stable_for)))
    observation.confirm()
    if steady_at(observation.state, stable_for) > clock.now():
        why = unsteady(observation.state) or Cause("NotStable", f"all right, but not yet for {stable_for:g} s")
        text = f"{target} in namespace {target.ref.namespace} was not steady in {seconds:g} s: {safe(why.text)}"
        raise NotSteadyError(text, code=why.code)


def _check_wanted(observation: Observation) -> None:
    target = observation.target
    if observation.state.target.wanted < target.min_replicas:
        observation.confirm()  # the stream may not have shown yet what was just restored
    now = observation.state.target
    if not now.lost and now.wanted < target.min_replicas:
        raise TooFewReplicasError(
            f"{target} wants {now.wanted} replicas, but surviving a loss needs {target.min_replicas}: "
            f"scale it up, or lower min_replicas="
        )


def _check_controlled(observation: Observation) -> None:
    """Refuse pods that nothing would bring back as they were."""
    target, now = observation.target, observation.state.target
    if KINDS[now.kind].is_workload:
        return
    if not now.pods:
        raise NotFoundTargetError(f"no pod in namespace {target.ref.namespace} has the labels {target.ref.name}")
    for pod in sorted(now.pods.values(), key=lambda pod: pod.name):
        if not pod.owner:
            why = f"{target}: pod {pod.name} has no controller, so nothing would bring it back"
            raise RefusedError(why, code="NoController")
        if pod.owner_kind in RUN_TO_COMPLETION:
            raise RefusedError(
                f"{target}: pod {pod.name} is of a {pod.owner_kind}, which spends its backoffLimit instead of "
                f"recovering",
                code="RunsToCompletion",
            )
