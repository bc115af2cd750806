"""Waiting for what a pod refers to: volumes before its first container, a container's environment before that one."""

from collections.abc import Callable

from ..store.objects import Stored
from ..store.store import Store
from . import pace, references, statuses
from .pod_states import State, StateMachine
from .status_writer import StatusWriter


class Configuration:
    """The ConfigMaps and Secrets of one pod; `proceed` is called with the pod to look at them again."""

    def __init__(
        self, machine: StateMachine, writer: StatusWriter, store: Store, proceed: Callable[[Stored], None]
    ) -> None:
        self._machine = machine
        self._writer = writer
        self._store = store
        self._proceed = proceed
        self._mounted = False
        self._mount_wait = pace.FIRST_MOUNT
        self._waited = False

    def mounts(self, pod: Stored) -> bool:
        """Return whether the volumes can be mounted; if not, begin to wait for that."""
        # A volume stays mounted whatever becomes of its Secret.
        problems = [] if self._mounted else references.of_volumes(self._store, pod)
        self._mounted = not problems
        if problems:
            self._writer.not_mounted(pod, problems)
            wait, self._mount_wait = self._mount_wait, min(2 * self._mount_wait, pace.LONGEST_MOUNT)
            self._wait(wait)
        return not problems

    def allows(self, pod: Stored) -> bool:
        """Return whether what is to start next can be; if not, begin to wait for that."""
        for container in statuses.all_to_start(pod):
            problem = references.of_container(self._store, pod, container)
            if problem:
                self._refuse(pod, container["name"], problem)
                return False
        self._waited = False
        return True

    def _refuse(self, pod: Stored, name: str, problem: str) -> None:
        self._writer.not_created(pod, name, problem)
        # The kubelet reports why a container waits when it looks at the pod for the second time.
        if self._waited:
            reported = statuses.waiting("CreateContainerConfigError", problem)
            self._writer.wait(pod, statuses.only([name], reported))
            self._wait(pace.CONFIG_WAIT)
        else:
            self._waited = True
            self._wait(pace.CONFIG_SEEN)

    def _wait(self, seconds: float) -> None:
        self._machine.enter(State.UNCONFIGURED)
        self._machine.after(seconds, self._proceed)
