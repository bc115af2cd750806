"""Before the fault: wait until the target is healthy, and has been for long enough."""

import logging
from typing import Final

from ..clock import Clock
from ..errors import NotFoundTargetError, NotSteadyError, RefusedError, TooFewReplicasError
from ..judge.cause import why_unsteady
from ..judge.reasons import Cause
from ..judge.recovery import never_steady, steady_at, unsteady
from ..judge.state import State
from ..kube.kinds import KINDS, RUN_TO_COMPLETION
from ..kube.objects import Ref
from ..observe.observation import Observation
from ..target import Target
from ..untrusted import safe

logger = logging.getLogger("kubechaos")


SHORT_LOOK: Final = 2.0
"""Seconds for which a target is waited for that an earlier test has waited for in vain."""


def settle(observation: Observation, seconds: float, stable_for: float, clock: Clock, given_up: set[Ref]) -> State:
    """Wait up to `seconds` until the target has been healthy for `stable_for` seconds, on the run's clock.

    Returns the state that was found steady. `given_up` are the targets that this run has waited for in vain: one of
    them must be healthy shortly. Raises TooFewReplicasError and RefusedError at once for a target that no waiting would
    make steady, NotSteadyError when time is up.
    """
    target, until = observation.target, clock.now() + seconds
    observation.catch_up()
    _refuse_too_few(observation)
    _refuse_pods_without_replacement(observation)
    if target.ref in given_up:
        _look_shortly(observation, clock)
    if steady_at(observation.state, stable_for) > clock.now():
        waits = why_unsteady(observation.state) or Cause("NotStable", f"it must be healthy for {stable_for:g} s")
        logger.info("waiting for %s to be steady: %s", target, safe(waits.text))
    while (steady := _steady(observation, until, stable_for, clock)) is None:
        if clock.now() < until:
            continue
        why = why_unsteady(observation.state) or Cause("NotStable", f"healthy, but not yet for {stable_for:g} s")
        given_up.add(target.ref)
        raise _not_steady(target, f"was not steady in {seconds:g} s", why)
    given_up.discard(target.ref)
    # Not known before its controller had observed it.
    _refuse_too_few(observation)
    return steady


def _look_shortly(observation: Observation, clock: Clock) -> None:
    """Raise NotSteadyError unless the target is healthy by now: a hundred tests must not wait for it one by one."""
    target, until = observation.target, clock.now() + SHORT_LOOK
    observation.wait(lambda state: until if unsteady(state) else state.at)
    why = why_unsteady(observation.state)
    if why:
        raise _not_steady(target, "is still not steady, as in an earlier test", why)


def _not_steady(target: Target, said: str, why: Cause) -> NotSteadyError:
    return NotSteadyError(f"{target} in namespace {target.ref.namespace} {said}: {safe(why.text)}", code=why.code)


def _steady(observation: Observation, until: float, stable_for: float, clock: Clock) -> State | None:
    """Wait until the target is steady, or until a time; return its state if a fresh listing says that it is steady."""
    observation.wait(lambda state: state.at if never_steady(state) else min(until, steady_at(state, stable_for)))
    # A stream that lags shows the target as it was. A steady state found in it would be that of a while ago; what the
    # listing brings may be a pod that is not Ready any more, for which there is still time to wait.
    observation.confirm()
    _refuse_never_steady(observation)
    state = observation.state
    return state if steady_at(state, stable_for) <= clock.now() else None


def _refuse_never_steady(observation: Observation) -> None:
    never = never_steady(observation.state)
    if never:
        raise _not_steady(observation.target, "is not steady, and waiting would not help", never)


def _refuse_too_few(observation: Observation) -> None:
    target = observation.target
    if observation.state.target.wanted < target.min_replicas:
        # An earlier fault of this test may just have been healed, and the stream may not have shown that yet.
        observation.confirm()
    now = observation.state.target
    # How many a DaemonSet wants stands in its status, which is empty until its controller has looked: wait for that.
    unknown = now.workload is not None and now.workload.observed_generation < now.workload.generation
    if not now.lost and not unknown and now.wanted < target.min_replicas:
        raise TooFewReplicasError(
            f"{target} wants {now.wanted} replicas, but surviving a loss needs {target.min_replicas}: "
            f"scale it up, or lower min_replicas="
        )


def _refuse_pods_without_replacement(observation: Observation) -> None:
    """Refuse a target of pods by labels if there are none, or if one of them has no controller or belongs to a Job."""
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
