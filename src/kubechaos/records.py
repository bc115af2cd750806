"""What is recorded of a run."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from msgspec import Struct, field

from .kube.objects import Observed


class Listed(Struct, frozen=True):
    """A complete listing of one kind; `server_time` is the server's clock in epoch seconds, if known."""

    type: ClassVar[str] = "listed"
    at: float
    kind: str
    resource_version: str
    objects: tuple[Observed, ...]
    server_time: float = 0.0


class Seen(Struct, frozen=True):
    """An object was added or modified; `inferred` where a relist told it, not the stream."""

    type: ClassVar[str] = "seen"
    at: float
    object: Observed
    inferred: bool = False


class Gone(Struct, frozen=True):
    """An object is no longer in the API; `object` is its last state."""

    type: ClassVar[str] = "gone"
    at: float
    object: Observed
    inferred: bool = False


class Gap(Struct, frozen=True):
    """A hole: what happened to this kind between `since` and `at` may be incomplete."""

    type: ClassVar[str] = "gap"
    at: float
    kind: str
    since: float
    why: str


class Delay(Struct, frozen=True):
    """A broken stream that was resumed from its version: complete, but times since `since` are upper bounds."""

    type: ClassVar[str] = "delay"
    at: float
    kind: str
    since: float
    why: str


class Mark(Struct, frozen=True):
    """Something we did or decided ourselves."""

    type: ClassVar[str] = "mark"
    at: float
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Sample(Struct, frozen=True):
    """One answer of a probe, or that there was none: `took` seconds, `why` it failed ("" if it passed)."""

    type: ClassVar[str] = "probe"
    at: float
    name: str
    passed: bool
    took: float
    why: str = ""


Record: TypeAlias = Listed | Seen | Gone | Gap | Delay | Mark | Sample


class Failed(Struct, frozen=True):
    """A stream that cannot go on; never recorded, it ends the observation."""

    at: float
    kind: str
    error: Exception
