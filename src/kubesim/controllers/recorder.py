"""core/v1 Events, with the two sets of fields that real components write."""

from typing import Final

from ..apiserver.registry import Registry
from ..store.kinds import EVENT
from ..store.objects import Body, Stored

SCHEDULER: Final = "default-scheduler"
BURST: Final = 25
"""So many events about one object are sent before the spam filter drops them (client-go)."""
SIMILAR: Final = 9
"""Beyond so many different messages with one reason, they are combined (client-go)."""


class Recorder:
    """Writes events; one with the same object, reason and message as an earlier one only counts that up."""

    def __init__(self, registry: Registry, component: str) -> None:
        self._registry = registry
        self._component = component
        self._known: dict[tuple[str, str, str, str], Stored] = {}
        self._sent: dict[str, int] = {}
        self._said: dict[tuple[str, str], int] = {}

    def normal(self, about: Stored, reason: str, message: str, part: str = "") -> None:
        """Write an event of type Normal; `part` is the path of the field that it is about, such as a container's."""
        self._record("Normal", about, reason, message, part)

    def warn(self, about: Stored, reason: str, message: str, part: str = "") -> None:
        """Write an event of type Warning."""
        self._record("Warning", about, reason, message, part)

    def _record(self, type_: str, about: Stored, reason: str, message: str, part: str) -> None:
        # Both limits are those of client-go's event correlator. Without them a crash loop would fill the store, and an
        # observer would be tested with events that no real cluster sends.
        sent = self._sent[about.uid] = self._sent.get(about.uid, 0) + 1
        if type_ == "Warning" and sent > BURST:
            return
        key = about.uid, part, reason, message
        if (key not in self._known) and self._differ(about, reason) > SIMILAR:
            message = f"(combined from similar events): {message}"
            key = about.uid, part, reason, ""
        latest = None
        if key in self._known:
            latest = self._registry.latest(self._known[key])
        if latest is None:
            self._known[key] = self._new(type_, about, reason, message, part)
        else:
            self._known[key] = self._again(latest, message)

    def _differ(self, about: Stored, reason: str) -> int:
        said = self._said[about.uid, reason] = self._said.get((about.uid, reason), 0) + 1
        return said

    def _again(self, event: Stored, message: str) -> Stored:
        if self._component == SCHEDULER:
            return self._series(event)
        body = {**event.body, "message": message, "count": (event.body.get("count") or 1) + 1}
        body["lastTimestamp"] = self._registry.calendar.time()
        return self._registry.store.put(EVENT, body)

    def _series(self, event: Stored) -> Stored:
        # Of events.k8s.io only the first repetition is sent at once, the others half an hour later (client-go).
        if "series" in event.body:
            return event
        series = {"count": 2, "lastObservedTime": self._registry.calendar.micro()}
        return self._registry.store.put(EVENT, {**event.body, "series": series})

    def _new(self, type_: str, about: Stored, reason: str, message: str, part: str) -> Stored:
        involved = {
            "kind": about.kind.name,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
            "apiVersion": about.kind.api_version,
            "resourceVersion": str(about.version),
            "fieldPath": part,
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
        """Return the fields that say who sends the event, when, and how often."""
        # The scheduler writes events.k8s.io/v1, the other components core/v1: read as core/v1, a single event of the
        # scheduler has neither a count nor first and last times, but an eventTime.
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
