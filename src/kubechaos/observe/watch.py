"""LIST, then WATCH from its version: one resource, one thread, one client; a gap is reported, never hidden.

The rules are those of client-go's RetryWatcher (tools/watch/retrywatcher.go) and, after a 410, its reflector
(tools/cache/reflector.go):

- the version to resume from advances only after an object was handed over, so no object is lost with a connection;
- bookmarks move the version of a quiet stream on, so that it does not grow too old (KEP-956);
- a 410 means that events are lost for good; RetryWatcher gives up there, we list again and record the gap;
- 401 and 403 end the stream, with advice; every other error is retried, after growing pauses.

Names: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import threading
from collections.abc import Callable, Mapping
from typing import Final

from ..api.client import ERRORS, Client
from ..clock import WALL_TIME, WallTime
from ..errors import ApiError, ExpiredError, ForbiddenError, MalformedError, UnreachableError, may_pass
from ..kube import decode
from ..kube.kinds import Kind
from ..kube.objects import Observed
from ..records import Delay, Failed, Gap, Gone, Listed, Record, Seen

PAGE: Final = 500
"""Objects in one page of a listing, as client-go's pager and `kubectl get` ask for."""
STREAM_SECONDS: Final = 300
"""Seconds after which the server closes a stream. client-go's reflector asks for 5 to 10 minutes: a stream that has
silently died on the way is replaced, and the streams of many clients are spread over the API servers again."""
LIST_DEADLINE: Final = 10.0
"""Wall seconds in which a busy server is asked again for the first listing: no fault waits for it yet."""
STOP_SECONDS: Final = 1.0
"""Wall seconds that the end of a test waits for the thread; an interrupted read returns in milliseconds."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
"""A server may ask for more by Retry-After, but a watch that is away longer than this sees too little of a recovery.
client-go pauses up to 30 s, but its users need the state in the end, not every step on the way."""

Sink = Callable[[Record | Failed], object]


class Backoff:
    """How long to pause after each of several failures in a row: first not at all, then 0.1, 0.2, 0.4, ... 2 s.

    Each pause is shortened at random, by up to a half: the streams that one failure has ended must not all return at
    the same moment.
    """

    def __init__(self, uniform: Callable[[float, float], float]) -> None:
        self._uniform = uniform
        self._failures = 0

    def reset(self) -> None:
        """Start again without a pause: the server has answered."""
        self._failures = 0

    def pause(self, asked: float | None = None) -> float:
        """Return the seconds to pause after one more failure; `asked` is the server's Retry-After, if it sent one."""
        self._failures += 1
        return max(min(asked or 0.0, LONGEST_PAUSE), self._grown(self._failures - 2))

    def _grown(self, doublings: int) -> float:
        if doublings < 0:
            return 0.0
        # A float holds no 2**1024: after half an hour of failures the pauses must still be those of the first minute.
        return min(FIRST_PAUSE * 2.0 ** min(doublings, 10), LONGEST_PAUSE) * self._uniform(0.5, 1)


