"""No text that others have written controls a terminal, forges a line, or gives a command to a CI runner."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from kubechaos.untrusted import cleaned, described, safe

COMMANDS = [
    "##vso[task.setvariable variable=gate]pass",
    "##[set-env name=GATE]pass",
    "##teamcity[buildStatus status='SUCCESS']",
    "::error::pwned",
    " \u3000::set-output name=gate::pass",
]


def obeyed(text: str) -> bool:
    """Whether a CI runner would take a line of a text for a command, by the rules of their sources."""
    lines = text.replace("\r", "\n").split("\n")
    commands = ("##vso[", "##[", "##teamcity[")
    return any(line.lstrip().startswith("::") or any(each in line for each in commands) for line in lines)


@pytest.mark.parametrize("control", ["\r", "\0", "\x07", "\x08", "\x1b", "\x7f", "\x85", "\x9b", "\u202e", "\u2028"])
def test_control_characters_and_what_turns_the_text_around_are_replaced(control: str) -> None:
    assert safe(f"a{control}b") == "a?b"


@pytest.mark.parametrize("text", ["Größe 1/2, 日本: ok", "std::string at [::1]:80", "## heading", "a\n    b", ""])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert safe(text) is text or safe(text) == text


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("before", ["", "denied: ", "denied\n", "denied\r", "denied\r\n", "\x1b[31m#"])
def test_no_command_of_a_ci_runner_is_left(command: str, before: str) -> None:
    assert obeyed(command)
    assert not obeyed(safe(before + command))


def test_the_lines_of_an_assertion_stay_lines_and_none_of_them_looks_like_a_line_of_ours() -> None:
    assert safe("assert 1 == 2\r\n +  where 1 = f()\nkubechaos: gate pass\n") == (
        "assert 1 == 2\n     +  where 1 = f()\n    kubechaos: gate pass"
    )


def test_a_lone_surrogate_is_replaced() -> None:
    assert safe("caf\udce9") == "caf?"


@given(st.text(st.one_of(st.sampled_from("#:[ \n\r\tvso\x1b\u202e"), st.characters(codec=None))))
def test_what_is_safe_is_obeyed_by_nobody_can_be_written_and_stays_as_it_is(text: str) -> None:
    made = safe(text)
    made.encode()
    assert not obeyed(made)
    assert safe(made) == made
    assert all(line.startswith("    ") for line in made.split("\n")[1:])
    assert all(each == "\n" or ord(each) >= 32 for each in made)


class Word(StrEnum):
    ONE = "one"


class Leaf(Struct, frozen=True):
    text: str
    word: Word = Word.ONE


class Tree(Struct, frozen=True):
    leaves: tuple[Leaf, ...]
    labels: dict[str, str]
    number: float = 1.5


def test_every_text_of_a_value_is_made_safe_and_all_else_stays_the_same() -> None:
    tree = Tree((Leaf("a\x1b"), Leaf("b")), {"k\r": "v\r", "plain": "plain"})
    assert cleaned(tree) == Tree((Leaf("a?"), Leaf("b")), {"k?": "v?", "plain": "plain"})
    assert cleaned(tree).leaves[1] is tree.leaves[1]


def test_a_value_that_is_safe_is_returned_itself() -> None:
    tree = Tree((Leaf("a"), Leaf("b")), {"k": "v"})
    assert cleaned(tree) is tree


def test_an_exception_whose_message_cannot_be_read_is_described_all_the_same() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no message either")

    assert described(Broken()) == "Broken: its message cannot be read"
    assert described(ValueError("a\x1b")) == "ValueError: a?"
    assert described(KeyError()) == "KeyError"
