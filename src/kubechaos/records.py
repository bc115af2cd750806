"""The records of a run: what was seen of the cluster, and what kubechaos did and decided itself.

They are one tagged union, which msgspec encodes and decodes. `at` is the time on the run's clock, in seconds; unless a
field says otherwise, so are all times. A recording is these records in order (`report/recording.py`), and everything
that is said of a run is a fold over them (`judge/state.py`).
"""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from .changes import Change, Outcome
from .effects import Effect
from .errors import Verdict
from .kube.objects import Observed, Ref


class Lasts(StrEnum):
    """How long a fault stays in force."""

    INSTANT = "instant"
    """It leaves nothing behind that can be undone."""
    UNTIL_RECOVERED = "until_recovered"
    """The target can recover while it is in force; it is undone once the target has."""
    UNTIL_HEALED = "until_healed"
    """The target cannot recover before it is undone."""


class FaultCall(Struct, frozen=True):
    """A fault as it is called in a test; `str()` of it is "kill(1)".

    name: the name of the function.
    args: its arguments, as they are written.
    """

    name: str
    args: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.args)})"


# The names of these classes and of their fields are the format of recordings: to rename one is a new format.
class _Record(Struct, frozen=True, tag_field="type", tag=str.lower):
    """The base of all records; in a recording, `type` is the name of the class in lower case."""

    at: float


class Listed(_Record, frozen=True):
    """A complete listing of one kind.

    kind: the kind of the objects.
    resource_version: the version of the listing.
    objects: all of them.
    server_time: the time of the answer by the server's clock, in seconds since the epoch; 0 if it is not known.
    """

    kind: str
    resource_version: str
    objects: tuple[Observed, ...]
    server_time: float = 0.0


class Seen(_Record, frozen=True):
    """An object was added or modified; `inferred` if it was the comparison with a new listing that showed it."""

    object: Observed
    inferred: bool = False


# A relist shows that an object is gone, but not in which version: the last known one stands for it.
class Gone(_Record, frozen=True):
    """An object left the API; `object` is its last known version, `inferred` as in Seen."""

    object: Observed
    inferred: bool = False


class Gap(_Record, frozen=True):
    """The stream of a kind is incomplete: events between `since` and `at` may be missing, for the reason `why`."""

    kind: str
    since: float
    why: str


class Delay(_Record, frozen=True):
    """No event is missing, but those after `since` came late.

    kind: the kind whose broken stream was resumed from its version; "" if kubechaos itself did not run.
    since: when the last event came before it, or when kubechaos was last known to run.
    why: what happened, as a sentence.
    lost: the seconds that passed without the run's clock, as while the machine was asleep.
    """

    kind: str
    since: float
    why: str
    lost: float = 0.0


class Sample(_Record, frozen=True):
    """One answer of a probe, or that it gave none in time.

    name: the name of the probe.
    passed: whether it was a success.
    took: how long it took, in seconds.
    why: why it failed; "" if it passed.
    """

    name: str
    passed: bool
    took: float
    why: str = ""


class Opened(_Record, frozen=True):
    """The observation of a target begins.

    kind: the kind of the target.
    expect: how many pods its selector should find; 0 for a workload, which says so itself.
    probes: the names of its probes.
    """

    kind: str
    expect: int = 0
    probes: tuple[str, ...] = ()


class Begun(_Record, frozen=True):
    """An experiment begins, or, with an `injection` above 0, a further fault inside of its block.

    fault, args: the fault as it is called, as in FaultCall.
    target: the target, with the uid of the workload.
    effect: what will prove the fault.
    lasts: how long it stays in force.
    within: the longest recovery time allowed, in seconds.
    stable_for: how long the target must stay recovered, in seconds.
    started: the time of day, as an RFC 3339 timestamp.
    hold: how long a lasting fault is held, in seconds; None if it is not, or if a block holds it.
    injection: the number of the fault in its experiment, from 0; the records below have it, too.
    """

    fault: str
    args: tuple[str, ...]
    target: Ref
    effect: Effect
    lasts: Lasts
    within: float
    stable_for: float
    started: str
    hold: float | None = None
    injection: int = 0

    @property
    def call(self) -> FaultCall:
        """The fault as it is called."""
        return FaultCall(self.fault, self.args)


class Chosen(_Record, frozen=True):
    """A pod was chosen as a victim."""

    uid: str
    name: str = ""
    injection: int = 0


class Intended(_Record, frozen=True):
    """A write is about to be sent. This is on disk before the write is sent, so that another process can undo it.

    method: the HTTP method, as in "PATCH".
    object: what is written.
    generation: its `metadata.generation` after the write; 0 if the write does not change the spec.
    change: what undoes the write; None if nothing does.
    """

    method: str
    object: Ref
    generation: int = 0
    change: Change | None = None
    injection: int = 0


class Injected(_Record, frozen=True):
    """A fault is about to send its first write: this is its t0."""

    injection: int = 0


class Blocked(_Record, frozen=True):
    """An eviction waited for a disruption budget; `seconds` is for how long, on the run's clock."""

    seconds: float
    injection: int = 0


class Answered(_Record, frozen=True):
    """What became of a write.

    method: the HTTP method, as in "PATCH".
    object: what was written.
    accepted: whether the API server's answer shows what was asked for.
    answer: what it answered, if it was not accepted.
    generation: the object's `metadata.generation` by an accepted write; 0 if the write did not change the spec.
    """

    method: str
    object: Ref
    accepted: bool
    answer: str = ""
    generation: int = 0
    injection: int = 0


class Due(_Record, frozen=True):
    """A fault is injected completely: recovery is owed from t0 on, unless a heal moves that."""

    injection: int = 0


class Undone(_Record, frozen=True):
    """What became of one change of `object` when it was to be undone."""

    object: Ref
    outcome: Outcome
    injection: int = 0


class Healed(_Record, frozen=True):
    """Everything that a fault changed was undone, or was changed by somebody else since.

    `owed` says whether recovery is owed from here on. It is not if the target had to recover while the fault was in
    force.
    """

    owed: bool = True
    injection: int = 0


class Log(_Record, frozen=True):
    """The last log lines of a container that ended, with the uid of its pod."""

    uid: str
    text: str


class Ended(_Record, frozen=True):
    """The observation of an experiment ended.

    unobserved: the kinds that kubechaos had no permission to watch.
    verdict: a verdict that only the run itself can know, as that it was interrupted; None if the records decide.
    cause, cause_code: the cause of that verdict, as a sentence and as a code; "" without one.
    resource_version: the version of a fresh listing up to which every version of a pod was observed; "" if there was
        no such listing.
    """

    unobserved: tuple[str, ...] = ()
    verdict: Verdict | None = None
    cause: str = ""
    cause_code: str = ""
    resource_version: str = ""


Record: TypeAlias = (
    Listed
    | Seen
    | Gone
    | Gap
    | Delay
    | Sample
    | Opened
    | Begun
    | Chosen
    | Intended
    | Injected
    | Blocked
    | Answered
    | Due
    | Undone
    | Healed
    | Log
    | Ended
)


# Not a Record, as an exception cannot be read back from a recording: the thread that waits for records raises it.
class Failed(Struct, frozen=True):
    """A stream cannot go on. This ends the observation and is never recorded."""

    at: float
    kind: str
    error: Exception
