"""The file of the JSON report: a stale one is emptied before the collection, and nothing else is touched."""

import os
import stat
import threading
from pathlib import Path

import pytest

from tests.plugin.conftest import KILL, Runner

STALE = '{"chaos": {"gate": "pass"}}'
XDIST = pytest.mark.parametrize("args", [(), ("-n1",)], ids=["alone", "xdist"])
DIES = """
    import os
    from pathlib import Path
    Path("at-collection").write_bytes(Path("report.json").read_bytes())

    def test_it(chaos):
        controller = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        os.kill(controller, 9)
"""


@XDIST
def test_a_stale_report_is_emptied_before_the_collection(run: Runner, args: tuple[str, ...]) -> None:
    report = run.pytester.path / "report.json"
    report.write_text(STALE)
    inode = report.stat().st_ino
    result = run(DIES, *args, process=True)
    assert result.code != 0
    assert (result.folder / "at-collection").read_bytes() == b""
    assert (report.read_bytes(), report.stat().st_ino) == (b"", inode)


@XDIST
def test_what_a_symlink_points_to_is_emptied_and_the_link_stays(run: Runner, args: tuple[str, ...]) -> None:
    report = run.pytester.path / "report.json"
    (run.pytester.path / "kept.json").write_text(STALE)
    report.symlink_to("kept.json")
    run(DIES, *args, process=True)
    assert report.is_symlink()
    assert (run.pytester.path / "kept.json").read_bytes() == b""


def test_a_report_is_written_through_a_symlink(run: Runner) -> None:
    (run.pytester.path / "report.json").symlink_to("kept.json")
    result = run(KILL)
    assert (result.code, result.gate) == (0, "pass")
    assert (result.folder / "report.json").is_symlink()


@XDIST
def test_the_reader_of_a_fifo_gets_the_report(run: Runner, args: tuple[str, ...]) -> None:
    fifo = run.pytester.path / "fifo"
    os.mkfifo(fifo)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(fifo.read_text()), daemon=True)
    reader.start()
    result = run(KILL, "--json-report-file=fifo", *args, process=bool(args))
    reader.join(30)
    assert result.code == 0
    assert '"gate": "pass"' in received[0]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_the_pipe_of_a_process_substitution_gets_the_report(run: Runner) -> None:
    reading, writing = os.pipe()
    result = run(KILL, f"--json-report-file=/dev/fd/{writing}")
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert '"gate": "pass"' in pipe.read()
    assert result.code == 0


def test_a_device_stays(run: Runner) -> None:
    before = Path("/dev/null").stat()
    result = run(KILL, "--json-report-file=/dev/null")
    assert (result.code, Path("/dev/null").stat()) == (0, before)


@pytest.mark.parametrize("args", [("--json-report-file=folder",), ("--json-report-file=folder", "-n1")])
def test_a_folder_is_one_line_and_the_run_keeps_its_outcome(run: Runner, args: tuple[str, ...]) -> None:
    (run.pytester.path / "folder").mkdir()
    result = run(KILL, *args, process=len(args) > 1)
    assert (result.code, (result.folder / "folder").is_dir()) == (0, True)
    assert "could not save report: [Errno 21] Is a directory: 'folder'" in result.out
    assert "INTERNALERROR" not in result.out


def test_a_folder_that_does_not_exist_is_made(run: Runner) -> None:
    result = run(KILL, "--json-report-file=new/report.json")
    assert (result.code, (result.folder / "new/report.json").exists()) == (0, True)


def test_a_report_that_cannot_be_emptied_is_one_line(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: str, length: int) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # Root may write a file that is read-only.
    monkeypatch.setattr(os, "truncate", denied)
    (run.pytester.path / "report.json").write_text(STALE)
    result = run(KILL)
    assert result.out.count("kubechaos: the report of an earlier run cannot be emptied: [Errno 13]") == 1
    assert result.code == 0


@pytest.mark.parametrize("args", [("--json-report-file=none",), ("-o", "addopts=", "-p", "no:json-report")])
def test_there_need_be_no_report(run: Runner, args: tuple[str, ...]) -> None:
    (run.pytester.path / "report.json").write_text(STALE)
    (run.pytester.path / ".report.json").write_text(STALE)
    result = run(KILL, *args)
    assert result.code == 0
    assert "kubechaos: gate pass: 1 recovered;" in result.out
    assert (result.folder / ".report.json").read_text() == STALE


def test_where_no_cluster_is_named_the_report_is_not_ours(run: Runner) -> None:
    (run.pytester.path / "report.json").write_text(STALE)
    code = (
        "    from pathlib import Path\n    FOUND = Path('report.json').read_text()\n    def test_it(): assert FOUND\n"
    )
    assert run(code, context="").code == 0
