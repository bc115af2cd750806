"""`events.ndjson`: records as lines, and lines as records again."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from ..errors import RecordingError
from ..judge.alerts import Alert
from ..records import Record

FORMAT: Final = 2
"""The version of the format; recordings of 0.1 do not say theirs."""
WRITERS: Final = {1: "0.1", 2: "0.2"}
"""Which version of kubechaos writes each format."""
HEADER: Final = "header"
ALERT: Final = "alert"


class _Line(Struct, frozen=True):
    """What every line says: its type, and after the header the stream of the target that it is of."""

    type: str
    stream: str = ""


class _Header(Struct, frozen=True):
    """The first line of a recording."""

    format: int = 1


_LINE: Final = msgspec.json.Decoder(_Line)
_HEADER: Final = msgspec.json.Decoder(_Header)
_RECORD: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
_ALERT: Final = msgspec.json.Decoder(Alert)


def header(facts: dict[str, Any]) -> bytes:
    """Return the first line of a recording."""
    return msgspec.json.encode({"type": HEADER, "format": FORMAT, **facts})


def line(record: Record, stream: str) -> bytes:
    """Return one record of a target's stream as a line; what a replay needs is all in it."""
    return _with_stream(msgspec.json.encode(record), stream)


def alert(raised: Alert, stream: str) -> bytes:
    """Return an alert of a user's own rule as a line: a replay copies it, as it has no rule to compute it."""
    return _with_stream(b'{"type":"alert",' + msgspec.json.encode(raised)[1:], stream)


def _with_stream(encoded: bytes, stream: str) -> bytes:
    """Add the stream to an encoded object: cheaper than to build every record anew with one more field."""
    return encoded[:-1] + b',"stream":' + msgspec.json.encode(stream) + b"}"


def entries(lines: Iterable[bytes]) -> Iterator[tuple[str, Record | Alert]]:
    """Yield what was recorded, with its stream; a cut last line ends it. Raises RecordingError on any other."""
    for number, text in enumerate(lines, 1):
        if not text.endswith(b"\n"):
            return
        try:
            found = _entry(text)
        except ValueError as error:
            raise RecordingError(f"line {number} is no record of kubechaos: {error}") from error
        if found is not None:
            yield found


def _entry(text: bytes) -> tuple[str, Record | Alert] | None:
    head = _LINE.decode(text)
    if head.type == HEADER:
        _check(_HEADER.decode(text).format)
        return None
    if head.type == ALERT:
        return head.stream, _ALERT.decode(text)
    return head.stream, _RECORD.decode(text)


def _check(format_: int) -> None:
    if format_ != FORMAT:
        made_by = WRITERS.get(format_, "a later version")
        raise RecordingError(
            f"this recording was made by kubechaos {made_by} and this is {WRITERS[FORMAT]}, which reads its own "
            f"recordings only: replay it with the version that made it"
        )
