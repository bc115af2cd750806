"""Restarting containers of a pod in place: those that end by themselves, and those that the kubelet stops."""

from collections.abc import Callable, Collection
from typing import Final

from ..failure_registry import FailureRegistry
from ..failures import ContainerFailure, Exit
from ..store.objects import Body, Stored, is_ready
from . import pace, statuses
from .image_puller import ImagePuller
from .pod_states import State, StateMachine
from .probe import Probe
from .status_writer import StatusWriter
from .statuses import ContainerState

FREE: Final = 2
"""So many times the kubelet starts a container again at once that it has stopped itself."""


class Restarts:
    """Restarts containers of one pod; `run` is called with the pod when they run again."""

    def __init__(
        self,
        machine: StateMachine,
        writer: StatusWriter,
        failures: FailureRegistry,
        images: ImagePuller,
        run: Callable[[Stored], None],
    ) -> None:
        self._machine = machine
        self._writer = writer
        self._failures = failures
        self._images = images
        self._run = run
        self._stopped: dict[str, tuple[str, int]] = {}
        self._back_off = pace.FIRST_BACK_OFF

    def ready_at_once(self, pod: Stored) -> bool:
        """Return whether containers are ready as soon as they run."""
        return not Probe.needed(pod) and self._failures.of(pod, ContainerFailure) is None

    def stop(
        self, pod: Stored, names: Collection[str], end: tuple[str, int], seconds: float, *, backs_off: bool = False
    ) -> None:
        """Have containers end in so many seconds, with a reason and exit code, and start them again."""
        self._stopped |= dict.fromkeys(names, end)
        self._machine.enter(State.REPLACING)
        step = self._replace
        if backs_off and max(statuses.known(pod, name)["restartCount"] for name in names) >= FREE:
            step = self._end_stopped
        self._machine.after(seconds, step)

    def _replace(self, pod: Stored) -> None:
        """Start what was stopped again; what was not stopped runs on."""
        stopped, self._stopped = self._stopped, {}
        if self._images.problem(pod) is not None:
            self._writer.write(pod, "Running", statuses.ended(self._writer.now(), "Completed", 0))
            self._images.begin(pace.SOON)
            return
        self._machine.enter(State.RUNNING)
        # What is not probed, such as most sidecars, is restarted without the pod's readiness being asked for.
        ready = self.ready_at_once(pod) or (is_ready(pod) and not Probe.needed(pod, stopped))
        fresh, now = self._writer.running(ready=ready), self._writer.now()

        def replaced(spec: Body, before: Body) -> Body:
            last = statuses.terminated(before, now, *stopped[spec["name"]])
            return {**fresh(spec, before), "restartCount": before["restartCount"] + 1, "lastState": last}

        state = statuses.only(stopped, replaced)
        self._writer.started(pod, stopped)
        self._run(self._writer.write(pod, "Running", state, state, ready=ready))

    def _end_stopped(self, pod: Stored) -> None:
        """End what was stopped, and back off before it is started again."""
        stopped, self._stopped = self._stopped, {}
        now = self._writer.now()

        def terminated(spec: Body, before: Body) -> Body:
            return {**before, "ready": False, "state": statuses.terminated(before, now, *stopped[spec["name"]])}

        self._wait(pod, stopped, terminated)

    def exit(self, pod: Stored, end: Exit) -> None:
        """Report that the containers have ended by themselves, and start them again."""
        self._machine.enter(State.EXITED)
        ended = statuses.ended(self._writer.now(), end.reason, end.code)
        pod = self._writer.write(pod, "Running", ended)
        names = [each["name"] for each in pod.spec["containers"]]
        # The first restart comes without a back-off: CrashLoopBackOff is not reported before the second exit.
        if statuses.known(pod, names[0])["restartCount"] == 0:
            self._machine.after(pace.FIRST_RESTART, lambda latest: self._restart(latest, names))
        else:
            self._machine.after(pace.EXIT_SEEN, lambda latest: self._wait(latest, names))

    def _wait(self, pod: Stored, names: Collection[str], ended: ContainerState = statuses.unchanged) -> None:
        """Back off: 10 s, doubling up to 300 s."""
        self._machine.enter(State.CRASH_BACK_OFF)
        wait, self._back_off = self._back_off, min(2 * self._back_off, pace.LONGEST_BACK_OFF)
        waiting = statuses.crash_back_off(pod, wait)
        state = statuses.only(names, lambda spec, before: waiting(spec, ended(spec, before)))
        self._writer.write(pod, "Running", state, state)
        self._writer.back_off(pod, names)
        self._machine.after(wait, lambda latest: self._restart(latest, names))

    def _restart(self, pod: Stored, names: Collection[str]) -> None:
        self._machine.enter(State.RUNNING)
        self._writer.started(pod, names)
        state = statuses.only(names, statuses.restarted(self._writer.running(ready=False)))
        self._run(self._writer.write(pod, "Running", state, state))
