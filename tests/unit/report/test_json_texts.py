"""No text of a report can control a terminal or a CI runner, and every text can be written."""

from msgspec.structs import replace

from kubechaos import Outage
from kubechaos.judge.outage import StreamBreak
from kubechaos.report import json
from kubechaos.untrusted import safe
from tests.unit.hostile import HOSTILE, harmless, texts
from tests.unit.report.test_json import a_run, item, not_recovered


def test_no_text_of_a_report_controls_a_terminal_or_a_ci_runner() -> None:
    """Also of an outage that was replayed from the recording of somebody else."""
    hostile = replace(
        not_recovered(), cause=HOSTILE, cause_code=HOSTILE, gaps=(StreamBreak(HOSTILE, 0.0, 1.0, HOSTILE),)
    )
    report = json.plain(a_run(item("test_it.py::test_it", hostile)))
    assert report["tests"][0]["experiments"][0]["cause"] == safe(HOSTILE)
    assert all(harmless(text) for text in texts(report))


def test_a_lone_surrogate_is_replaced_so_that_the_report_is_json() -> None:
    outage = replace(not_recovered(), cause="cannot read caf\udce9")
    assert json.decode(json.encode(outage), Outage).cause == "cannot read caf?"
