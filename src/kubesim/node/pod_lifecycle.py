"""One pod on its node, from ContainerCreating to its end, in the states and at the pace of a real kubelet."""

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
from .pod_states import WITH_CONTAINERS, WITHOUT_IMAGE, State, StateMachine
from .probe import Probe
from .status_writer import StatusWriter


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
        self._changed: dict[str, tuple[str, int]] = {}
        self._back_off = pace.FIRST_BACK_OFF
        self._writer = StatusWriter(pod, registry, recorder, number)
        self._machine = StateMachine(registry.timers, self._writer.latest)
        self._images = ImagePuller(self._machine, self._writer, failures, self._proceed)
        self._configuration = Configuration(self._machine, self._writer, registry.store, self._proceed)
        self._init = InitContainers(self._machine, self._writer, failures, self._proceed)
        self._probe = Probe(registry.timers, self._on_probe)
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
        self._probe.stop()
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
            ends, exit_ = self._until_ended(pod, pod.spec["terminationGracePeriodSeconds"]), ("Completed", 0)
            if self._ignores_sigterm(pod):
                exit_ = ("Error", statuses.KILLED)
            self._changed |= dict.fromkeys(containers, exit_)
            self._probe.stop()
            self._machine.enter(State.REPLACING)
            self._machine.after(ends + pace.RELIST, self._replace)

    def on_gone(self, pod: Stored) -> None:
        """End: the pod is gone from the API; its last state is given."""
        self._writer.killing(pod)
        self._machine.enter(State.GONE)
        self._machine.cancel()
        self._probe.stop()

    def on_failures_changed(self) -> None:
        """Begin to fail, or stop failing: a failure was injected or removed."""
        self._machine.take(self._look_at_failures)

    def _look_at_failures(self, pod: Stored) -> None:
        pod = self._hold(pod)
        if self._machine.state is State.INITIALIZING:
            self._init.plan(pod)
        if not self._has_containers(pod) or pod.deleting:
            return
        if self._failures.of(pod, ContainerFailure) is None:
            self._probe.start(pod, self._failures.of(pod, ReadinessFailure), at_once=False)
            return
        if self._machine.state is State.REPLACING:
            self._machine.enter(State.RUNNING)
        self._run(pod, at_once=not is_ready(pod))

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
        ready = self._ready_at_once(pod)
        running = self._writer.running(ready=ready)
        addresses = self._writer.addresses
        self._run(self._writer.write(pod, "Running", running, ready=ready, **addresses), at_once=True)

    def _ready_at_once(self, pod: Stored) -> bool:
        return not Probe.needed(pod) and self._failures.of(pod, ContainerFailure) is None

    def _run(self, pod: Stored, *, at_once: bool) -> None:
        """Probe containers that run, at once or after a period, and plan when they end by themselves."""
        failure = self._failures.of(pod, ContainerFailure)
        if failure is None or failure.probed:
            self._probe.start(pod, self._failures.of(pod, ReadinessFailure), at_once=at_once)
        if failure is not None:
            self._machine.after(failure.exit.seconds, self._exit)

    def _on_probe(self, ready: bool, failure: str | None) -> None:
        """Report what a readiness probe found."""
        self._machine.take(lambda pod: self._report_probe(pod, ready, failure))

    def _report_probe(self, pod: Stored, ready: bool, failure: str | None) -> None:
        if pod.deleting or not statuses.running(pod):
            return
        if failure is not None:
            self._writer.unready(pod, failure)
        if ready is not is_ready(pod):
            self._writer.write(pod, "Running", lambda spec, before: {**before, "ready": ready}, ready=ready)

    def _replace(self, pod: Stored) -> None:
        """Start what was changed again; what was not changed runs on."""
        changed, self._changed = self._changed, {}
        if self._images.problem(pod) is not None:
            self._writer.write(pod, "Running", statuses.ended(self._writer.now(), "Completed", 0))
            self._images.begin(pace.SOON)
            return
        self._machine.enter(State.RUNNING)
        # What is not probed, such as most sidecars, is restarted without the pod's readiness being asked for.
        ready = self._ready_at_once(pod) or (is_ready(pod) and not Probe.needed(pod, changed))
        fresh, now = self._writer.running(ready=ready), self._writer.now()

        def replaced(spec: Body, before: Body) -> Body:
            if spec["name"] not in changed:
                return before
            last = statuses.terminated(before, now, *changed[spec["name"]])
            return {**fresh(spec, before), "restartCount": before["restartCount"] + 1, "lastState": last}

        self._writer.started(pod, changed)
        self._run(self._writer.write(pod, "Running", replaced, replaced, ready=ready), at_once=True)

    def _exit(self, pod: Stored) -> None:
        """End the containers by themselves, unless the failure has been removed meanwhile."""
        failure = self._failures.of(pod, ContainerFailure)
        if failure is None:
            return
        self._machine.enter(State.EXITED)
        self._probe.stop()
        pod = self._writer.write(
            pod, "Running", statuses.ended(self._writer.now(), failure.exit.reason, failure.exit.code)
        )
        # The first restart comes without a back-off: CrashLoopBackOff is not reported before the second exit.
        if statuses.known(pod, pod.spec["containers"][0]["name"])["restartCount"] == 0:
            self._machine.after(pace.FIRST_RESTART, self._restart)
        else:
            self._machine.after(pace.EXIT_SEEN, self._wait_to_restart)

    def _wait_to_restart(self, pod: Stored) -> None:
        """Back off: 10 s, doubling up to 300 s."""
        self._machine.enter(State.CRASH_BACK_OFF)
        wait, self._back_off = self._back_off, min(2 * self._back_off, pace.LONGEST_BACK_OFF)
        self._writer.write(pod, "Running", statuses.crash_back_off(pod, wait))
        self._writer.back_off(pod)
        self._machine.after(wait, self._restart)

    def _restart(self, pod: Stored) -> None:
        self._machine.enter(State.RUNNING)
        self._writer.started(pod)
        restarted = statuses.restarted(self._writer.running(ready=False))
        self._run(self._writer.write(pod, "Running", restarted), at_once=True)

    def _stop(self, pod: Stored) -> None:
        """End the containers of a deleted pod: by themselves, or by force after their grace period."""
        first = statuses.known(pod, pod.spec["containers"][0]["name"])
        now, end, phase, reason = self._writer.now(), ("Completed", 0), "Succeeded", "PodCompleted"
        if self._ignores_sigterm(pod):
            end, phase, reason = ("Error", statuses.KILLED), "Failed", "PodFailed"
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
