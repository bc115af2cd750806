"""The states that a pod goes through on its node, which may follow which, and the one timer that leads to the next."""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from ..clock import Timer, Timers
from ..store.objects import Stored


class State(Enum):
    """What the kubelet is doing with a pod."""

    BOUND = auto()
    """It is bound to the node; nothing has been reported yet."""
    CREATING = auto()
    """ContainerCreating: its containers are about to start."""
    PULLING = auto()
    """Its image is being pulled, for the first time or because it was changed."""
    IMAGE_FAILED = auto()
    """Its image cannot be had: ErrImagePull, ErrImageNeverPull or InvalidImageName."""
    IMAGE_BACK_OFF = auto()
    """ImagePullBackOff: it waits before the next pull."""
    UNCONFIGURED = auto()
    """A ConfigMap or Secret that it refers to is not there: FailedMount or CreateContainerConfigError."""
    INITIALIZING = auto()
    """One of its init containers runs, or waits to be started again."""
    RUNNING = auto()
    """Its containers run."""
    REPLACING = auto()
    """Containers whose image was changed, or that are not alive, stop to be started again; the others run on."""
    EXITED = auto()
    """Its containers have ended by themselves."""
    CRASH_BACK_OFF = auto()
    """CrashLoopBackOff: it waits before it starts them again."""
    STOPPING = auto()
    """It is being deleted; its containers have been sent SIGTERM."""
    NEVER_STARTED = auto()
    """It is being deleted, and its containers were never created."""
    STOPPED = auto()
    """Its containers have ended for good; it stays in the API until its finalizers are gone."""
    GONE = auto()
    """It is gone from the API."""


_ENDINGS: Final = (State.STOPPING, State.GONE)
"""A pod can be deleted in every state; one that is deleted by force is gone before its containers stop."""

_STARTED: Final = (State.UNCONFIGURED, State.INITIALIZING, State.RUNNING)
"""What follows when there is an image."""

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.BOUND: frozenset((State.CREATING, *_ENDINGS)),
    State.CREATING: frozenset((State.PULLING, *_STARTED, *_ENDINGS)),
    State.PULLING: frozenset((State.PULLING, State.IMAGE_FAILED, *_STARTED, *_ENDINGS)),
    # Of the three reasons only ErrImagePull alternates with a back-off; the others are reported again each time.
    State.IMAGE_FAILED: frozenset(
        (State.PULLING, State.IMAGE_FAILED, State.IMAGE_BACK_OFF, *_STARTED, *_ENDINGS),
    ),
    State.IMAGE_BACK_OFF: frozenset((State.PULLING, State.IMAGE_FAILED, *_STARTED, *_ENDINGS)),
    State.UNCONFIGURED: frozenset((State.PULLING, *_STARTED, *_ENDINGS)),
    State.INITIALIZING: frozenset((State.PULLING, *_STARTED, *_ENDINGS)),
    State.RUNNING: frozenset((State.REPLACING, State.EXITED, *_ENDINGS)),
    State.REPLACING: frozenset(
        (State.REPLACING, State.PULLING, State.RUNNING, State.CRASH_BACK_OFF, *_ENDINGS),
    ),
    State.EXITED: frozenset((State.RUNNING, State.CRASH_BACK_OFF, *_ENDINGS)),
    State.CRASH_BACK_OFF: frozenset((State.RUNNING, *_ENDINGS)),
    # A second deletion with a shorter grace period stops it sooner.
    State.STOPPING: frozenset((State.STOPPING, State.NEVER_STARTED, State.STOPPED, State.GONE)),
    State.NEVER_STARTED: frozenset((State.STOPPED, State.GONE)),
    State.STOPPED: frozenset((State.GONE,)),
    State.GONE: frozenset(),
}
"""Which states may follow each."""

WITH_CONTAINERS: Final = frozenset((State.RUNNING, State.REPLACING))
WITHOUT_IMAGE: Final = frozenset((State.PULLING, State.IMAGE_FAILED, State.IMAGE_BACK_OFF))


class TransitionError(RuntimeError):
    """The kubelet did something with a pod that does not follow from its state: a mistake in the simulation."""


class StateMachine:
    """The state of one pod, and its next step; `latest` returns the pod as it is now, None once it is gone."""

    def __init__(self, timers: Timers, latest: Callable[[], Stored | None]) -> None:
        self.state = State.BOUND
        self._timers = timers
        self._latest = latest
        self._timer: Timer | None = None

    def enter(self, state: State) -> None:
        """Change the state; raises TransitionError for one that may not follow."""
        if state not in TRANSITIONS[self.state]:
            raise TransitionError(f"{state.name} may not follow {self.state.name}")
        self.state = state

    def after(self, seconds: float, step: Callable[[Stored], None]) -> None:
        """Take a step with the pod as it is then, unless it is gone; it replaces the step that was to come next."""
        # There is never more than one step ahead: whatever happens meanwhile (a deletion, another image) decides anew
        # what comes next, and what was planned before must not happen too.
        self.cancel()
        self._timer = self._timers.after(seconds, lambda: self.take(step))

    def take(self, step: Callable[[Stored], None]) -> None:
        """Take a step now with the pod as it is, unless it is gone."""
        pod = self._latest()
        if pod is not None:
            step(pod)

    def cancel(self) -> None:
        """Drop the next step."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
