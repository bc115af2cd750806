"""THE write path: every write of a fault is recorded, sent with its precondition, and its answer compared.

The permission was asked for before (run/experiments.py, step 3). Then, for each write:

1. `Intended` is recorded, with the change by which another process could undo it; it is on disk before the call, since
   a process that is killed during the call records nothing any more.
2. `Injected` is recorded before the first write of a fault: t0. Later would be wrong: the pod may be gone before the
   answer is here, and its recovery would begin before its fault.
3. The call is sent. Its precondition is the uid of a pod, or the version of an object that is changed.
4. A write whose answer was lost is followed up, if it can be: by its precondition.
5. The answer is compared with what was asked for. Admission webhooks and policies may alter a write and answer 200.
6. `Answered` is recorded.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple

from .. import changes
from ..api import mutate
from ..api.client import Client
from ..changes import RUN_LABEL, Change, Created, Edit, Patched
from ..clock import WallTime
from ..errors import (
    ApiError,
    ArgumentError,
    ConflictError,
    FaultNotProvenError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    may_pass,
)
from ..kube import decode
from ..kube.fields import Json
from ..kube.objects import Pod, Ref
from ..records import Answered, Blocked, Chosen, Injected, Intended, Record

ATTEMPTS: Final = 8
"""How often a change is tried anew when somebody else's write came first. During a rollout
the status of a Deployment may change several times a second, and each change is another version."""
FOLLOW_UP: Final = 10.0
"""Seconds in which it should become known whether a write has landed whose answer was lost: one deadline of a call."""
PAUSE: Final = 0.2
"""Seconds between two tries."""

Check = Callable[[Json], None]


class Writer:
    """Sends the writes of one fault; `changes` are those that have to be undone, in the order of the writes.

    `has_written` is True once a write was about to be sent, `may_have_landed` once one was accepted or its answer lost.
    `put` records, `now` returns the time on the run's clock, `wall` is for pauses, `permit` is held during each write,
    and `injection` is the number of the fault in its experiment.
    """

    def __init__(
        self,
        client: Client,
        put: Callable[[Record], object],
        now: Callable[[], float],
        wall: WallTime,
        permit: AbstractContextManager[None],
        injection: int = 0,
    ) -> None:
        self.changes: list[Change] = []
        self.has_written = False
        self.may_have_landed = False
        self.wall = wall
        self._client = client
        self._put = put
        self._now = now
        self._injection = injection
        self._permit = permit

    def choose(self, victims: Iterable[Pod]) -> None:
        """Record which pods were chosen as victims."""
        for pod in victims:
            self._put(Chosen(self._now(), pod.uid, pod.name, self._injection))

    def read(self, ref: Ref) -> Json:
        """Return an object as the API server has it now; raises NotFoundError."""
        return decode.live_object(self._client.get(changes.path(ref)), ref.kind)

    def send(self, method: str, ref: Ref, path: str, body: Mapping[str, Any]) -> None:
        """Send a write that is proven by its effect alone: a deletion or an eviction.

        Raises the ApiError of a refusal. A lost answer is no error: the watch shows whether the effect came, until the
        deadline of its proof.
        """
        # Once: of a pod that the first call has removed, a second one is answered 404 or 409, which is what the pod of
        # somebody else's fault looks like. To know the answer is not needed here: the proof comes over the watch.
        with self._permit:
            self._intend(method, ref)
            try:
                answer = decode.mapping(mutate.send(self._client, method, path, body))
            except (UnreachableError, MalformedError) as error:
                self.may_have_landed = True
                self._answer(method, ref, accepted=False, answer=str(error))
                return
            except ApiError as error:
                self.may_have_landed |= _may_have_landed(error)
                raise
            self.may_have_landed = True
        # A deletion is answered by the object or by a Status, an eviction by a Status.
        kind = answer.get("kind")
        if kind in (ref.kind, "Status"):
            self._answer(method, ref, accepted=True)
        else:
            self._answer(method, ref, accepted=False, answer=f"the answer is a {kind}")

    def dry_run(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Send a write whose body says that it is a dry run; raises the ApiError of a refusal."""
        with self._permit:
            mutate.send(self._client, method, path, body)

    def note_blocked(self, seconds: float) -> None:
        """Record that a disruption budget made an eviction wait for so many seconds."""
        self._put(Blocked(self._now(), seconds, self._injection))

    def patch(self, ref: Ref, fields: Mapping[str, Any], *, keep: bool, check: Check) -> None:
        """Change fields of an object, and `keep` the change to be undone.

        `check` is called with the object as it is before each try, and raises to refuse. Raises ArgumentError if
        nothing would change, FaultNotProvenError if the API server accepts the change and its answer shows another.
        """
        # A merge patch, since every kind of object takes one, and it names only the fields that change. The
        # resourceVersion in it makes it conditional, 409 if anybody has written since: the old values, which the undo
        # restores, are those of that version.
        for _ in range(ATTEMPTS):
            live = self.read(ref)
            check(live)
            edits = changes.edits(live, fields)
            if not edits:
                raise ArgumentError(f"{ref}: {changes.shown(fields)} already: the fault would change nothing")
            with self._permit:
                if self._patched(ref, live, edits, keep):
                    return
        raise ConflictError(f"{ref} was changed by somebody else before each of {ATTEMPTS} tries to change it")

    def _patched(self, ref: Ref, live: Json, edits: tuple[Edit, ...], keep: bool) -> bool:
        """Try once; return False if somebody else's write came first."""
        meta = live["metadata"]
        ref = Ref(ref.kind, ref.namespace, ref.name, meta["uid"])
        change = None
        if keep:
            change = Patched(ref, edits, meta["resourceVersion"])
        generation = changes.generation_after(changes.generation(live), edits)

        def as_asked(found: Json) -> bool:
            return not changes.not_set(found, edits)

        self._intend("PATCH", ref, generation, change)
        write = _Write("PATCH", ref, changes.path(ref), changes.patch(live, edits), change, as_asked)
        answer = self._until_known(write)
        if answer is None:
            self._answer("PATCH", ref, accepted=False, answer="somebody else's write came first")
            return False
        self._compare(write, answer, edits, generation)
        return True

    def create(self, manifest: Json, ref: Ref, run: str) -> Json:
        """Create an object with our run's label, and keep that to be undone; return it as it was accepted.

        Raises RefusedError if there is one of that name already.
        """
        # The label says whose it is: heal deletes only what carries it, and knows by it that a lost POST has landed.
        meta = manifest.get("metadata", {})
        labels = {**meta.get("labels", {}), RUN_LABEL: run}
        body = {**manifest, "metadata": {**meta, "namespace": ref.namespace, "labels": labels}}
        change = Created(ref, run)
        ours = Edit(("metadata", "labels", RUN_LABEL), after=run)

        def is_ours(found: Json) -> bool:
            return not changes.not_set(found, (ours,))

        collection = changes.path(Ref(ref.kind, ref.namespace, ""))
        write = _Write("POST", ref, collection, body, change, is_ours)
        with self._permit:
            self._intend("POST", ref, change=change)
            answer = self._until_known(write)
        if answer is None:
            raise RefusedError(f"there is a {ref} in namespace {ref.namespace} already; it was not touched")
        self._compare(write, answer, (ours,), 0)
        return answer

    def _until_known(self, write: "_Write") -> Json | None:
        """Send a conditional write until it is known whether it has landed.

        Returns the object as the write made it, None if the write cannot land any more.
        """
        # Safe to send again, and only because it is conditional: the precondition is the version of the object, or that
        # no object has its name. Once one of the writes has landed, neither holds any more, so of all the copies that
        # are under way at most one can land.
        until = self.wall.monotonic() + FOLLOW_UP
        lost = False
        while True:
            try:
                sent = mutate.send(self._client, write.method, write.path, write.body)
                answer = decode.live_object(sent, write.ref.kind)
            except ConflictError:
                # Somebody's write came first. It was our own if an answer was lost and the object is as we wanted it.
                found = self._landed(write, until) if lost else None
                if found is None:
                    self._forget(write.change)
                return found
            except ApiError as error:
                lost = lost or _may_have_landed(error)
                self.may_have_landed |= lost
                if not _is_worth_repeating(error) or self.wall.monotonic() > until:
                    if not lost:
                        self._forget(write.change)
                    self._answer(write.method, write.ref, accepted=False, answer=str(error))
                    raise
            else:
                self.may_have_landed = True
                return answer
            self.wall.sleep(PAUSE)

    def _landed(self, write: "_Write", until: float) -> Json | None:
        """Return the object if it was our own write that came first, None if it was somebody else's."""
        while True:
            try:
                found = self.read(write.ref)
            except NotFoundError:
                return None
            except ApiError as error:
                if not may_pass(error) or self.wall.monotonic() > until:
                    raise
            else:
                return found if write.is_ours(found) else None
            self.wall.sleep(PAUSE)

    def _compare(self, write: "_Write", answer: Json, edits: tuple[Edit, ...], generation: int) -> None:
        """Record whether an answer shows what was asked for; raise FaultNotProvenError if it does not."""
        wrong = changes.not_set(answer, edits)
        if wrong and isinstance(write.change, Patched):
            # What has to be undone is what the server made of our change: heal leaves alone what is not as recorded.
            self._forget(write.change)
            self._remember(changes.as_accepted(write.change, answer))
        self._answer(write.method, write.ref, accepted=not wrong, answer=wrong, generation=generation)
        if wrong:
            raise FaultNotProvenError(
                f"the API server accepted our change of {write.ref}, but its answer shows that {wrong}: "
                f"an admission policy may have altered it"
            )

    def _intend(self, method: str, ref: Ref, generation: int = 0, change: Change | None = None) -> None:
        self._remember(change)
        self._put(Intended(self._now(), method, ref, generation, change, self._injection))
        if not self.has_written:
            self.has_written = True
            self._put(Injected(self._now(), self._injection))

    def _answer(self, method: str, ref: Ref, *, accepted: bool, answer: str = "", generation: int = 0) -> None:
        self._put(Answered(self._now(), method, ref, accepted, answer, generation, self._injection))

    def _remember(self, change: Change | None) -> None:
        if change is not None and change not in self.changes:
            self.changes.append(change)

    def _forget(self, change: Change | None) -> None:
        """Keep a change no longer: it can never have landed, or another one is kept in its place."""
        if change in self.changes:
            self.changes.remove(change)


class _Write(NamedTuple):
    """A conditional write; `is_ours` returns whether an object is as this write would have made it."""

    method: str
    ref: Ref
    path: str
    body: Json
    change: Change | None
    is_ours: Callable[[Json], bool]


def _may_have_landed(error: ApiError) -> bool:
    """Return whether a write with this answer may have landed: the answer was lost, or a server on the way failed."""
    if isinstance(error, UnreachableError):
        return not error.unsent
    # A load balancer answers 502 or 504 when it lost the API server's answer, and the API server 504 when it stopped
    # waiting for etcd's: in both cases the write may be stored.
    return isinstance(error, MalformedError) or error.status in (0, 408) or error.status >= 500


def _is_worth_repeating(error: ApiError) -> bool:
    return isinstance(error, MalformedError) or may_pass(error)
