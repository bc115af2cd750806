"""The command `kubechaos check`: what the embedded cluster makes of manifests, without a test."""

import io
import sys
from pathlib import Path

import pytest

from kubechaos.cli import main

EXAMPLE = Path(__file__).parents[2] / "examples/timeserver.yaml"


def test_it_prints_the_table_and_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLE)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["simulated", "Deployment", "1"],
        ["simulated", "Service", "1"],
        ["loaded", "2", "objects:", "2", "simulated,", "0", "inert"],
    ]


def test_it_prints_every_refusal_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("kind: LimitRange\napiVersion: v1\nmetadata: {name: x}\n---\nkind: Pot\x7f\napiVersion: v1\n")
    assert main(["check", str(EXAMPLE), str(file)]) == 1
    out = capsys.readouterr().out
    assert f"refused    {file}: " in out
    assert out.endswith("refused: 1 problems, so nothing would be loaded\n")


def test_it_reads_what_was_rendered_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rendered = io.TextIOWrapper(io.BytesIO(b"# Source: x\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: x}\n"))
    monkeypatch.setattr(sys, "stdin", rendered)
    assert main(["check", "-"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "loaded 1 objects: 0 simulated, 1 inert (Secret 1)"


def test_nothing_on_standard_input_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(["check", "-"]) == 1
    assert "there is no object in it" in capsys.readouterr().out
