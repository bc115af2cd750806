"""One pod on its node, from ContainerCreating to its end, in the states and at the pace of a real kubelet."""

from collections.abc import Callable
from functools import partial
from typing import Final

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..failures import ContainerFailure, IgnoresSigterm, ReadinessFailure, StuckFinalizer
from ..store.objects import Body, Stored, is_ready, is_terminal
from . import pace, pre_stop, statuses
from .configuration import Configuration
from .image_puller import ImagePuller
from .init_containers import InitContainers
from .liveness import Liveness
from .pod_states import WITH_CONTAINERS, WITHOUT_IMAGE, State, StateMachine
from .probe import Probe
from .restarts import Restarts
from .startup import Startup
from .status_writer import StatusWriter

GRACE: Final = "terminationGracePeriodSeconds"


class PodLifecycle:
    """Takes one pod through its states; `number` counts the pods of the kubelet, and makes their addresses differ."""

    def __init__(
        self,
        pod: Stored,
        registry: Registry,
        deletion: Deletion,
        failures: FailureRegistry,
        recorder: Recorder,
        number: int,
    ) -> None:
        # Pods that are created together start one after the other on a real node.
        self._stagger = number % 4 * pace.STAGGER
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._stop_at: float | None = None
        self._writer = StatusWriter(pod, registry, recorder, number)
        self._machine = StateMachine(registry.timers, self._writer.latest)
        self._images = ImagePuller(self._machine, self._writer, failures, self._proceed)
        self._configuration = Configuration(self._machine, self._writer, registry.store, self._proceed)
        self._init = InitContainers(self._machine, self._writer, failures, self._proceed)
        self._restarts = Restarts(self._machine, self._writer, failures, self._images, self._run)
        self._probe = Probe(registry.timers, self._on_probe)
        self._liveness = Liveness(registry.timers, failures, partial(self._on_failed_probe, "liveness"))
        self._startup = Startup(registry.timers, partial(self._on_failed_probe, "startup"), self._on_startup)
        self._machine.after(pace.CREATING, self._create)

    def on_deletion(self, pod: Stored) -> None:
        """Begin to stop the containers, or stop them sooner than planned; called for every change of a deleted pod."""
        grace: float = pod.meta["deletionGracePeriodSeconds"]
        if grace == 0:
            return  # by force: the API server deletes it without waiting for the kubelet
        now = self._registry.timers.now()
        takes = self._until_ended(pod, grace)
        if self._stop_at is not None and now + takes >= self._stop_at:
            return
        if self._stop_at is None:
            self._registry.timers.after(pace.TERM, lambda: self._machine.take(self._writer.killing))
        self._stop_at = now + takes
        self._probe_no_more()
        self._machine.enter(State.STOPPING)
        self._machine.after(self._stop_at - now, self._stop)

    def _until_ended(self, pod: Stored, grace: float) -> float:
        """Return how many seconds containers still run that are to end within a grace period."""
        before = min(pre_stop.seconds(pod), grace)
        left = max(grace - before, pace.LEAST_TERM)
        if self._ignores_sigterm(pod):
            return before + left
        return before + min(left, pace.TERM + pace.STOPPED + self._stagger / 4)

    def on_new_images(self, pod: Stored, containers: list[str]) -> None:
        """Begin to replace the containers whose image was changed; a pod that has no image yet pulls the new one."""
        if self._machine.state in WITHOUT_IMAGE and statuses.lacks_image(pod):
            self._images.begin(pace.SOON)
        elif self._has_containers(pod):
            self._registry.timers.after(pace.TERM, lambda: self._writer.definition_changed(pod, containers))
            ends = self._until_ended(pod, pod.spec[GRACE])
            self._probe_no_more()
            self._restarts.stop(pod, containers, self._end(pod), ends + pace.RELIST)

    def on_gone(self, pod: Stored) -> None:
        """End: the pod is gone from the API; its last state is given."""
        self._writer.killing(pod)
        self._machine.enter(State.GONE)
        self._machine.cancel()
        self._probe_no_more()

    def on_failures_changed(self) -> None:
        """Begin to fail, or stop failing: a failure was injected or removed."""
        self._machine.take(self._look_at_failures)

    def _look_at_failures(self, pod: Stored) -> None:
        pod = self._hold(pod)
        if self._machine.state is State.INITIALIZING:
            self._init.plan(pod)
        if not self._has_containers(pod) or pod.deleting:
            return
        ending = self._failures.of(pod, ContainerFailure)
        unready = self._failures.of(pod, ReadinessFailure)
        if self._startup.pending:
            self._startup.start(pod, unready)
        elif ending is None or ending.probed:
            self._probe.start(pod, unready, at_once=ending is not None and not is_ready(pod))
            self._liveness.start(pod, at_once=False)
        if ending is not None:
            if self._machine.state is State.REPLACING:
                self._machine.enter(State.RUNNING)
            self._machine.after(ending.exit.seconds, self._exit)

    def _probe_no_more(self) -> None:
        for probe in (self._startup, self._probe, self._liveness):
            probe.stop()

    def _hold(self, pod: Stored) -> Stored:
        """Add the finalizer of a pod that is to be stuck, or remove it when the failure was removed."""
        stuck = self._failures.of(pod, StuckFinalizer) is not None
        held = StuckFinalizer.finalizer in (pod.meta.get("finalizers") or ())
        # The API server lets nobody add a finalizer to what is being deleted.
        if stuck is held or (stuck and pod.deleting):
            return pod
        finalizers = None
        if stuck:
            finalizers = [StuckFinalizer.finalizer]
        return self._registry.patch(pod, {"metadata": {"finalizers": finalizers}})

    def _ignores_sigterm(self, pod: Stored) -> bool:
        return self._failures.of(pod, IgnoresSigterm) is not None

    def _end(self, pod: Stored) -> tuple[str, int]:
        """Return the reason and exit code of containers that are sent SIGTERM."""
        if self._ignores_sigterm(pod):
            return "Error", statuses.KILLED
        return "Completed", 0

    def _has_containers(self, pod: Stored) -> bool:
        """Return whether containers run that are not about to end for good."""
        return self._machine.state in WITH_CONTAINERS and statuses.running(pod) and not is_terminal(pod)

    def _create(self, pod: Stored) -> None:
        self._machine.enter(State.CREATING)
        creating = statuses.waiting(statuses.creating(pod))
        now = self._writer.now()
        pod = self._writer.write(pod, "Pending", creating, creating, startTime=now, hostIP="10.0.0.1")
        self._hold(pod)
        self._machine.after(pace.STARTED + self._stagger, self._proceed)

    def _proceed(self, pod: Stored) -> None:
        """Start what is next, an init container or all others, as soon as all that it needs is there."""
        if not self._configuration.mounts(pod):
            return
        if self._images.problem(pod) is not None:
            self._images.begin(pace.PULLED)
        elif self._configuration.allows(pod):
            self._start_next(pod)

    def _start_next(self, pod: Stored) -> None:
        if statuses.next_init_container(pod) is None:
            self._start(pod)
        else:
            self._init.start(pod)

    def _start(self, pod: Stored) -> None:
        """Start all containers, now that their image is there."""
        self._machine.enter(State.RUNNING)
        self._writer.started(pod)
        ready = self._restarts.ready_at_once(pod)
        running = self._writer.running(ready=ready)
        self._run(self._writer.write(pod, "Running", running, ready=ready, **self._writer.addresses))

    def _run(self, pod: Stored) -> None:
        """Probe containers that have been started, and plan when they end by themselves."""
        failure = self._failures.of(pod, ContainerFailure)
        if failure is None or failure.probed:
            self._startup.start(pod, self._failures.of(pod, ReadinessFailure))
        if failure is not None:
            self._machine.after(failure.exit.seconds, self._exit)

    def _on_startup(self, age: float) -> None:
        """Make the other probes, of containers that were started so many seconds ago."""
        pod = self._writer.latest()
        if pod is None:
            return
        self._probe.start(pod, self._failures.of(pod, ReadinessFailure), at_once=True, age=age)
        self._liveness.start(pod, at_once=True)
        if age and not statuses.probed(pod, "readinessProbe"):
            self._on_probe(True, None)

    def _exit(self, pod: Stored) -> None:
        """End the containers by themselves, unless the failure has been removed meanwhile."""
        failure = self._failures.of(pod, ContainerFailure)
        if failure is not None:
            self._probe_no_more()
            self._restarts.exit(pod, failure.exit)

    def _on_failed_probe(self, probe: str, container: Body, failure: str, last: bool) -> None:
        """Report that a probe failed; after the last one, restart its container."""
        self._machine.take(lambda pod: self._writer.unhealthy(pod, container, probe.title(), failure))
        if last:
            kill: Callable[[Stored], None] = partial(self._kill, probe, container)
            self._registry.timers.after(pace.RELIST, lambda: self._machine.take(kill))

    def _kill(self, probe: str, container: Body, pod: Stored) -> None:
        if not self._has_containers(pod) or self._machine.state is State.REPLACING:
            return
        self._probe_no_more()
        self._writer.not_alive(pod, container, probe)
        ends = self._until_ended(pod, container[f"{probe}Probe"].get(GRACE, pod.spec[GRACE]))
        self._restarts.stop(pod, [container["name"]], self._end(pod), ends, backs_off=True)

    def _on_probe(self, ready: bool, failure: str | None) -> None:
        """Report what a readiness probe found."""
        self._machine.take(lambda pod: self._report_probe(pod, ready, failure))

    def _report_probe(self, pod: Stored, ready: bool, failure: str | None) -> None:
        if pod.deleting or not statuses.running(pod):
            return
        if failure is not None:
            self._writer.unhealthy(pod, statuses.probed(pod, "readinessProbe")[0], "Readiness", failure)
        if ready is not is_ready(pod):
            self._writer.write(pod, "Running", lambda spec, before: {**before, "ready": ready}, ready=ready)

    def _stop(self, pod: Stored) -> None:
        """End the containers of a deleted pod: by themselves, or by force after their grace period."""
        first = statuses.known(pod, pod.spec["containers"][0]["name"])
        now, end, phase, reason = self._writer.now(), self._end(pod), "Succeeded", "PodCompleted"
        if self._ignores_sigterm(pod):
            phase, reason = "Failed", "PodFailed"
        init = statuses.if_running(statuses.init_ended(now, *end))
        if not first.get("containerID"):
            self._machine.enter(State.NEVER_STARTED)
            self._writer.write(pod, "Pending", statuses.waiting(statuses.creating(pod)), init)
            self._machine.after(pace.NEVER_RAN, self._fail_never_started)
            return
        self._machine.enter(State.STOPPED)
        self._writer.write(pod, phase, statuses.ended(now, *end), init, reason=reason)
        self._machine.after(pace.GONE, self._delete)

    def _fail_never_started(self, pod: Stored) -> None:
        self._machine.enter(State.STOPPED)
        state = statuses.never_started
        if "initContainers" in pod.spec:
            state = statuses.unchanged
        self._writer.write(pod, "Failed", state)
        self._machine.after(pace.GONE, self._delete)

    def _delete(self, pod: Stored) -> None:
        """Have the API server remove the pod, now that nothing of it runs."""
        self._deletion.delete(pod, Options(grace=0))
