"""One heal loop for everybody who undoes changes: the teardown of a test, and any other process.

It imports neither the judge nor the official client, so that a small process can run it. It works like
kubectl apply's three-way merge: of what is there now it restores only what we changed, and only where it is still what
we set; whatever is newer than that is somebody else's, and stays.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from .. import changes
from ..api import mutate
from ..api.client import Client
from ..changes import Change, Outcome, Patched, Request, by_hand, undo
from ..clock import WALL_TIME, WallTime
from ..errors import ApiError, ConflictError, InterruptedOutage, NotFoundError, NotHealedError, may_pass
from ..kube import decode
from ..kube.fields import Json
from ..kube.objects import Ref
from ..records import Answered, Intended, Record, Undone

DEADLINE: Final = 30.0
"""Seconds for which heal goes on trying while the cluster does not answer, or does not do what it is asked."""
LANDING: Final = 10.0
"""Seconds for which heal waits for a write of ours that was never answered, and has not landed: it may be under way in
a proxy or in a queue of the API server. As long as a call may take (api.client.DEADLINE). No limit is certain, which is
why heal looks at the version too: once the object has another one, the write can never land, and nobody waits."""
REFUSED: Final = 5.0
"""Seconds for which heal goes on after an answer that no waiting is known to cure, like a 403 or a page of a proxy: one
alone, of a server that is being replaced or a policy that is being changed, must not leave the cluster broken."""
PAUSE: Final = 0.2
"""Seconds between two looks at an object."""


def heal(
    kept: list[Change],
    client: Client,
    put: Callable[[Record], object] = lambda record: None,
    now: Callable[[], float] = lambda: 0.0,
    wall: WallTime = WALL_TIME,
    injection: int = 0,
) -> None:
    """Undo changes, the last first; what is undone, or no longer ours, is taken out of `kept`.

    `put` records, `now` returns the time on the run's clock, `injection` is the number of the fault in its experiment.
    Raises NotHealedError, naming for each change that is left the command by which a person undoes it, also where an
    interruption cuts the heal short; and, once all else is done, the first error of `put`.
    """
    # The last first: a later change may be one of the same field, and was read when the earlier one was in force.
    notes = _Notes(put, now, injection)
    until = wall.monotonic() + DEADLINE
    failures = []
    for change in reversed(tuple(kept)):
        try:
            outcome = _Healing(change, client, notes, wall).run(until)
        except ApiError as error:
            failures.append(_left_changed(change, str(error)))
        except (InterruptedOutage, KeyboardInterrupt) as error:
            # Whoever interrupts a heal waits for no other change either.
            raise not_healed(kept, str(error) or "interrupted") from error
        else:
            # A late thread of the test may undo the same at the same time.
            if change in kept:
                kept.remove(change)
            notes.undone(change.ref, outcome)
    if failures:
        raise NotHealedError(" | ".join(failures))
    notes.raise_error()


def not_healed(left: Sequence[Change], why: str) -> NotHealedError:
    """Return the error that says of each change how a person undoes it, the last first."""
    return NotHealedError(" | ".join(_left_changed(change, why) for change in reversed(left)))


def _left_changed(change: Change, why: str) -> str:
    where = f"{change.ref} in namespace {change.ref.namespace}"
    return f"{where} is not as it was: {why}; put it back: {by_hand(change)}"


class _Healing:
    """Undoes one change."""

    def __init__(self, change: Change, client: Client, notes: "_Notes", wall: WallTime) -> None:
        self._change = change
        self._client = client
        self._notes = notes
        self._wall = wall
        self._sent = False
        self._refused_since: float | None = None

    def run(self, until: float) -> Outcome:
        """Look and write until it is known that the change is undone.

        Raises the last ApiError at the time `until`, and after REFUSED seconds one that no waiting is known to cure.
        """
        landing = self._wall.monotonic() + LANDING
        while True:
            try:
                outcome = self._step()
            except ApiError as error:
                if self._wall.monotonic() > min(until, self._last_try(error)):
                    raise
            else:
                if outcome is not Outcome.WAITING:
                    return Outcome.DONE if self._sent else outcome
                if isinstance(self._change, Patched) and self._wall.monotonic() > landing:
                    return Outcome.ALREADY
                if self._wall.monotonic() > until:
                    raise ApiError("it has been asked to go, and is still there")
            self._wall.sleep(PAUSE)

    def _last_try(self, error: ApiError) -> float:
        """Return until when it makes sense to try again after an error."""
        # A conflict means that somebody wrote between our look and our write: look again.
        if may_pass(error) or isinstance(error, ConflictError):
            self._refused_since = None
            return inf
        if self._refused_since is None:
            self._refused_since = self._wall.monotonic()
        return self._refused_since + REFUSED

    def _step(self) -> Outcome:
        found = undo(self._change, self._live(), self._wall.epoch())
        if isinstance(found, Outcome):
            return found
        return self._write(found)

    def _live(self) -> Json | None:
        try:
            return decode.live_object(self._client.get(changes.path(self._change.ref)), self._change.ref.kind)
        except NotFoundError:
            return None

    def _write(self, request: Request) -> Outcome:
        ref = self._change.ref
        generation = changes.generation_after(request.generation, request.expected)
        self._notes.intended(request.method, ref, generation)
        self._sent = True
        answered = mutate.send(self._client, request.method, request.path, request.body)
        if not request.expected:
            # A deletion. It is done once the object is gone, as finalizers and a grace period may hold it.
            return Outcome.WAITING
        answer = decode.live_object(answered, ref.kind)
        wrong = changes.not_set(answer, request.expected)
        self._notes.answered(request.method, ref, wrong, generation)
        if wrong:
            raise ApiError(f"the API server accepted it, but {wrong} in its answer")
        # What answers may be a proxy that has sent nothing on.
        if isinstance(undo(self._change, self._live(), self._wall.epoch()), Request):
            raise ApiError("the API server accepted it, but has not done it")
        return Outcome.DONE


class _Notes:
    """Records what heal does, and keeps the first error of it for later: a full disk must not prevent the heal."""

    def __init__(self, put: Callable[[Record], object], now: Callable[[], float], injection: int) -> None:
        self._put = put
        self._now = now
        self._injection = injection
        self._error: Exception | None = None

    def intended(self, method: str, ref: Ref, generation: int) -> None:
        """Record that a write is about to be sent."""
        self._record(Intended(self._now(), method, ref, generation, injection=self._injection))

    def answered(self, method: str, ref: Ref, wrong: str, generation: int) -> None:
        """Record the answer to a write."""
        self._record(Answered(self._now(), method, ref, not wrong, wrong, generation, self._injection))

    def undone(self, ref: Ref, outcome: Outcome) -> None:
        """Record what became of a change."""
        self._record(Undone(self._now(), ref, outcome, self._injection))

    def _record(self, record: Record) -> None:
        try:
            self._put(record)
        except Exception as error:  # noqa: BLE001  # raised by `raise_error`
            self._error = self._error or error

    def raise_error(self) -> None:
        """Raise the error that was kept, if there is one."""
        if self._error is not None:
            raise self._error
