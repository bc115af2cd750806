"""One version of one object: immutable, rendered as JSON once."""

from collections.abc import Mapping
from typing import Any

import msgspec

from .kinds import Kind

Body = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Stored:
    """One version of an object; its `body` has neither kind nor apiVersion, and nobody changes it."""

    __slots__ = ("_json", "body", "kind", "meta", "name", "namespace", "uid", "version")

    def __init__(self, kind: Kind, body: Body, version: int) -> None:
        meta = body["metadata"]
        self.kind = kind
        self.body = body
        self.meta: Body = meta
        self.namespace: str = meta.get("namespace", "")
        self.name: str = meta["name"]
        self.uid: str = meta["uid"]
        self.version = version
        self._json = b""

    @property
    def spec(self) -> Body:
        """Its spec; empty if it has none."""
        return self.body.get("spec") or {}

    @property
    def status(self) -> Body:
        """Its status; empty if it has none."""
        return self.body.get("status") or {}

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.meta.get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations."""
        return self.meta.get("annotations") or {}

    @property
    def deleting(self) -> bool:
        """Whether it is being deleted."""
        return "deletionTimestamp" in self.meta

    @property
    def owner(self) -> str:
        """The uid of its controller, if it has one."""
        return next((each["uid"] for each in self.meta.get("ownerReferences") or () if each.get("controller")), "")

    @property
    def item(self) -> bytes:
        """The JSON of the object as lists hold it, without kind and apiVersion."""
        # Encoded once for all lists and watches: objects never change, and a thousand watchers get the same bytes.
        if not self._json:
            self._json = _encode(self.body)
        return self._json

    @property
    def json(self) -> bytes:
        """The JSON of the object by itself."""
        return self.kind.head + self.item[1:]

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.namespace}/{self.name} at {self.version}>"


def encode(value: Any) -> bytes:
    """Encode a value as JSON."""
    return _encode(value)


def decode(data: bytes) -> Any:
    """Decode JSON; raises ValueError if it is none."""
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def without_nulls(value: Any) -> Any:
    """Return a value without the fields that are null: nothing is asked for by them, whoever wrote them."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def is_decimal(text: str) -> bool:
    """Return whether a text is a number in ASCII digits, as Go's ParseUint reads it."""
    # str.isdigit() also holds for digits like "\u00b2", which int() refuses, and isdecimal() for those of other
    # scripts, which Go refuses.
    return text.isascii() and text.isdecimal()


def is_integer(text: str) -> bool:
    """Return whether a text is an integer in ASCII digits, as Go's ParseInt reads it."""
    return is_decimal(text.removeprefix("-"))


def condition(obj: Stored, type_: str) -> Body:
    """Return the condition of a type; empty if there is none."""
    return next((each for each in obj.status.get("conditions") or () if each["type"] == type_), {})


def is_ready(pod: Stored) -> bool:
    """Return whether a pod's Ready condition is true."""
    return bool(condition(pod, "Ready").get("status") == "True")


def is_terminal(pod: Stored) -> bool:
    """Return whether a pod has ended: phase Succeeded or Failed."""
    return pod.status.get("phase") in ("Succeeded", "Failed")


def is_active(pod: Stored) -> bool:
    """Return whether a pod counts: it has not ended, and is not being deleted."""
    return not pod.deleting and not is_terminal(pod)
