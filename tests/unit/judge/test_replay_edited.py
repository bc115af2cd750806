"""A recording that somebody has edited gives an error of ours, whatever was changed in it, or a result."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubechaos.cli import main
from kubechaos.errors import RecordingError
from kubechaos.judge.replay import replay
from kubechaos.report import recording
from kubechaos.report.text import timeline, verdict_line
from tests.unit.judge.test_replay import STORIES, STREAM, recovers
from tests.unit.stories import Story

VALUES = (None, True, 0, -1, 1e300, 2**63, "", "x", "a", "Pod", "²", [], [1], {}, {"a": 1})
"""What a field may be changed to."""


def lines(story: Story) -> list[bytes]:
    """The lines of a story's recording."""
    story.outage()
    return [recording.header({"run": "1"}), *(recording.line(record, STREAM) for record, _ in story.recorded)]


def replayed(made: list[bytes]) -> str:
    """What the command prints of a recording; raises RecordingError."""
    found = list(replay(recording.entries(line + b"\n" for line in made)))
    return "\n".join(f"{verdict_line(outage)}{timeline(outage)}{outage!r}" for outage in found)


def edited(value: Any, draw: Callable[..., Any]) -> Any:
    """A value of JSON with one of its fields, or one deep in it, dropped or changed."""
    if isinstance(value, dict | list) and value and draw(st.integers(0, 5)):
        copy = value.copy()
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        if draw(st.integers(0, 3)):
            copy[key] = edited(value[key], draw)
        else:
            del copy[key]
        return copy
    return draw(st.sampled_from(VALUES))


@STORIES
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_line_with_another_field_gives_a_result_or_an_error_of_ours(
    make: Callable[[], Story], data: st.DataObject
) -> None:
    made = lines(make())
    number = data.draw(st.integers(0, len(made) - 1))
    made[number] = json.dumps(edited(json.loads(made[number]), data.draw)).encode()
    if data.draw(st.booleans()):
        del made[data.draw(st.integers(0, len(made) - 1))]
    with suppress(RecordingError):
        replayed(made)


@STORIES
def test_each_line_dropped_or_repeated_gives_a_result_or_an_error_of_ours(make: Callable[[], Story]) -> None:
    made = lines(make())
    for number in range(len(made)):
        for other in ([], [made[number]] * 2):
            with suppress(RecordingError):
                replayed([*made[:number], *other, *made[number + 1 :]])


def test_the_error_names_the_entry_that_does_not_follow() -> None:
    made = lines(recovers())
    (number,) = [number for number, line in enumerate(made) if b'"type":"chosen"' in line]
    made[number] = json.dumps({**json.loads(made[number]), "uid": "nobody"}).encode()
    with pytest.raises(RecordingError, match=r"its entry \d+ does not follow from those before it"):
        replayed(made)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no experiment was recorded in it"),
        (b"\x00\xff\n", "line 1 is no record of kubechaos"),
        (b"<html>\n", "line 1 is no record of kubechaos"),
        (b"[" * 100_000 + b"\n", "line 1 is no record of kubechaos"),
        (b'{"type":"other"}\n', "line 1 is no record of kubechaos"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_in_one_line(
    content: bytes, said: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.ndjson").write_bytes(content)
    assert main(["replay", str(tmp_path / "events.ndjson")]) in (1, 2)
    assert said in capsys.readouterr().err
