"""The recording of a test, `events.ndjson`: records to lines, and lines to records."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from ..errors import RecordingError
from ..judge.alerts import Alert
from ..records import Record
from ..untrusted import cleaned

FORMAT: Final = 2
"""The version of the format; recordings of 0.1 do not state theirs."""
WRITERS: Final = {1: "0.1", 2: "0.2"}
"""The version of kubechaos that writes each format."""
HEADER: Final = "header"
ALERT: Final = "alert"


class _Line(Struct, frozen=True):
    """What all lines have: their type, and, but for the header, the target whose stream they belong to."""

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
    return _encoded({"type": HEADER, "format": FORMAT, **facts})


def line(record: Record, stream: str) -> bytes:
    """Return one record of a target's stream as a line, without the line end."""
    return _with_stream(_encoded(record), stream)


def alert(raised: Alert, stream: str) -> bytes:
    """Return an alert of a user's own rule as a line: a replay copies it, as it does not have the rule."""
    # An Alert is written in reports as well, where it has no type, so it is added here.
    return _with_stream(b'{"type":"alert",' + _encoded(raised)[1:], stream)


def _with_stream(encoded: bytes, stream: str) -> bytes:
    """Return an encoded object with its stream as the last field."""
    # Bytes are joined: to build every record again with one more field, only to encode it, costs more.
    return encoded[:-1] + b',"stream":' + _encoded(stream) + b"}"


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # A lone surrogate, in the name of a probe, say. What comes from the cluster is safe since it was decoded.
        return msgspec.json.encode(cleaned(value))


def entries(lines: Iterable[bytes]) -> Iterator[tuple[str, Record | Alert]]:
    """Yield each record or alert with its stream.

    Raises RecordingError if a line is none of kubechaos, or if another version recorded it.
    """
    for number, text in enumerate(lines, 1):
        # A process that is killed while it writes leaves a last line without its end; what it says is not complete.
        if not text.endswith(b"\n"):
            return
        try:
            found = _entry(text)
        except ValueError as error:
            raise RecordingError(f"line {number} is no record of kubechaos: {error}") from error
        if found is not None:
            yield found


def _entry(text: bytes) -> tuple[str, Record | Alert] | None:
    """Return the record or alert of a line with its stream; None for the header."""
    head = _LINE.decode(text)
    if head.type == HEADER:
        _check(_HEADER.decode(text).format)
        return None
    if head.type == ALERT:
        return head.stream, _ALERT.decode(text)
    return head.stream, _RECORD.decode(text)


def _check(format_: int) -> None:
    # A recording is replayed by the version that made it: a verdict must not depend on when it is looked at.
    if format_ != FORMAT:
        made_by = WRITERS.get(format_, "a later version")
        raise RecordingError(
            f"this recording was made by kubechaos {made_by} and this is {WRITERS[FORMAT]}, which reads its own "
            f"recordings only: replay it with the version that made it"
        )
