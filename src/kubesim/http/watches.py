"""WATCH: every change of what is chosen, once and in order, from the version that is asked for."""

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
    """One watch: lines that wait to be sent; `over` once its time is up."""

    def __init__(self, store: Store, timers: Timers, info: RequestInfo, query: Mapping[str, str]) -> None:
        self.over = False
        self.lines: list[bytes] = []
        self._store = store
        self._timers = timers
        self._kind = info.kind
        self._chosen = Chosen(info, query)
        self._ready = asyncio.Event()
        if match := query.get("resourceVersionMatch"):
            raise bad_match("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided", match)
        seconds = number(query, "timeoutSeconds")
        self._asked = version(query)
        self._begin(self._asked)
        self._end_listening = store.listen(info.kind, self._on_change)
        self._end = timers.after(min(seconds or LONGEST, LONGEST), self.finish)
        self._bookmarks = query.get("allowWatchBookmarks", "").lower() in ("1", "t", "true")
        self._bookmark = timers.after(BOOKMARKS, self._mark)

    def _begin(self, asked: int) -> None:
        if asked == 0:
            self.lines += [_line("ADDED", obj) for obj in self._chosen.now(self._store)]
        elif asked < self._store.oldest:
            self.lines.append(_error(_too_old(self._kind, asked, self._store.oldest)))
            self.over = True
        else:
            self.lines += self._events(self._store.since(self._kind, asked))

    def _events(self, changes: Iterable[Change]) -> list[bytes]:
        return [line for change in changes if (line := self._event(change))]

    def _event(self, change: Change) -> bytes:
        """Return a change as seen through the selectors: who enters is ADDED, who leaves is DELETED."""
        was = change.before is not None and self._chosen.holds(change.before)
        chosen = change.type != "DELETED" and self._chosen.holds(change.after)
        if chosen:
            return _line("MODIFIED" if was else "ADDED", change.after)
        if not was or change.before is None:
            return b""
        if change.type == "DELETED":
            return _line("DELETED", change.after)
        meta = {**change.before.meta, "resourceVersion": str(change.after.version)}
        return _line("DELETED", Stored(self._kind, {**change.before.body, "metadata": meta}, change.after.version))

    def _on_change(self, change: Change) -> None:
        if change.after.version > self._asked and (line := self._event(change)):
            self.lines.append(line)
            self._ready.set()

    def _mark(self) -> None:
        if self._bookmarks:
            self.lines.append(_bookmark(self._kind, self._store.revision))
            self._ready.set()
        self._bookmark = self._timers.after(BOOKMARKS, self._mark)

    def wake(self) -> None:
        """Let whoever waits for lines look at what else there is."""
        self._ready.set()

    def finish(self) -> None:
        """Send what there is, and no more."""
        self.over = True
        self._ready.set()

    async def some(self) -> list[bytes]:
        """Return the lines that have not been sent, waiting for the first; none after a mere wake."""
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
    """Of events, which the real server does not cache, etcd itself says so."""
    if kind is EVENT:
        return expired("The resourceVersion for the provided watch is too old.")
    return expired(f"too old resource version: {asked} ({oldest})")


def _bookmark(kind: Kind, revision: int) -> bytes:
    meta = {"resourceVersion": str(revision), "creationTimestamp": None}
    stub = {"kind": kind.name, "apiVersion": kind.api_version, "metadata": meta, "spec": {}, "status": {}}
    return encode({"type": "BOOKMARK", "object": stub}) + b"\n"
