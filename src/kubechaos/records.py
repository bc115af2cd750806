"""Everything that is recorded of a run: what was seen of the cluster, and what we did and decided ourselves.

One tagged union; msgspec encodes and decodes it. `at` is the time on the run's clock, in seconds. A recording is these
records in order (`report/recording.py`), and everything that is said of a run is a fold over them (`judge`).
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
    """It leaves nothing behind that could be undone."""
    UNTIL_RECOVERED = "until_recovered"
    """The target can recover while it is in force; it is undone once it has."""
    UNTIL_HEALED = "until_healed"
    """The target cannot recover before it is undone."""


class FaultCall(Struct, frozen=True):
    """A fault as its factory was called: its `name`, and its `args` as they were written; str() is "kill(1)"."""

    name: str
    args: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.args)})"


class _Record(Struct, frozen=True, tag_field="type", tag=str.lower):
    """What all records share; `type` in a recording is the name of the class, in lower case."""

    at: float


class Listed(_Record, frozen=True):
    """A complete listing of one kind; `server_time` is the server's clock in epoch seconds, 0 if not known."""

    kind: str
    resource_version: str
    objects: tuple[Observed, ...]
    server_time: float = 0.0


class Seen(_Record, frozen=True):
    """An object was added or modified; `inferred` where a relist showed it, not the stream."""

    object: Observed
    inferred: bool = False


class Gone(_Record, frozen=True):
    """An object is no longer in the API; `object` is its last state."""

    object: Observed
    inferred: bool = False


class Gap(_Record, frozen=True):
    """The stream of a kind is not complete: events between `since` and `at` may be missing."""

    kind: str
    since: float
    why: str


class Delay(_Record, frozen=True):
    """A broken stream was resumed from its version: complete, but times since `since` are upper bounds."""

    kind: str
    since: float
    why: str


class Sample(_Record, frozen=True):
    """One answer of a probe, or that there was none: `took` seconds, `why` it failed ("" if it passed)."""

    name: str
    passed: bool
    took: float
    why: str = ""


class Opened(_Record, frozen=True):
    """The observation of a target begins: its kind, how many pods a selector should find, the names of its probes."""

    kind: str
    expect: int = 0
    probes: tuple[str, ...] = ()


class Begun(_Record, frozen=True):
    """An experiment begins, or, with an `injection` above 0, a further fault inside of one.

    `fault` and `args` are as in the call of the fault; `within`, `stable_for` and `hold` are seconds, `started` the
    time of day. `target.uid` is the workload's.
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
        """The call of the fault."""
        return FaultCall(self.fault, self.args)


class Chosen(_Record, frozen=True):
    """A pod was chosen as a victim."""

    uid: str
    name: str = ""
    injection: int = 0


class Intended(_Record, frozen=True):
    """A write is about to be sent; on disk before it is, with the change by which another process could undo it.

    `generation` is what `metadata.generation` of the target will be by it, 0 if it does not change that.
    """

    method: str
    object: Ref
    generation: int = 0
    change: Change | None = None
    injection: int = 0


class Injected(_Record, frozen=True):
    """t0: just before the first write of a fault."""

    injection: int = 0


class Answered(_Record, frozen=True):
    """What became of a write: `accepted` where the API server's answer shows what was asked for.

    `generation` is the target's by an accepted write, 0 if it did not change that.
    """

    method: str
    object: Ref
    accepted: bool
    answer: str = ""
    generation: int = 0
    injection: int = 0


class Due(_Record, frozen=True):
    """The fault has been injected: recovery is owed from t0 on, unless the fault is healed later."""

    injection: int = 0


class Undone(_Record, frozen=True):
    """What became of one change when it was to be undone."""

    object: Ref
    outcome: Outcome
    injection: int = 0


class Healed(_Record, frozen=True):
    """Everything that a fault changed has been undone, or was no longer ours.

    Recovery is owed from now on if `owed`; not so where the target was to recover while the fault was in force.
    """

    owed: bool = True
    injection: int = 0


class Log(_Record, frozen=True):
    """The last lines that a container of a pod wrote before it ended."""

    uid: str
    text: str


class Ended(_Record, frozen=True):
    """The observation of an experiment has ended.

    `verdict` is None, `cause` and `cause_code` are empty unless the run itself knows better than the fold. `unobserved`
    are the kinds that could not be watched. Every version of a pod up to `resource_version`, that of a fresh listing,
    has been observed; empty where there was none.
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
    | Answered
    | Due
    | Undone
    | Healed
    | Log
    | Ended
)


class Failed(Struct, frozen=True):
    """A stream that cannot go on; never recorded, it ends the observation."""

    at: float
    kind: str
    error: Exception
