"""Results <-> JSON, the same for every file and report. Times that are unknown or were never reached are null."""

from typing import Any, TypeVar

import msgspec

from ..judge.alerts import Alert, Alerts
from ..judge.builtin_alerts import BUILT_IN
from ..untrusted import cleaned
from .run import Run, RunSummary

Json = dict[str, Any]
T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return a value as one line of JSON, with every text in it made safe to print."""
    return msgspec.json.encode(cleaned(msgspec.to_builtins(value, enc_hook=_encode_alerts)))


def decode(data: bytes, type_: type[T]) -> T:
    """Return a value from its JSON; raises msgspec.DecodeError if it is no JSON, ValidationError if it does not fit."""
    return msgspec.json.decode(data, type=type_, dec_hook=_decode_alerts)


def plain(value: object) -> Any:
    """Return a value as dictionaries, lists and plain values, as they are in its JSON."""
    # By way of bytes, as `msgspec.to_builtins` leaves infinities as they are. pytest-json-report, which gets these
    # dictionaries, would write them as the word Infinity, which is no JSON.
    return msgspec.json.decode(encode(value))


def from_plain(value: object, type_: type[T]) -> T:
    """Return a value from what `plain` made of it."""
    return msgspec.convert(value, type_, dec_hook=_decode_alerts)


def summary(run: Run) -> Json:
    """Return the run without its tests, which is the top level `chaos` of a report."""
    found: Json = plain(msgspec.convert(run, RunSummary, from_attributes=True))
    return found


def document(run: Run) -> bytes:
    """Return the content of `run.json`: the run with its tests."""
    return encode(run) + b"\n"


def _encode_alerts(value: object) -> object:
    if isinstance(value, Alerts):
        return value.all
    raise TypeError(f"{type(value).__name__} has no JSON")


def _decode_alerts(type_: type, value: Any) -> Any:
    """Return the alerts of an outage from their list."""
    # A report names no rule that raised nothing: of users' own rules only those with an alert can be asked for.
    if type_ is not Alerts:
        raise TypeError(f"{type_.__name__} is not read from JSON")
    found = msgspec.convert(value, tuple[Alert, ...])
    return Alerts(found, BUILT_IN | {alert.name for alert in found})
