"""What is written down, before anything is judged."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ArtifactsError
from ..judge.alerts import Alert
from ..records import Record
from ..report import json, recording


class Artifacts:
    """The folder of one test: `events.ndjson` grows as things are seen, the rest is written at the end."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self._root = root
        self._events: Any = None

    @property
    def place(self) -> str | None:
        """The folder as reports name it, under the rootdir; None while there is none."""
        return None if self._events is None else os.path.relpath(self.folder, self._root)

    def open(self, header: dict[str, Any]) -> None:
        """Make the folder and begin the recording; raises ArtifactsError."""
        if self._events is not None:
            return
        with _writable():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._events = (self.folder / "events.ndjson").open("wb", buffering=0)
        self._line(recording.header(header))

    def record(self, record: Record, stream: str) -> None:
        """Add one record of a target's stream to the recording."""
        self._line(recording.line(record, stream))

    def alert(self, alert: Alert, stream: str) -> None:
        """Add an alert of a user's own rule, which a replay cannot compute."""
        self._line(recording.alert(alert, stream))

    def save(self, name: str, value: Any) -> None:
        """Write a JSON file, replacing an older one in one step."""
        _replace(self.folder / name, json.encode(value) + b"\n")

    def close(self) -> None:
        """End the recording."""
        if self._events is not None:
            self._events.close()

    def _line(self, line: bytes) -> None:
        with _writable():
            self._events.write(line + b"\n")


def save_reports(folder: Path, reports: Mapping[str, bytes]) -> None:
    """Write files with these names and contents into the run's folder; raises ArtifactsError."""
    with _writable():
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in reports.items():
        _replace(folder / name, content)


def _replace(path: Path, content: bytes) -> None:
    """Write a file, replacing an older one in one step."""
    scratch = path.with_suffix(".tmp")
    with _writable():
        scratch.write_bytes(content)
        scratch.replace(path)


@contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = "name another folder: --chaos-results"
        raise ArtifactsError(f"the artifacts cannot be written: {error}; {advice}") from error
