"""Text that others have written, made safe to print: messages of the cluster, of servers, of programs and of tests.

Whoever can write an object, answer a request or fail a probe chooses words that end up in a terminal, in the log of a
CI job and in reports. All of them pass `safe`: in an error when it is made, in an object when it is decoded, in a
report when it is encoded. Text that is safe stays as it is, so it does not matter if it passes twice.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

UNSAFE: Final = (
    *range(32),
    *range(127, 160),
    0x61C,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
)
"""The code points of control characters, line separators, of what changes the direction of text, and lone surrogates.

A bidirectional override turns the rest of the line, so that a log shows other words than it has ("Trojan Source",
CVE-2021-42574). A lone surrogate, as `os.fsdecode` makes of bytes that are no UTF-8, cannot be written as UTF-8.
"""
REPLACED: Final = {**dict.fromkeys(UNSAFE, "?"), ord("\n"): "\n", ord("\t"): " "}
"""The table by which these are replaced. A text may have several lines."""
INDENT: Final = "    "
"""What every line but the first begins with, so that none of them looks like a line of ours, or of pytest."""
# Azure Pipelines obeys ##vso[...] and GitHub's runner ##[...] wherever they stand in a line, TeamCity ##teamcity[...].
ANYWHERE: Final = re.compile(r"##(?=\w*\[)")
# GitHub's runner obeys ::...:: where a line begins with it, after white space.
AT_LINE_START: Final = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
NEXT_LINE: Final = re.compile(rf"\n(?!{INDENT})")
OBJECT: Final = re.compile(r'"?[\w.&*]*(\{.*\}|map\[.*\])"?')
"""All of an object in a message, or a part of one, as JSON or as Go prints it."""


def safe(text: str) -> str:
    """Return a text that cannot control a terminal, forge a line, or give a command to a CI runner."""
    if text.isascii() and text.isprintable() and "::" not in text and "##" not in text:
        return text
    text = text.replace("\r\n", "\n").translate(REPLACED).rstrip("\n")
    text = ANYWHERE.sub("#?", AT_LINE_START.sub(r"\1?", text))
    return NEXT_LINE.sub(f"\n{INDENT}", text)


def writable(value: Any) -> Any:
    """Return plain values, as of JSON, with nothing replaced but lone surrogates, which no UTF-8 and no JSON has."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, list | tuple):
        return [writable(each) for each in value]
    if isinstance(value, Mapping):
        return {writable(key): writable(each) for key, each in value.items()}
    return value


def without_objects(message: str) -> str:
    """Return a message of the API server without the object that it quotes, whose environment may hold a password."""
    # As JSON where it cannot be decoded, as Go prints it where a field may not be changed: in lines of their own.
    return OBJECT.sub("{...}", message.partition("\n")[0])


def described(error: BaseException) -> str:
    """Return the type and the message of an exception, safe to print."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  # an exception of the user's may have a __str__ that raises
        message = "its message cannot be read"
    return safe(f"{type(error).__name__}: {message}".rstrip(": "))


def cleaned(value: Any) -> Any:
    """Return a value with every text in it made safe; the same object where all of them are."""
    if isinstance(value, str):
        made = safe(value)
        # What is equal stays the same object: an enum is a text as well.
        return value if made == value else made
    if isinstance(value, Struct):
        changed = _changed({name: getattr(value, name) for name in value.__struct_fields__})
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        items = [cleaned(each) for each in value]
        return type(value)(items) if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, Mapping):
        changed = _changed(value)
        if not changed and all(safe(key) == key for key in value):
            return value
        return {safe(key): changed.get(key, each) for key, each in value.items()}
    return value


def _changed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in whose value a text was not safe, made safe."""
    made = {name: cleaned(value) for name, value in fields.items()}
    return {name: value for name, value in made.items() if value is not fields[name]}
