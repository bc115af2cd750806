"""A text that tries everything, for each place where a text of others comes in."""

from typing import Any

import msgspec
from msgspec import inspect

HOSTILE = "::warning::a\x1b[31mb\x07\u202ec\r::error::d\n::error::e##vso[f]pass##[g]h"
"""What a server or a test may say: terminal sequences, text that is turned around, commands of CI runners."""


def harmless(text: str) -> bool:
    """Whether a terminal shows a text as it is, and no CI runner obeys one of its lines."""
    lines = text.split("\n")
    printable = all(line.isprintable() and not line.lstrip().startswith("::") for line in lines)
    return printable and not any(command in text for command in ("##vso[", "##["))


def texts(value: Any) -> list[str]:
    """Every text in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for text in texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    return []


def of_type(type_: Any) -> Any:
    """A value of a type of the wire, as plain JSON, in which every text is hostile."""
    return _made(inspect.type_info(type_))


def _made(found: Any) -> Any:
    match found:
        case inspect.StructType():
            return {field.encode_name: _field(field) for field in found.fields}
        case inspect.UnionType():
            return _made(next(each for each in found.types if not isinstance(each, inspect.NoneType)))
        case inspect.ListType():
            return [_made(found.item_type)]
        case inspect.DictType():
            return {HOSTILE: _made(found.value_type)}
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return 1
    return HOSTILE


def _field(field: inspect.Field) -> Any:
    if field.encode_name.lower().endswith(("time", "timestamp")):
        return "2020-01-01T00:00:00Z"
    return _made(field.type)


def plain(value: Any) -> Any:
    """A value of ours as plain values."""
    return msgspec.to_builtins(value)
