"""Bytes of the Kubernetes API -> values, and values -> JSON.

Only the fields that are needed are decoded (`schema`), by msgspec; `decode_pods` and `decode_workloads` make the values
of `objects` from them. benchmarks/decode.py compares this with the bare socket and with other clients.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar

import msgspec

from ..errors import MalformedError
from ..untrusted import cleaned
from . import schema
from .objects import Observed

LONGEST_NUMBER = 18
"""How many decimal digits always fit into a signed number of 64 bits."""
SUSPICIOUS: Final = (b"##", b"::", b"\\u", b"\\n", b"\\r", b"\\t", b"\\b", b"\\f", b"\x7f")
"""What a JSON document in ASCII has if one of its texts is not safe: a command of a CI runner, or an escape."""

UNREADABLE: Final = (ValueError, OverflowError, RecursionError)
"""What decoding raises for anything but an object of the API: a time that is none, a number of a thousand digits."""

RawT = TypeVar("RawT")
ValueT = TypeVar("ValueT", bound=Observed)
AnyT = TypeVar("AnyT")


class Page(schema.Wire, Generic[ValueT]):
    """One page of a listing.

    objects: the objects on it.
    resource_version: the version of the complete listing, from which a watch can go on.
    next: the token of the next page; "" on the last one.
    """

    objects: tuple[ValueT, ...]
    resource_version: str
    next: str


class Status(schema.Wire):
    """The API's Status object: what is wrong with a call, or why a watch ends. `kind` is "" if there was none."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: schema.StatusDetails | None = None

    @property
    def causes(self) -> list[schema.Cause]:
        """The single causes, as of an eviction that a disruption budget forbids."""
        if self.details is None:
            return []
        return self.details.causes or []


class Codec(Generic[ValueT]):
    """Decodes one kind: single objects, pages of a listing, lines of a watch."""

    def __init__(self, raw: type[RawT], value: Callable[[RawT], ValueT]) -> None:
        # A decoder of msgspec is compiled for its type once; to make one for each call would cost more than the call.
        self._value = value
        self._object = msgspec.json.Decoder(raw)
        self._event: msgspec.json.Decoder[Any] = msgspec.json.Decoder(schema.WatchEvent[raw])  # type: ignore[valid-type]
        self._list: msgspec.json.Decoder[Any] = msgspec.json.Decoder(schema.List[raw])  # type: ignore[valid-type]  # made at run time

    def object(self, data: bytes) -> ValueT:
        """Return one object; raises MalformedError if it is none."""
        with _malformed_errors():
            return _safe(self._value(self._object.decode(data)), data)

    def page(self, data: bytes) -> Page[ValueT]:
        """Return one page of a listing; raises MalformedError if it is none."""
        with _malformed_errors():
            raw = self._list.decode(data)
            objects = tuple(map(self._value, raw.items or ()))
        return _safe(Page(objects, raw.metadata.resource_version, raw.metadata.continue_ or ""), data)

    def event(self, line: bytes) -> tuple[str, ValueT | Status]:
        """Return the type of one line of a watch, and its object; that of an ERROR is a Status.

        Raises MalformedError if it is no such line.
        """
        # Nearly every line is an object of the expected kind, so that is tried in one pass. Only what fails, or is an
        # ERROR, is decoded again with its object left as bytes: a Status has another shape.
        try:
            event = self._event.decode(line)
            if event.type != "ERROR":
                return event.type, _safe(self._value(event.object), line)
        except UNREADABLE:
            pass
        with _malformed_errors():
            event = _WATCH.decode(line)
            if event.type == "ERROR":
                return event.type, _safe(_STATUS.decode(event.object), line)
        return event.type, self.object(bytes(event.object))


_WATCH = msgspec.json.Decoder(schema.WatchEvent[msgspec.Raw])
_STATUS = msgspec.json.Decoder(Status)


def status(data: bytes) -> Status:
    """Return a Status body; an empty Status for anything else, such as the HTML page of a proxy."""
    try:
        return _safe(_STATUS.decode(data), data)
    except UNREADABLE:
        return Status()


def mapping(data: bytes) -> dict[str, Any]:
    """Return a JSON object as a dictionary; raises MalformedError if it is none."""
    with _malformed_errors():
        return msgspec.json.decode(data, type=dict[str, Any])


class _Meta(msgspec.Struct, rename="camel"):
    uid: str
    resource_version: str


class _Object(msgspec.Struct):
    kind: str
    metadata: _Meta


def live_object(data: bytes, kind: str) -> dict[str, Any]:
    """Return an object of this kind as a dictionary; raises MalformedError for anything else.

    A proxy may answer in the API server's place with JSON of its own: what is not of the kind, or has no uid and no
    version, is not the object.
    """
    with _malformed_errors():
        found = msgspec.json.decode(data, type=_Object).kind
    if found != kind:
        raise MalformedError(f"this is not a {kind}, but of kind {found!r}")
    return mapping(data)


@contextmanager
def _malformed_errors() -> Iterator[None]:
    """Turn errors of the decoder into MalformedError."""
    try:
        yield
    except UNREADABLE as error:
        raise MalformedError(f"this is not an answer of the Kubernetes API: {error}") from None


def _safe(value: AnyT, data: bytes) -> AnyT:
    """Return what was decoded from `data` with every text in it made safe to print."""
    # All texts, as nobody will remember it for the next field. The bytes are looked at first, at a few microseconds:
    # those of most events have nothing that could make a text unsafe, and to visit each text takes ten times as long.
    if data.isascii() and not any(each in data for each in SUSPICIOUS):
        return value
    made: AnyT = cleaned(value)
    return made


def convert(value: Any, kind: type[ValueT]) -> ValueT:
    """Return plain values as an object of the given class; raises ValueError if they do not fit."""
    return msgspec.convert(value, kind)


def encode(value: Any) -> bytes:
    """Return a value as one line of JSON; infinities and NaN become null, as JSON has neither."""
    return msgspec.json.encode(value)


def decimal(text: str) -> int | None:
    """Return a number that is written in at most 18 digits from 0 to 9; None for any other text."""
    # `isdigit` alone accepts "²", which `int` refuses, as it does some thousands of digits (CVE-2020-10735).
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        return int(text)
    return None