class Watch:
    """The stream of one resource, in a thread of its own; every record goes to `sink`, with the time of its arrival.

    `now` is the run's clock, and gives that time. Deadlines and pauses, which concern the server, are `wall` time.
    """

    def __init__(
        self,
        client: Client,
        kind: Kind,
        namespace: str,
        query: Mapping[str, str],
        sink: Sink,
        now: Callable[[], float],
        wall: WallTime = WALL_TIME,
    ) -> None:
        self._client = client
        self._kind = kind
        self._codec = kind.codec
        self._path = kind.path(namespace)
        self._query = dict(query)
        self._deliver = sink
        self._now = now
        self._wall = wall
        self._backoff = Backoff(wall.uniform)
        # The objects as the stream shows them, by uid: what a new listing is compared with after a 410.
        self._known: dict[str, Observed] = {}
        # Where to resume: the resourceVersion of the listing, of the last object or of the last bookmark.
        self._version = ""
        # When the stream was last known to be complete, on the run's clock: a gap or a delay begins there.
        self._last_received = 0.0
        # Why the stream broke, until it is open again; and why its version is too old, until a new listing is there.
        self._broken = ""
        self._expired = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kubechaos-{kind.plural}", daemon=True)

    def start(self) -> None:
        """Begin to list and to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the stream and its thread; nothing reaches the sink afterwards."""
        self._stopped.set()
        self._client.interrupt()
        # A thread that still waits for an answer ends by itself at the deadline of the call; `_sink` drops its records.
        self._thread.join(timeout=STOP_SECONDS)
        self._client.close()

    def _sink(self, record: Record | Failed) -> None:
        if not self._stopped.is_set():
            self._deliver(record)

    def _run(self) -> None:
        try:
            self._first_list()
            while not self._stopped.is_set():
                self._attempt(self._relist if self._expired else self._follow)
        except ForbiddenError as error:
            advised = f"{error}; grant it in a Role, as in examples/rbac.yaml"
            self._sink(Failed(self._now(), self._kind.name, ForbiddenError(advised, status=error.status)))
        except Exception as error:  # noqa: BLE001  # an observer that died must be reported, whatever killed it
            self._sink(Failed(self._now(), self._kind.name, error))

    def _first_list(self) -> None:
        """List; ask again only a server that answered, but was busy.

        One that cannot be reached is an error at once: nothing was touched yet, and the user waits.
        """
        until = self._wall.monotonic() + LIST_DEADLINE
        while not self._stopped.is_set():
            try:
                self._list()
                return
            except UnreachableError:
                raise
            except ApiError as error:
                if not (may_pass(error) or isinstance(error, ExpiredError)) or self._wall.monotonic() > until:
                    raise
                self._pause(error)

    def _attempt(self, action: Callable[[], None]) -> None:
        """Do it once; errors that may pass are left to the next attempt, others are raised."""
        try:
            action()
        except ExpiredError as error:
            # 410 Gone, on opening or as an ERROR event: the watch cache, or etcd after a compaction, has forgotten what
            # came after our version. To resume is impossible, and to watch from "now" would hide the loss.
            self._expired = str(error)
            self._pause(error)
        except ApiError as error:
            if not may_pass(error):
                raise
            self._pause(error)

    def _pause(self, error: ApiError) -> None:
        self._broken = str(error)
        self._wall.pause(self._stopped, self._backoff.pause(error.retry_after))

    def _list(self) -> None:
        objects, version = self._pages()
        self._known = {each.uid: each for each in objects}
        self._broken = ""
        self._backoff.reset()
        at = self._last_received = self._now()
        self._sink(Listed(at, self._kind.name, version, objects, self._client.server_time))
        self._version = version

    def _pages(self) -> tuple[tuple[Observed, ...], str]:
        objects: list[Observed] = []
        query = {**self._query, "limit": str(PAGE)}
        while True:
            page = self._codec.page(self._client.get(self._path, query))
            objects += page.objects
            if not page.next and page.resource_version:
                return tuple(objects), page.resource_version
            if not page.next:
                # To watch from version "" means "start anywhere": RetryWatcher refuses that, and so do we.
                raise MalformedError(f"list {self._path}: a listing without a resourceVersion")
            query["continue"] = page.next

    def _relist(self) -> None:
        """List again after a 410, and report the gap and the differences, marked as inferred.

        The objects are complete again, their history is not: what came and went in between is lost.
        """
        since = self._last_received
        objects, version = self._pages()
        at = self._last_received = self._now()
        self._sink(Gap(at, self._kind.name, since, self._expired))
        before, self._known = self._known, {each.uid: each for each in objects}
        for uid in before.keys() - self._known.keys():
            self._sink(Gone(at, before[uid], inferred=True))
        for uid, each in self._known.items():
            if uid not in before or before[uid].resource_version != each.resource_version:
                self._sink(Seen(at, each, inferred=True))
        self._version, self._broken, self._expired = version, "", ""

    def _follow(self) -> None:
        query = {
            **self._query,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(STREAM_SECONDS),
        }
        # The version is that of our own last event or listing, so what the server sends next continues without a gap.
        opened, silent = self._wall.monotonic(), True
        with self._client.stream(self._path, query) as lines:
            if self._broken:
                self._sink(Delay(self._now(), self._kind.name, self._last_received, self._broken))
                self._broken = ""
            for line in lines:
                silent = False
                self._hand_over(*self._decode(line))
                self._backoff.reset()
        self._closed(lasted=self._wall.monotonic() - opened, silent=silent)

    def _closed(self, *, lasted: float, silent: bool) -> None:
        """Note that the server has closed the stream, as it does after `timeoutSeconds`."""
        if self._stopped.is_set():
            return
        self._broken = "the server closed the stream"
        # A proxy may close each stream at once. client-go calls that a "very short watch" and counts it as a failure;
        # otherwise it would be opened again without a pause, for ever.
        if silent and lasted < LONGEST_PAUSE:
            self._wall.pause(self._stopped, self._backoff.pause())

    def _decode(self, line: bytes) -> tuple[str, Observed | decode.Status]:
        try:
            return self._codec.event(line)
        except ValueError as error:
            raise UnreachableError(f"watch {self._path}: a line that is no event: {error}") from error

    def _hand_over(self, type_: str, value: Observed | decode.Status) -> None:
        """Hand over one event. Raises the ApiError of an ERROR event."""
        at = self._last_received = self._now()
        if isinstance(value, decode.Status):
            # A token may expire while a stream is open. The stream may be opened again with a renewed one; if there is
            # none, that attempt is refused with a 401 of its own, which is final.
            kind = UnreachableError if value.code == 401 else ERRORS.get(value.code, ApiError)
            raise kind(f"watch {self._path}: {value.code} {value.message}", status=value.code, reason=value.reason)
        if type_ == "DELETED":
            self._known.pop(value.uid, None)
            self._sink(Gone(at, value))
        elif type_ in ("ADDED", "MODIFIED"):
            self._known[value.uid] = value
            self._sink(Seen(at, value))
        # Last, after the hand-over; also of a BOOKMARK, which has no object, only a version.
        self._version = value.resource_version or self._version
