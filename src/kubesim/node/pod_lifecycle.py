"""The life of one pod on its node, in the stages and at the pace that were measured on a real cluster."""

from collections.abc import Callable

from ..apiserver.deletion import Deletion, Options
from ..apiserver.registry import Registry
from ..clock import Timer
from ..controllers.recorder import Recorder
from ..failure_registry import FailureRegistry
from ..failures import ContainerFailure, IgnoresSigterm, ImagePull, ReadinessFailure, StuckFinalizer
from ..store.objects import Body, Stored, is_ready, is_terminal
from . import images, pace, statuses
from .probe import Probe
from .status_writer import Voice


class Life:
    """One pod from ContainerCreating to its end."""

    def __init__(
        self,
        pod: Stored,
        registry: Registry,
        deletion: Deletion,
        failures: FailureRegistry,
        recorder: Recorder,
        number: int,
    ) -> None:
        self._number = number
        self._turn = number % 4
        self._registry = registry
        self._deletion = deletion
        self._failures = failures
        self._voice = Voice(pod, registry, recorder)
        self._stage: Timer | None = None
        self._stop_at: float | None = None
        self._changed: dict[str, int] = {}
        self._back_off = 10.0
        self._probe = Probe(registry.timers, self._probed)
        self._next(pace.CREATING, self._create)

    def asked_to_end(self, pod: Stored) -> None:
        """Begin to end, or end sooner than before."""
        if is_terminal(pod) and not pod.meta["deletionGracePeriodSeconds"]:
            return
        grace: float = pod.meta["deletionGracePeriodSeconds"]
        obeys = pace.TERM + pace.STOPPED + self._turn * pace.STAGGER / 4
        deaf = self._failures.of(pod, IgnoresSigterm) is not None
        stop_at = self._registry.timers.now() + (grace if deaf else min(grace, obeys))
        if grace == 0 or (self._stop_at is not None and stop_at >= self._stop_at):
            return
        if self._stop_at is None:
            self._registry.timers.after(pace.TERM, lambda: self._voice.say_killing(self._voice.latest()))
        self._stop_at = stop_at
        self._probe.stop()
        self._next(stop_at - self._registry.timers.now(), self._stop)

    def asked_to_restart(self, pod: Stored, names: list[str]) -> None:
        """Begin to end containers that were changed, to start them again; what has no image is tried again soon."""
        if is_terminal(pod) or not statuses.running(pod):
            if statuses.lacks_image(pod):
                self._next(pace.SOON, lambda: self._pull(pace.SOON))
            return
        self._registry.timers.after(pace.TERM, lambda: self._voice.say_changed(pod, names))
        deaf = self._failures.of(pod, IgnoresSigterm) is not None
        ends = pod.spec["terminationGracePeriodSeconds"] if deaf else pace.TERM + pace.STOPPED
        self._changed |= dict.fromkeys(names, 137 if deaf else 0)
        self._probe.stop()
        self._next(ends + pace.RELIST, self._replace)

    def _replace(self) -> None:
        """Start what was changed again; what was not changed runs on."""
        if (pod := self._voice.latest()) is None:
            return
        changed, self._changed = self._changed, {}
        now, fresh = self._voice.now(), self._running(ready=not Probe.needed(pod) and self._dies(pod) is None)

        def again(spec: Body, before: Body) -> Body:
            if spec["name"] not in changed:
                return before
            code = changed[spec["name"]]
            last = statuses.terminated(before, now, "Error" if code else "Completed", code)
            return {**fresh(spec, before), "restartCount": before["restartCount"] + 1, "lastState": last}

        if self._no_image(pod) is not None:
            self._voice.tell(pod, "Running", statuses.ended(now, "Completed", 0))
            self._next(pace.SOON, lambda: self._pull(pace.SOON))
            return
        self._voice.say_started(pod, changed)
        pod = self._voice.tell(pod, "Running", again, ready=not Probe.needed(pod) and self._dies(pod) is None)
        self._live(pod)

    def _live(self, pod: Stored) -> None:
        """Probe what was just started, or plan its end."""
        if self._dies(pod) is None:
            self._probe.start(pod, self._failures.of(pod, ReadinessFailure), at_once=True)
        else:
            self._plan_death(pod)

    def vanish(self, pod: Stored) -> None:
        """End: the pod is gone from the API, its last state as given."""
        self._voice.say_killing(pod)
        self._probe.stop()
        if self._stage is not None:
            self._stage.cancel()

    def reconsider(self) -> None:
        """Begin to fail, or end it: a failure was injected or removed."""
        pod = self._voice.latest()
        if pod is None:
            return
        pod = self._hold(pod)
        if pod.deleting or is_terminal(pod) or not statuses.running(pod):
            return
        if self._dies(pod) is not None:
            self._plan_death(pod)
        else:
            self._probe.start(pod, self._failures.of(pod, ReadinessFailure), at_once=False)

    def _hold(self, pod: Stored) -> Stored:
        """Keep a pod that is to be stuck from ever leaving the API, or let it go."""
        stuck = self._failures.of(pod, StuckFinalizer) is not None
        held = StuckFinalizer.finalizer in (pod.meta.get("finalizers") or ())
        if stuck is held or (stuck and pod.deleting):
            return pod
        return self._registry.patch(pod, {"metadata": {"finalizers": [StuckFinalizer.finalizer] if stuck else None}})

    def _next(self, seconds: float, action: Callable[[], None]) -> None:
        if self._stage is not None:
            self._stage.cancel()
        self._stage = self._registry.timers.after(seconds, action)

    def _create(self) -> None:
        if (pod := self._voice.latest()) is None:
            return
        pod = self._voice.tell(
            pod, "Pending", statuses.waiting("ContainerCreating"), startTime=self._voice.now(), hostIP="10.0.0.1"
        )
        self._hold(pod)
        if self._no_image(pod) is None:
            self._next(pace.STARTED + self._turn * pace.STAGGER, self._start)
        else:
            self._next(pace.PULLED, lambda: self._pull(pace.SOON))

    def _no_image(self, pod: Stored) -> images.Trouble | None:
        first = pod.spec["containers"][0]
        fails = self._failures.of(pod, ImagePull) is not None
        return images.trouble(first["image"], first["imagePullPolicy"], fails=fails)

    def _pull(self, wait: float) -> None:
        """Start, or say why there is no image and try again later; only pulls alternate between two reasons."""
        if (pod := self._voice.latest()) is None:
            return
        trouble = self._no_image(pod)
        if trouble is None:
            self._start()
            return
        waits = statuses.waiting(trouble.reason, trouble.message)
        self._voice.tell(pod, statuses.without_container(pod), waits)
        self._voice.say_no_image(pod, trouble)
        if trouble.reason == "ErrImagePull":
            self._next(pace.PULL_BACK_OFF, lambda: self._back_off_pull(max(wait, pace.FIRST_PULL)))
        else:
            self._next(wait, lambda: self._pull(pace.PULL_BACK_OFF))

    def _back_off_pull(self, wait: float) -> None:
        """Pull again, and back off."""
        pod = self._voice.latest()
        trouble = self._no_image(pod) if pod is not None else None
        if pod is None or trouble is None:
            self._start()
            return
        self._voice.say_no_image(pod, trouble)
        message = f'Back-off pulling image "{pod.spec["containers"][0]["image"]}"'
        self._voice.say_pull_back_off(pod, message)
        why = statuses.waiting("ImagePullBackOff", f"{message}: ErrImagePull: {trouble.message}")
        self._voice.tell(pod, statuses.without_container(pod), why)
        self._next(wait, lambda: self._pull(min(2 * wait, pace.LONGEST_BACK_OFF)))

    def _start(self) -> None:
        if (pod := self._voice.latest()) is None:
            return
        self._voice.say_started(pod)
        probed = Probe.needed(pod)
        address = f"10.244.{self._number // 250 % 250}.{self._number % 250 + 1}"
        addresses = {"podIP": address, "podIPs": [{"ip": address}]}
        running = self._running(ready=not probed and self._dies(pod) is None)
        pod = self._voice.tell(pod, "Running", running, ready=not probed and self._dies(pod) is None, **addresses)
        self._live(pod)

    def _running(self, *, ready: bool) -> statuses.ContainerState:
        def state(spec: Body, before: Body) -> Body:
            identity = f"containerd://{self._registry.chance.getrandbits(256):064x}"
            running = {"running": {"startedAt": self._voice.now()}}
            image = {"imageID": images.identity(spec["image"])}
            return statuses.container(spec, running, before=before, ready=ready, containerID=identity, **image)

        return state

    def _probed(self, ready: bool, failure: str | None) -> None:
        """Report what a readiness probe found."""
        pod = self._voice.latest()
        if pod is None or pod.deleting or not statuses.running(pod):
            return
        if failure is not None:
            self._voice.say_unready(pod, failure)
        if ready is not is_ready(pod):
            self._voice.tell(pod, "Running", lambda spec, before: {**before, "ready": ready}, ready=ready)

    def _dies(self, pod: Stored) -> ContainerFailure | None:
        """Return the failure by which the containers end by themselves; None if they do not."""
        return self._failures.of(pod, ContainerFailure)

    def _plan_death(self, pod: Stored) -> None:
        dies = self._dies(pod)
        assert dies is not None
        if dies.probed:
            self._probe.start(pod, self._failures.of(pod, ReadinessFailure), at_once=not is_ready(pod))
        self._next(dies.exit.seconds, self._die)

    def _die(self) -> None:
        pod = self._voice.latest()
        dies = self._dies(pod) if pod is not None else None
        if pod is None or dies is None:
            return
        self._probe.stop()
        ended = statuses.ended(self._voice.now(), dies.exit.reason, dies.exit.code)
        pod = self._voice.tell(pod, "Running", ended)
        first = statuses.known(pod, pod.spec["containers"][0]["name"])
        if first["restartCount"] == 0:
            self._next(1.0, self._restart)
        else:
            self._next(0.5, self._wait_to_restart)

    def _wait_to_restart(self) -> None:
        """Back off: 10 s, doubling up to 300 s."""
        if (pod := self._voice.latest()) is None:
            return
        wait, self._back_off = self._back_off, min(2 * self._back_off, pace.LONGEST_BACK_OFF)

        def waiting(spec: Body, before: Body) -> Body:
            where = f"{spec['name']} pod={pod.name}_{pod.namespace}({pod.uid})"
            message = f"back-off {statuses.go_time(wait)} restarting failed container={where}"
            last = {
                "lastState": before["state"],
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
            }
            return {**before, **last, "started": False}

        self._voice.tell(pod, "Running", waiting)
        self._voice.say_back_off(pod)
        self._next(wait, self._restart)

    def _restart(self) -> None:
        if (pod := self._voice.latest()) is None:
            return
        state = self._running(ready=False)

        def again(spec: Body, before: Body) -> Body:
            last = before["state"] if "terminated" in before["state"] else before["lastState"]
            return {**state(spec, before), "restartCount": before["restartCount"] + 1, "lastState": last}

        self._voice.say_started(pod)
        self._live(self._voice.tell(pod, "Running", again))

    def _stop(self) -> None:
        """End the containers: by themselves, or by force after their grace."""
        if (pod := self._voice.latest()) is None:
            return
        if not statuses.running(pod) and not statuses.known(pod, pod.spec["containers"][0]["name"]).get("containerID"):
            pod = self._voice.tell(pod, "Pending", statuses.waiting("ContainerCreating"))
            self._next(pace.NEVER_RAN, self._never_ran)
            return
        deaf = self._failures.of(pod, IgnoresSigterm) is not None
        ended = (
            statuses.ended(self._voice.now(), "Error", 137)
            if deaf
            else statuses.ended(self._voice.now(), "Completed", 0)
        )
        phase, reason = ("Failed", "PodFailed") if deaf else ("Succeeded", "PodCompleted")
        self._voice.tell(pod, phase, ended, reason=reason)
        self._next(pace.GONE, self._end)

    def _never_ran(self) -> None:
        if (pod := self._voice.latest()) is None:
            return
        unknown = {"terminated": statuses.NEVER_STARTED}
        self._voice.tell(pod, "Failed", lambda spec, before: statuses.container(spec, unknown, before=before))
        self._next(pace.GONE, self._end)

    def _end(self) -> None:
        if (pod := self._voice.latest()) is not None:
            self._deletion.delete(pod, Options(grace=0))
