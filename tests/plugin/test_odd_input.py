"""Input that makes no sense is an error of ours in one line, and texts of others reach no CI runner and no terminal."""

import json

import pytest

from tests.loopback.rawserver import failure
from tests.plugin.conftest import Runner
from tests.plugin.tiny import NAMESPACE, Tiny
from tests.unit.hostile import HOSTILE, harmless

ODD = """
    import pytest
    from kubechaos import kill

    KEPT = []

    @pytest.mark.timeout(0)
    def test_within_for_ever(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment, within=1e12)

    def test_recovered_within_infinity(chaos, healthy_deployment):
        with chaos.inject(kill(1), healthy_deployment) as ongoing:
            ongoing.recovered_within(float("inf"))

    def test_entered_twice(chaos, healthy_deployment):
        block = chaos.inject(kill(1), healthy_deployment)
        with block:
            pass
        with block:
            pass

    def test_keep(chaos, healthy_deployment):
        KEPT.append(chaos)
        chaos.run(kill(1), healthy_deployment)

    def test_used_after_its_test(healthy_deployment):
        KEPT[0].run(kill(1), healthy_deployment)

    def test_min_replicas_text(chaos, cluster):
        chaos.run(kill(1), cluster.deployment("timeserver", min_replicas="2"))
"""


def test_odd_arguments_are_errors_of_ours(run: Runner) -> None:
    result = run(ODD)
    messages = {
        test["nodeid"].partition("::")[2]: test.get("call", {}).get("crash", {}).get("message", "")
        for test in result.json["tests"]
    }
    assert messages.pop("test_keep") == ""
    assert len(messages) == 5
    assert all(message.startswith("kubechaos.errors.") for message in messages.values()), messages


def test_a_lone_surrogate_in_a_message_leaves_every_file_readable(run: Runner) -> None:
    result = run("""
    import os
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        with chaos.inject(kill(1), healthy_deployment):
            raise RuntimeError("cannot read " + os.fsdecode(b"caf\\xe9"))
    """)
    assert result.verdicts == {"test_it": "interrupted"}
    assert "caf?" in result.json["tests"][0]["call"]["crash"]["message"]
    written = list(result.folder.rglob("*.json"))
    assert {"outage.json", "alerts.json", "report.json"} <= {path.name for path in written}
    for path in written:
        json.loads(path.read_text())
        assert "\\ud" not in path.read_text()


def test_the_lines_of_a_failed_assertion_stay_lines(run: Runner) -> None:
    result = run("""
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        with chaos.inject(kill(1), healthy_deployment):
            assert [1] == [2], "the first line\\nthe second line"
    """)
    (experiment,) = result.json["tests"][0]["metadata"]["chaos"]["experiments"]
    lines = "AssertionError: the first line\n      the second line\n    assert [1] == [2]"
    assert experiment["cause"].startswith(lines)


@pytest.mark.parametrize("style", ["long", "native", "line", "short"])
def test_what_a_server_says_reaches_the_terminal_and_the_reports_harmless(
    run: Runner, tiny: Tiny, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")  # pytest then prints messages in full, in several lines
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(400, HOSTILE, HOSTILE))
    result = run(
        """
    from kubechaos import kill

    def test_it(chaos, healthy_deployment):
        chaos.run(kill(1), healthy_deployment)
    """,
        f"--tb={style}",
    )
    assert result.code == 1
    assert "error::d" in result.out
    assert all(harmless(line) for line in result.out.split("\n"))
    assert "\u202e" not in (result.folder / "junit.xml").read_text()
    crash = result.json["tests"][0]["call"]["crash"]["message"]
    assert harmless(crash)
