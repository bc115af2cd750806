"""The init containers of one pod, which run one after the other before its containers start."""

from collections.abc import Callable

from ..failure_registry import FailureRegistry
from ..failures import Exit, InitCrashLoop, InitFailure, InitWaiting
from ..store.objects import Stored
from . import pace, statuses
from .pod_states import State, StateMachine
from .status_writer import StatusWriter


class InitContainers:
    """Runs those of one pod; `proceed` is called with the pod when one has ended, or as a sidecar has started."""

    def __init__(
        self,
        machine: StateMachine,
        writer: StatusWriter,
        failures: FailureRegistry,
        proceed: Callable[[Stored], None],
    ) -> None:
        self._machine = machine
        self._writer = writer
        self._failures = failures
        self._proceed = proceed
        self._back_off = pace.FIRST_BACK_OFF

    def start(self, pod: Stored) -> None:
        """Start the one that is next, for the first time or again."""
        self._machine.enter(State.INITIALIZING)
        container = statuses.to_start(pod)
        sidecar = statuses.is_sidecar(container)
        state = self._writer.running(ready=sidecar)
        if statuses.known(pod, container["name"]).get("containerID"):
            state = statuses.restarted(state)
        self._writer.started(pod, [container["name"]])
        pod = self._write(pod, container["name"], state)
        if sidecar:
            self._machine.after(pace.INIT_SEEN, self._proceed)
        else:
            self.plan(pod)

    def plan(self, pod: Stored) -> None:
        """Plan the end of the one that runs, anew if a failure was injected or removed."""
        name = statuses.to_start(pod)["name"]
        if "running" not in statuses.known(pod, name)["state"]:
            return
        self._machine.cancel()
        failure, end = self._failures.of(pod, InitFailure), Exit("Completed", 0, pace.INIT)
        if isinstance(failure, InitCrashLoop):
            end = Exit("Error", failure.exit_code, pace.INIT_FAILS)
        if not isinstance(failure, InitWaiting):
            self._machine.after(end.seconds, lambda latest: self._end(latest, name, end))

    def _end(self, pod: Stored, name: str, end: Exit) -> None:
        state = statuses.init_ended(self._writer.now(), end.reason, end.code)
        pod = self._write(pod, name, state)
        if end.code == 0:
            self._machine.after(pace.INIT_SEEN, self._proceed)
        elif statuses.known(pod, name)["restartCount"] == 0:
            self._machine.after(pace.FIRST_RESTART, self.start)
        else:
            self._writer.back_off(pod, [name])
            wait, self._back_off = self._back_off, min(2 * self._back_off, pace.LONGEST_BACK_OFF)
            # Other than that of a container, its back-off is reported only when it is over, as the kubelet does it.
            self._machine.after(wait, lambda latest: self._restart(latest, name, wait))

    def _restart(self, pod: Stored, name: str, waited: float) -> None:
        self._write(pod, name, statuses.crash_back_off(pod, waited))
        self._machine.after(pace.INIT_SEEN, self.start)

    def _write(self, pod: Stored, name: str, state: statuses.ContainerState) -> Stored:
        init = statuses.only([name], state)
        return self._writer.write(pod, "Pending", statuses.unchanged, init, **self._writer.addresses)
