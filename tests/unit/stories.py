"""A small language for runs: the records of an experiment on the Deployment `web`, and the outage they give.

Times are seconds from t0. A pod is named by a letter, which is also its uid; its name is `web-` and the letter.
"""

import json
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from kubechaos.effects import Effect, PodsGone
from kubechaos.judge.alerts import Alarm, Alert, AlertRule, names, watch
from kubechaos.judge.outage import Alerts, Outage, outages
from kubechaos.judge.recovery import Limits, ends_at
from kubechaos.judge.state import State, step
from kubechaos.kube import decode
from kubechaos.kube.objects import Container, EndpointSlice, Event, Observed, Pod, Ref, ReplicaSet, Workload
from kubechaos.records import (
    Answered,
    Begun,
    Chosen,
    Due,
    Ended,
    Gap,
    Gone,
    Healed,
    Injected,
    Intended,
    Lasts,
    Listed,
    Record,
    Seen,
)


def strict(value: Any) -> Any:
    """The value after it was written as one line of strict JSON and read again."""
    text = decode.encode(value)
    assert b"\n" not in text
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no strict JSON")


T0 = 64.0
"""The run's clock at t0: a power of two, so that most differences are exact."""
WEB = Ref("Deployment", "shop", "web", "web")
RUNNING = Container("app", id="containerd://1", ready=True, state="running")
CREATING = Container("app", state="waiting", reason="ContainerCreating")
STOPPED = Container("app", id="containerd://1", state="terminated", reason="Completed", exit_code=0)


def pod(letter: str, **fields: Any) -> Pod:
    """A pod that is Ready, of ReplicaSet `rs`."""
    usual: dict[str, Any] = {
        "namespace": "shop",
        "name": f"web-{letter}",
        "uid": letter,
        "resource_version": "1",
        "owner": "rs",
        "owner_kind": "ReplicaSet",
        "node": "node-1",
        "phase": "Running",
        "ready": True,
        "containers": (RUNNING,),
    }
    return Pod(**{**usual, **fields})


def new(letter: str, **fields: Any) -> Pod:
    """A pod that has only just been created."""
    return pod(letter, **{"node": "", "phase": "Pending", "ready": False, "containers": (), **fields})


def deployment(**fields: Any) -> Workload:
    """Deployment `web`: three replicas, all updated."""
    usual: dict[str, Any] = {
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "uid": "web",
        "resource_version": "1",
        "generation": 1,
        "observed_generation": 1,
        "replicas": 3,
        "updated_replicas": 3,
        "revision": 1,
    }
    return Workload(**{**usual, **fields})


def replica_set(uid: str = "rs", **fields: Any) -> ReplicaSet:
    """A ReplicaSet of the Deployment `web`."""
    usual: dict[str, Any] = {
        "namespace": "shop",
        "name": f"web-{uid}",
        "uid": uid,
        "resource_version": "1",
        "owner": "web",
        "revision": 1,
    }
    return ReplicaSet(**{**usual, **fields})


def endpoints(ready: str, known: str = "", service: str = "web", **fields: Any) -> EndpointSlice:
    """A slice of a Service: the letters of its ready pods, and of others that it knows."""
    usual = {"namespace": "shop", "name": f"{service}-1", "uid": f"{service}-1", "resource_version": "1"}
    return EndpointSlice(
        **{**usual, "service": service, "ready": tuple(ready), "known": tuple(sorted({*ready, *known})), **fields}
    )


def listing(kind: str, *objects: Observed, at: float = -10.0, server_time: float = 0.0) -> Listed:
    """A complete listing of one kind."""
    return Listed(T0 + at, kind, "9", objects, server_time)


def listings(*objects: Observed, at: float = -10.0, server_time: float = 0.0) -> list[Record]:
    """The listings with which every observation begins."""
    kinds = ("Deployment", "ReplicaSet", "Pod", "EndpointSlice", "Event")
    return [
        listing(kind, *(each for each in objects if each.kind == kind), at=at, server_time=server_time)
        for kind in kinds
    ]


def fold(*records: Record, state: State | None = None) -> State:
    """The state after these records."""
    state = state or State()
    for record in records:
        state = step(state, record)
    return state


