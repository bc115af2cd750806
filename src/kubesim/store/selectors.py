"""Label and field selectors: parsed once, then applied to many objects."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .objects import Stored

_TOKEN: Final = re.compile(r"==|!=|[=!,()<>]|[^\s=!,()<>]+")
_OPERATORS: Final = ("in", "notin", "=", "==", "!=")

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Pod": ("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "status.phase", "status.podIP"),
    "Event": (
        *(f"involvedObject.{key}" for key in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion")),
        *("reason", "type", "reportingComponent", "source"),
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "ReplicaSet": ("status.replicas",),
}
"""The fields that can be selected by, besides metadata.name and metadata.namespace; any other is a 400."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label: it exists, or with `values` its value is one of them; `negated` is the opposite."""

    key: str
    values: frozenset[str] | None
    negated: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels meet it."""
        value = labels.get(self.key)
        if self.values is None:
            return (value is not None) is not self.negated
        return (value in self.values) is not self.negated


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements must hold; none at all selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels are selected."""
        return all(each.holds(labels) for each in self.requirements)

    @property
    def pair(self) -> tuple[str, str] | None:
        """A label with its value that every selected object has, if the selector asks for one."""
        for each in self.requirements:
            if not each.negated and each.values is not None and len(each.values) == 1:
                return each.key, next(iter(each.values))
        return None


def parse_labels(text: str) -> Selector:
    """Parse the query parameter `labelSelector`; raises ValueError in the words of apimachinery's parser."""
    tokens = _Tokens(text)
    found = []
    while tokens.next:
        if not tokens.is_word and tokens.next != "!":
            raise ValueError(f"found '{tokens.next}', expected: !, identifier, or 'end of string'")
        try:
            found.append(_requirement(tokens))
        except ValueError as error:
            raise ValueError(f"unable to parse requirement: {error}") from None
        end = tokens.take()
        if end not in ("", ","):
            raise ValueError(f"found '{end}', expected: ',' or 'end of string'")
        if end and not tokens.is_word and tokens.next != "!":
            raise ValueError(f"found '{tokens.next}', expected: identifier after ','")
    return Selector(tuple(found))


class _Tokens:
    def __init__(self, text: str) -> None:
        self._rest = _TOKEN.findall(text)

    @property
    def next(self) -> str:
        return "".join(self._rest[:1])

    @property
    def is_word(self) -> bool:
        return bool(self.next) and self.next[0] not in "=!,()<>"

    def take(self) -> str:
        token, self._rest = self.next, self._rest[1:]
        return token

    def word(self) -> str:
        if not self.is_word:
            raise ValueError(f"found '{self.next}', expected: identifier")
        return self.take()


def _requirement(tokens: _Tokens) -> Requirement:
    absent = tokens.next == "!" and bool(tokens.take())
    key = tokens.word()
    if absent or tokens.next in ("", ","):
        return Requirement(key, None, absent)
    operator = tokens.take()
    if operator not in _OPERATORS:
        raise ValueError(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
    if operator in ("in", "notin"):
        return Requirement(key, frozenset(_values(tokens)), operator == "notin")
    value = ""
    if tokens.next not in ("", ","):
        value = tokens.word()
    return Requirement(key, frozenset([value]), operator == "!=")


def _values(tokens: _Tokens) -> list[str]:
    opening = tokens.take()
    if opening != "(":
        raise ValueError(f"found '{opening}' expected: '('")
    values = []
    while tokens.is_word or tokens.next == ",":
        values.append(tokens.take())
    closing = tokens.take()
    if closing != ")":
        raise ValueError(f"found '{closing}', expected: ')'")
    return [value for value in values if value != ","]


def of_labels(labels: Mapping[str, str]) -> Selector:
    """Return the selector of a plain map, as a Service has it."""
    return Selector(tuple(Requirement(key, frozenset([value]), False) for key, value in labels.items()))


def of_object(selector: Mapping[str, Any] | None) -> Selector:
    """Return the selector that a workload's `spec.selector` is."""
    found = list(of_labels((selector or {}).get("matchLabels") or {}).requirements)
    for each in (selector or {}).get("matchExpressions") or ():
        values = None
        if each.get("values"):
            values = frozenset(each["values"])
        found.append(Requirement(each["key"], values, each["operator"] in ("NotIn", "DoesNotExist")))
    return Selector(tuple(found))


def parse_fields(kind: str, text: str) -> Callable[[Stored], bool] | None:
    """Parse the query parameter `fieldSelector`; None selects everything; raises ValueError with the API's words."""
    tests = [_field(kind, part) for part in text.split(",") if part]
    if not tests:
        return None
    return lambda obj: all(test(obj) for test in tests)


def _field(kind: str, part: str) -> Callable[[Stored], bool]:
    found = re.match(r"([^=!]+)(==|=|!=)(.*)$", part)
    if not found:
        raise ValueError(f"invalid selector: '{part}'; can't understand '{part}'")
    path, operator, wanted = found.groups()
    if path not in ("metadata.name", "metadata.namespace", *FIELDS.get(kind, ())):
        raise ValueError(f"field label not supported: {path}")
    steps = path.split(".")
    return lambda obj: (_value(obj.body, steps) == wanted) is (operator != "!=")


def _value(body: Any, steps: list[str]) -> str:
    for step in steps:
        if not isinstance(body, dict):
            return ""
        body = body.get(step)
    if body is None:
        return ""
    if isinstance(body, bool):
        return str(body).lower()
    return str(body)
