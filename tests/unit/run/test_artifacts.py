"""The artifacts of a test: what is written, and that a file is replaced in one step."""

import json
import shutil
from pathlib import Path

import pytest

from kubechaos.errors import ArtifactsError, ConfigError
from kubechaos.records import Injected
from kubechaos.run.artifacts import Artifacts


def test_nothing_is_written_before_it_is_opened(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "run" / "test", tmp_path)
    artifacts.close()
    assert artifacts.place is None
    assert list(tmp_path.iterdir()) == []


def test_each_record_is_a_line_that_is_in_the_file_at_once(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "run" / "test", tmp_path)
    artifacts.open({"run": "1"})
    artifacts.record(Injected(1.0), "shop/web")
    lines = (tmp_path / "run" / "test" / "events.ndjson").read_bytes().splitlines()
    artifacts.close()
    assert [json.loads(line) for line in lines] == [
        {"type": "header", "format": 2, "run": "1"},
        {"type": "injected", "at": 1.0, "injection": 0, "stream": "shop/web"},
    ]


def test_the_path_of_the_folder_is_relative_to_the_rootdir(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "run" / "test", tmp_path)
    artifacts.open({})
    artifacts.close()
    assert artifacts.place == "run/test"


def test_opening_the_recording_again_does_nothing(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "test", tmp_path)
    artifacts.open({})
    artifacts.open({})
    artifacts.close()
    assert (tmp_path / "test" / "events.ndjson").read_bytes().count(b"\n") == 1


def test_a_file_replaces_an_older_one_in_one_step(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "test", tmp_path)
    artifacts.open({})
    artifacts.save("outage.json", {"long": "x" * 1000})
    artifacts.save("outage.json", {"recovery_time": float("inf")})
    artifacts.close()
    assert (tmp_path / "test" / "outage.json").read_bytes() == b'{"recovery_time":null}\n'
    assert sorted(path.name for path in (tmp_path / "test").iterdir()) == ["events.ndjson", "outage.json"]


def test_a_value_that_cannot_be_encoded_leaves_the_older_file(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "test", tmp_path)
    artifacts.open({})
    artifacts.save("outage.json", [1])
    with pytest.raises(TypeError):
        artifacts.save("outage.json", [2, object()])
    artifacts.close()
    assert (tmp_path / "test" / "outage.json").read_bytes() == b"[1]\n"


def test_a_folder_that_cannot_be_written_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "test"):
        with pytest.raises(ArtifactsError, match=r"cannot be written: .*taken.*--chaos-results") as raised:
            Artifacts(folder, tmp_path).open({})
        assert isinstance(raised.value, ConfigError)


def test_a_folder_that_was_removed_meanwhile_is_an_artifacts_error(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "t", tmp_path)
    artifacts.open({})
    shutil.rmtree(tmp_path / "t")
    with pytest.raises(ArtifactsError):
        artifacts.save("outage.json", [])
    artifacts.close()
