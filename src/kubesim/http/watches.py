"""WATCH: every change of the selected objects, once and in order, from the version that is asked for."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from ..clock import Timers
from ..store.kinds import EVENT, Kind
from ..store.objects import Stored, encode
from ..store.refusals import Refused, expired
from ..store.store import Change, Store
from .lists import Chosen, bad_match, number, version
from .request_info import RequestInfo

BOOKMARKS: Final = 60.0
LONGEST: Final = 1800.0


class Stream:
    """One watch: the lines that wait to be sent; `over` once it has ended."""

    def __init__(self, store: Store, timers: Timers, info: RequestInfo, query: Mapping[str, str]) -> None:
        self.over = False
        self.lines: list[bytes] = []
        self._store = store
        self._timers = timers
        self.kind = info.kind
        self._chosen = Chosen(info, query)
        self._ready = asyncio.Event()
        match = query.get("resourceVersionMatch")
        if match:
            raise bad_match("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided", match)
        seconds = number(query, "timeoutSeconds")
        self._asked = version(query)
        # The backlog first, then the listener, with nothing in between that could await: no change can be missed, and
        # none be sent twice.
        self._begin(self._asked)
        self._end_listening = store.listen(info.kind, self._on_change)
        self._end = timers.after(min(seconds or LONGEST, LONGEST), self.finish)
        self._bookmarks = query.get("allowWatchBookmarks", "").lower() in ("1", "t", "true")
        self._bookmark = timers.after(BOOKMARKS, self._mark)

    def _begin(self, asked: int) -> None:
        # Version 0 or none begins with the objects that exist, each as ADDED, in no order of versions.
        if asked == 0:
            self.lines += [_line("ADDED", obj) for obj in self._chosen.now(self._store)]
        elif asked < self._store.oldest:
            # As on a real server the answer is a 200: the 410 comes in the stream, which then ends.
            self.lines.append(_error(_too_old(self.kind, asked, self._store.oldest)))
            self.over = True
        else:
            self.lines += self._events(self._store.since(self.kind, asked))

    def _events(self, changes: Iterable[Change]) -> list[bytes]:
        lines = (self._event(change) for change in changes)
        return [line for line in lines if line]

    def _event(self, change: Change) -> bytes:
        """Return the line for a change as seen through the selectors; empty if it is outside of them."""
        # What begins to match the selectors is ADDED, though it is not new; what no longer matches is DELETED, though
        # it still exists, with its last state that matched and the version of the change.
        was = change.before is not None and self._chosen.holds(change.before)
        chosen = change.type != "DELETED" and self._chosen.holds(change.after)
        if chosen and was:
            return _line("MODIFIED", change.after)
        if chosen:
            return _line("ADDED", change.after)
        if not was or change.before is None:
            return b""
        if change.type == "DELETED":
            return _line("DELETED", change.after)
        meta = {**change.before.meta, "resourceVersion": str(change.after.version)}
        return _line("DELETED", Stored(self.kind, {**change.before.body, "metadata": meta}, change.after.version))

    def _on_change(self, change: Change) -> None:
        # A client may ask for a version that does not exist yet: it gets nothing before that.
        if change.after.version > self._asked:
            line = self._event(change)
            if line:
                self.lines.append(line)
                self._ready.set()

    def _mark(self) -> None:
        # Once a minute, so that a client whose objects do not change learns a version that will not be compacted soon.
        if self._bookmarks:
            self.lines.append(_bookmark(self.kind, self._store.revision))
            self._ready.set()
        self._bookmark = self._timers.after(BOOKMARKS, self._mark)

    def wake(self) -> None:
        """Wake whoever waits for lines: a network fault may have been queued."""
        self._ready.set()

    def finish(self) -> None:
        """End after the lines that wait."""
        self.over = True
        self._ready.set()

    async def some(self) -> list[bytes]:
        """Return the lines that have not been sent, waiting for the first; none if it was only woken."""
        if not self.lines and not self.over:
            await self._ready.wait()
        self._ready.clear()
        lines, self.lines = self.lines, []
        return lines

    def close(self) -> None:
        """Stop listening."""
        self._end_listening()
        self._end.cancel()
        self._bookmark.cancel()


def _line(type_: str, obj: Stored) -> bytes:
    return b'{"type":"' + type_.encode() + b'","object":' + obj.json + b"}\n"


def _error(refused: Refused) -> bytes:
    return encode({"type": "ERROR", "object": refused.status}) + b"\n"


def _too_old(kind: Kind, asked: int, oldest: int) -> Refused:
    """Return the 410 for a version that has been compacted."""
    # The real server has no watch cache for events, so their 410 has the message of etcd.
    if kind is EVENT:
        return expired("The resourceVersion for the provided watch is too old.")
    return expired(f"too old resource version: {asked} ({oldest})")


def _bookmark(kind: Kind, revision: int) -> bytes:
    meta = {"resourceVersion": str(revision), "creationTimestamp": None}
    stub = {"kind": kind.name, "apiVersion": kind.api_version, "metadata": meta, "spec": {}, "status": {}}
    return encode({"type": "BOOKMARK", "object": stub}) + b"\n"