class Story:
    """One experiment on `web`, record by record; its pods are a, b and c unless others are given."""

    def __init__(self, *objects: Observed, rules: Sequence[AlertRule] = ()) -> None:
        objects = objects or (pod("a"), pod("b"), pod("c"))
        kinds = {each.kind for each in objects}
        if "Deployment" not in kinds:
            replicas = sum(each.kind == "Pod" for each in objects)
            objects = (deployment(replicas=replicas, updated_replicas=replicas), *objects)
        if "ReplicaSet" not in kinds:
            objects = (replica_set(), *objects)
        self.state, self.alarm, self.rules = State(), Alarm(), rules
        self.limits = Limits(60.0, 5.0)
        self.recorded: list[tuple[Record, tuple[Alert, ...]]] = []
        self._known = {each.uid: each for each in objects}
        self._version = 100
        self.record(*listings(*objects))

    def record(self, *records: Record) -> None:
        """Add records in the way of the run itself; fails if the observation has ended before."""
        for record in records:
            begun = self.state.experiment is not None and self.state.experiment.ended is None
            over = begun and self.ends < record.at - T0
            assert not over or record == Ended(record.at), "the observation has ended before"
            self.state = step(self.state, record)
            before = len(self.alarm.alerts)
            self.alarm = watch(self.alarm, self.state, self.limits, self.rules)
            self.recorded.append((record, self.alarm.alerts[before:]))

    def begin(
        self,
        fault: str,
        effect: Effect,
        *victims: str,
        at: float = 0.0,
        lasts: Lasts = Lasts.INSTANT,
        generation: int = 0,
        injection: int = 0,
    ) -> "Story":
        """Inject a fault with one write, which gives the target this generation if it is not 0."""
        within, stable_for = self.limits.within, self.limits.stable_for
        args = (str(len(victims)),)
        self.record(
            Begun(T0 + at, fault, args, WEB, effect, lasts, within, stable_for, "2026-01-01", injection=injection)
        )
        for letter in victims:
            self.record(Chosen(T0 + at, letter, injection=injection))
        self.record(Intended(T0 + at, "PATCH", WEB, generation, injection=injection))
        self.record(Injected(T0 + at, injection))
        self.record(Answered(T0 + at, "PATCH", WEB, True, generation=generation, injection=injection))
        self.record(Due(T0 + at, injection))
        return self

    def heal(self, at: float, generation: int = 0, injection: int = 0) -> None:
        """Undo what the fault changed."""
        self.record(Intended(T0 + at, "PATCH", WEB, generation, injection=injection))
        self.record(Healed(T0 + at, injection=injection))

    def kill(self, letters: str, *, at: float = 0.0, within: float = 60.0, stable_for: float = 5.0) -> "Story":
        """Inject a kill of these pods."""
        self.limits, self.alarm = Limits(within, stable_for), Alarm()
        return self.begin("kill", PodsGone(), *letters, at=at)

    def see(self, at: float, value: Observed) -> None:
        """An object is added or modified."""
        self._version += 1
        self._known[value.uid] = replace(value, resource_version=str(self._version))
        self.record(Seen(T0 + at, self._known[value.uid]))

    def change(self, at: float, uid: str, **fields: Any) -> None:
        """Some fields of a known object change."""
        self.see(at, replace(self._known[uid], **fields))

    def gone(self, at: float, uid: str) -> None:
        """An object leaves the API in the state in which it was seen last."""
        self.record(Gone(T0 + at, self._known[uid]))

    def terminates(self, at: float, letter: str) -> None:
        """A pod gets its deletionTimestamp; it stays Ready."""
        self.change(at, letter, deleting=True)

    def stops(self, at: float, letter: str) -> None:
        """The containers of a pod have ended."""
        self.change(at, letter, ready=False, phase="Succeeded", containers=(STOPPED,))

    def dies(self, at: float, letter: str) -> None:
        """A pod is deleted and gone within a second."""
        self.terminates(at, letter)
        self.stops(at + 0.5, letter)
        self.gone(at + 1.0, letter)

    def comes(self, at: float, letter: str, *, ready: float, **fields: Any) -> None:
        """A pod is created, scheduled at once, and Ready when its only status is published."""
        self.see(at, new(letter, **fields))
        self.change(at, letter, node="node-2")
        self.ready(ready, letter)

    def ready(self, at: float, letter: str) -> None:
        """A pod runs and is Ready."""
        self.change(at, letter, phase="Running", ready=True, not_ready="", containers=(RUNNING,))

    def unready(self, at: float, letter: str, **fields: Any) -> None:
        """A pod loses its readiness."""
        self.change(at, letter, ready=False, not_ready="ContainersNotReady: app", **fields)

    def gap(self, kind: str, since: float, at: float) -> None:
        """The stream of one kind has a gap."""
        self.record(Gap(T0 + at, kind, T0 + since, "410 Gone"))

    def event(self, at: float, reason: str, message: str, letter: str = "", *, last: float = 0.0) -> None:
        """An Event about a pod, or about nothing in particular."""
        type_ = "Normal" if reason in ("Killing", "Pulling", "Pulled", "Created", "Started") else "Warning"
        about = Ref("Pod" if letter else "", "shop", f"web-{letter}", letter)
        name = f"event-{reason}"
        self.see(at, Event("shop", name, name, "1", about, type=type_, reason=reason, message=message, last=last))

    @property
    def ends(self) -> float:
        """When the observation ends if nothing more is recorded."""
        return ends_at(self.state, self.limits) - T0

    def outage(self) -> Outage:
        """End the observation when it is time, and return the outage."""
        at = max(self.ends + T0, self.state.at)
        end = Ended(at)
        self.record(end)
        return outages(self.state, self.limits, Alerts(self.alarm.alerts, names(self.rules)), end)[0]
