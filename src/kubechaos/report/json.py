"""Results <-> JSON: one codec for every file and report; unknown and never-reached times are null."""

from typing import Any, TypeVar

import msgspec

from ..judge.alerts import Alert, Alerts
from ..judge.builtin_alerts import BUILT_IN
from .run import Run, RunSummary

Json = dict[str, Any]
T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return a value as one line of JSON."""
    return msgspec.json.encode(value, enc_hook=_encode_alerts)


def decode(data: bytes, type_: type[T]) -> T:
    """Return a value from its JSON; raises msgspec.DecodeError, or its ValidationError, if that is another."""
    return msgspec.json.decode(data, type=type_, dec_hook=_decode_alerts)


def plain(value: object) -> Any:
    """Return a value as dictionaries, lists and plain values, as they are in its JSON."""
    # By way of bytes, not by `to_builtins`: that would leave infinities as they are, and other writers of JSON, to
    # which these dictionaries are handed, would write the word Infinity.
    return msgspec.json.decode(encode(value))


def from_plain(value: object, type_: type[T]) -> T:
    """Return a value from what `plain` made of it."""
    return msgspec.convert(value, type_, dec_hook=_decode_alerts)


def summary(run: Run) -> Json:
    """Return the top level `chaos` of a report: the run without its tests."""
    found: Json = plain(msgspec.convert(run, RunSummary, from_attributes=True))
    return found


def document(run: Run) -> bytes:
    """Return `run.json`: the whole run, tests and all."""
    return encode(run) + b"\n"


def _encode_alerts(value: object) -> object:
    if isinstance(value, Alerts):
        return value.all
    raise TypeError(f"{type(value).__name__} has no JSON")


def _decode_alerts(type_: type, value: Any) -> Any:
    """Read the list of an outage's alerts; of users' own rules only those that were raised are known again."""
    if type_ is not Alerts:
        raise TypeError(f"{type_.__name__} is not read from JSON")
    found = msgspec.convert(value, tuple[Alert, ...])
    return Alerts(found, BUILT_IN | {alert.name for alert in found})
