"""What a scenario may do and wait for; all seconds are the cluster's own, however fast its clock runs."""

import uuid
from collections.abc import Callable
from typing import Any

from .api import Answer, Api, path
from .manifests import deployment
from .recorder import PLURALS, Recorder

QUIET = 1.0
PATIENCE = 40.0
LEAST_QUIET = 0.15
LEAST_PATIENCE = 10.0
SETTLED = {
    "Deployment": ("updatedReplicas", "availableReplicas"),
    "StatefulSet": ("replicas", "updatedReplicas", "currentReplicas", "availableReplicas"),
    "DaemonSet": ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable"),
}
Object = dict[str, Any]


class Script:
    """One scenario at work on one cluster.

    `wall` turns seconds of the cluster's clock into our own; `inject(name, failure)` has the pods of a
    workload fail on a cluster that cannot run their commands; `compact` makes it forget its history.
    """

    def __init__(
        self,
        api: Api,
        title: str,
        wall: Callable[[float], float] = float,
        inject: Callable[[str, str], None] | None = None,
        compact: Callable[[], None] | None = None,
    ) -> None:
        self.api = api
        self.name = f"{title}-{uuid.uuid4().hex[:4]}"
        self.kind = "Deployment"
        self.answers: list[tuple[str, Answer]] = []
        self._wall = wall
        self._inject = inject
        self.compact = compact or (lambda: None)
        self.recorder = Recorder(api, self.name)

    def create(self, plural: str, manifest: Object) -> Object:
        """Create an object; it must succeed."""
        answer = self.api.call("POST", path(plural, self.api.namespace), manifest)
        assert answer.status == 201, answer.data
        created: Object = answer.body
        return created

    def deploy(self, replicas: int = 3, *, kind: str = "Deployment", failure: str = "", **options: Any) -> None:
        """Create the scenario's workload."""
        self.kind = kind
        if failure and self._inject:
            self._inject(self.name, failure)
        self.create(PLURALS[kind], deployment(self.name, replicas, kind=kind, **options))

    def ask(
        self, what: str, method: str, where: str, body: Any = None, query: dict[str, str] | None = None, **headers: str
    ) -> Answer:
        """Send a call whose answer is part of what is recorded."""
        answer = self.api.call(method, where, body, query, {key.replace("_", "-"): headers[key] for key in headers})
        self.answers.append((what, answer))
        return answer

    def patch(self, what: str, **spec: Any) -> Answer:
        """Merge a spec into the workload."""
        return self._changed(self.ask(what, "PATCH", self.of(PLURALS[self.kind], self.name), {"spec": spec}))

    def scale(self, replicas: int) -> Answer:
        """Scale the workload."""
        where = self.of(PLURALS[self.kind], self.name, "scale")
        return self._changed(self.ask(f"scale to {replicas}", "PATCH", where, {"spec": {"replicas": replicas}}))

    def _changed(self, answer: Answer) -> Answer:
        """Wait until the watch has delivered a change of the workload: before that, all looks settled."""
        version = int(answer.body["metadata"]["resourceVersion"])
        self.recorder.until("the change", lambda: int(self.owned()["metadata"]["resourceVersion"]) >= version, 10)
        return answer

    def struck(self, pod: Object, answer: Answer) -> Answer:
        """Wait until the watch has delivered a pod's deletion, if there was one."""
        if answer.status in (200, 201):
            live = self.recorder.live["Pod"]
            self.recorder.until("the deletion", lambda: uid(pod) not in live or deleting(live[uid(pod)]), 10)
        return answer

    def of(self, plural: str, name: str = "", sub: str = "") -> str:
        """Return a path in the scenario's namespace."""
        return path(plural, self.api.namespace, name, sub)

    def pods(self) -> list[Object]:
        """The pods that are there, in the order in which they were first seen."""
        return list(self.recorder.live["Pod"].values())

    def reported(self, reason: str, times: int = 1) -> set[str]:
        """The names of the objects about which there is an event with this reason, so often."""
        events = [event for event in self.recorder.live["Event"].values() if event["reason"] == reason]
        return {event["involvedObject"]["name"] for event in events if (event.get("count") or 1) >= times}

    def owned(self) -> Object:
        """The workload as last seen."""
        return next(iter(self.recorder.live[self.kind].values()), {})

    def delete_all(self, pods: list[Object], what: str) -> None:
        """Delete pods in calls right after each other, and see them all."""
        answers = [self.send_delete(pod, what) for pod in pods]
        for pod, answer in zip(pods, answers, strict=True):
            self.struck(pod, answer)

    def delete(self, pod: Object, what: str, **options: Any) -> Answer:
        """Delete a pod by its uid, as the product does, and see it."""
        return self.struck(pod, self.send_delete(pod, what, **options))

    def send_delete(self, pod: Object, what: str, **options: Any) -> Answer:
        """Delete a pod, and do not wait until it is seen."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid(pod)}, **options}
        return self.ask(what, "DELETE", self.of("pods", name(pod)), body)

    def evict(self, pod: Object, what: str) -> Answer:
        """Evict a pod by its uid, as the product does."""
        options = {"preconditions": {"uid": uid(pod)}}
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name(pod), "namespace": self.api.namespace},
            "deleteOptions": options,
        }
        return self.struck(pod, self.ask(what, "POST", self.of("pods", name(pod), "eviction"), body))

    def until(self, what: str, true: Callable[[], Any], seconds: float = PATIENCE) -> None:
        """Wait for a condition, then until nobody says anything any more."""
        self.recorder.until(what, true, max(self._wall(seconds), LEAST_PATIENCE))
        self.quiet()

    def quiet(self) -> None:
        """Wait until nobody says anything any more."""
        self.recorder.quiet(max(self._wall(QUIET), LEAST_QUIET), max(self._wall(PATIENCE), LEAST_PATIENCE))

    def settled(self, ready: int, seconds: float = PATIENCE) -> None:
        """Wait until there are exactly so many pods, all Ready, and every controller knows."""
        self.until(f"{ready} pods, all Ready", lambda: self._is_settled(ready), seconds)

    def _is_settled(self, ready: int) -> bool:
        pods, owned = self.pods(), self.owned()
        status = owned.get("status", {})
        return (
            len(pods) == ready
            and all(is_ready(pod) and not deleting(pod) for pod in pods)
            and bool(owned)
            and owned["metadata"]["generation"] == status.get("observedGeneration")
            and all(status.get(count, 0) == ready for count in SETTLED[self.kind])
            and status.get("terminatingReplicas", 0) == 0
        )

    def cut(self) -> None:
        """Say that the deed begins here."""
        self.recorder.cut()

    def clean(self) -> None:
        """Remove what is left, pods at once, and wait until all is gone."""
        beside = ("resourcequotas", "poddisruptionbudgets", "services", "configmaps", "secrets")
        for plural in (*beside, *map(PLURALS.__getitem__, SETTLED)):
            for each in (self.name, f"{self.name}-2"):
                self.api.call("DELETE", self.of(plural, each))
        now = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
        for pod in self.pods():
            self.api.call("PATCH", self.of("pods", name(pod)), {"metadata": {"finalizers": None}})
            self.api.call("DELETE", self.of("pods", name(pod)), now)
        self.recorder.until("no pods", lambda: not self.pods(), 30)


def name(thing: Object) -> str:
    """Return an object's name."""
    return str(thing["metadata"]["name"])


def uid(thing: Object) -> str:
    """Return an object's uid."""
    return str(thing["metadata"]["uid"])


def deleting(pod: Object) -> bool:
    """Whether a pod is being deleted."""
    return "deletionTimestamp" in pod["metadata"]


def is_ready(pod: Object) -> bool:
    """Whether a pod has the condition Ready."""
    conditions = pod["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def waiting(pod: Object) -> str:
    """Why a pod's container is not running, if it says so."""
    for status in pod["status"].get("containerStatuses", ()):
        return str(status["state"].get("waiting", {}).get("reason", ""))
    return ""


def restarts(pod: Object) -> int:
    """How often a pod's container was restarted."""
    return max((status["restartCount"] for status in pod["status"].get("containerStatuses", ())), default=0)
