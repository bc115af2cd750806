"""The files of a test and of a run. Those of a test are written before its verdict is raised.

Nothing here calls fsync. The files must survive the end of this process, however it ends, and for that it is enough
that the kernel has the data: the recording is written unbuffered, record by record. Only a crash of the machine loses
what the kernel had not written yet; fsync after each record would cost up to milliseconds on the thread that watches.
The undo of a change is in the recording and nowhere else yet: it outlasts this process, but not the machine.
"""

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
    """The folder of one test: `events.ndjson` grows with each record, the other files are written at the end."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self._root = root
        self._events: Any = None

    @property
    def place(self) -> str | None:
        """The folder's path as reports name it, relative to the rootdir; None while there is none."""
        if self._events is None:
            return None
        return os.path.relpath(self.folder, self._root)

    def open(self, header: dict[str, Any]) -> None:
        """Make the folder and begin the recording, unless that was done before; raises ArtifactsError."""
        if self._events is not None:
            return
        with _write_errors():
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
        """Write a JSON file, replacing an older one in one step; raises ArtifactsError."""
        _replace(self.folder / name, json.encode(value) + b"\n")

    def close(self) -> None:
        """End the recording."""
        if self._events is not None:
            self._events.close()

    def _line(self, line: bytes) -> None:
        # One write call for the line and its end: whoever reads the file meanwhile sees complete lines.
        with _write_errors():
            self._events.write(line + b"\n")


def save_reports(folder: Path, reports: Mapping[str, bytes]) -> None:
    """Write files with these names and contents into the run's folder; raises ArtifactsError."""
    with _write_errors():
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in reports.items():
        _replace(folder / name, content)


def _replace(path: Path, content: bytes) -> None:
    """Write a file, replacing an older one in one step."""
    # rename(2) is atomic: a reader, or a run that is killed here, finds the old file or the new one, never a half.
    scratch = path.with_suffix(".tmp")
    with _write_errors():
        scratch.write_bytes(content)
        scratch.replace(path)


@contextmanager
def _write_errors() -> Iterator[None]:
    """Turn an OSError into an ArtifactsError that names the way out."""
    try:
        yield
    except OSError as error:
        advice = "name another folder: --chaos-results"
        raise ArtifactsError(f"the artifacts cannot be written: {error}; {advice}") from error
