"""core/v1 Events, in the two dialects of the real components."""

from typing import Final

from ..apiserver.registry import Registry
from ..store.kinds import EVENT
from ..store.objects import Body, Stored

SCHEDULER: Final = "default-scheduler"
BURST: Final = 25
"""How many events with an object a component sends before its spam filter drops them (client-go)."""
SIMILAR: Final = 9
"""From how many different messages with one reason on they are combined (client-go)."""


class Recorder:
    """Writes events; what was said before is counted, not repeated."""

    def __init__(self, registry: Registry, component: str) -> None:
        self._registry = registry
        self._component = component
        self._known: dict[tuple[str, str, str], Stored] = {}
        self._sent: dict[str, int] = {}
        self._said: dict[tuple[str, str], int] = {}

    def normal(self, about: Stored, reason: str, message: str) -> None:
        """Say what went as it should."""
        self._say("Normal", about, reason, message)

    def warn(self, about: Stored, reason: str, message: str) -> None:
        """Say what did not."""
        self._say("Warning", about, reason, message)

    def _say(self, type_: str, about: Stored, reason: str, message: str) -> None:
        sent = self._sent[about.uid] = self._sent.get(about.uid, 0) + 1
        if type_ == "Warning" and sent > BURST:
            return
        key = about.uid, reason, message
        if (key not in self._known) and self._differ(about, reason) > SIMILAR:
            message = f"(combined from similar events): {message}"
            key = about.uid, reason, ""
        known = self._known.get(key)
        latest = self._registry.latest(known) if known else None
        self._known[key] = self._again(latest, message) if latest else self._new(type_, about, reason, message)

    def _differ(self, about: Stored, reason: str) -> int:
        said = self._said[about.uid, reason] = self._said.get((about.uid, reason), 0) + 1
        return said

    def _again(self, event: Stored, message: str) -> Stored:
        body = {**event.body, "message": message, "count": (event.body.get("count") or 1) + 1}
        body["lastTimestamp"] = self._registry.calendar.time()
        return self._registry.store.put(EVENT, body)

    def _new(self, type_: str, about: Stored, reason: str, message: str) -> Stored:
        involved = {
            "kind": about.kind.name,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
            "apiVersion": about.kind.api_version,
            "resourceVersion": str(about.version),
        }
        body: Body = {
            "metadata": {
                "name": f"{about.name}.{self._registry.chance.getrandbits(64):016x}",
                "namespace": about.namespace or "default",
                "uid": self._registry.uid(),
                "creationTimestamp": self._registry.calendar.time(),
            },
            "involvedObject": {key: value for key, value in involved.items() if value},
            "reason": reason,
            "message": message,
            "type": type_,
            **self._origin(),
        }
        return self._registry.store.put(EVENT, body)

    def _origin(self) -> Body:
        """The scheduler speaks events.k8s.io, where a single event has neither count nor first and last time."""
        if self._component == SCHEDULER:
            reporter = {"reportingComponent": SCHEDULER, "reportingInstance": f"{SCHEDULER}-sim", "action": "Binding"}
            return {"eventTime": self._registry.calendar.micro(), "source": {}, **_nothing(), **reporter}
        now = self._registry.calendar.time()
        times = {"firstTimestamp": now, "lastTimestamp": now, "count": 1, "eventTime": None}
        return {
            "source": {"component": self._component},
            **times,
            "reportingComponent": self._component,
            "reportingInstance": "",
        }


def _nothing() -> Body:
    return {"firstTimestamp": None, "lastTimestamp": None}
