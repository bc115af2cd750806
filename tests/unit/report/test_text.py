"""Lines for people: the cause comes first, and no text of the cluster controls the terminal."""

from typing import Any

from msgspec.structs import replace

from kubechaos import Outage, Verdict
from kubechaos.changes import Outcome
from kubechaos.judge.outage import UndoneChange
from kubechaos.kube.objects import Container
from kubechaos.records import Gap
from kubechaos.report.run import ClockFacts, ClusterFacts, RunSummary
from kubechaos.report.text import summary, timeline, verdict_line
from tests.unit.stories import CREATING, Story, new


def recovered() -> Outage:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.see(1.5, new("d"))
    story.change(1.75, "d", node="node-2")
    story.ready(41.25, "d")
    return story.outage()


def image_missing(message: str) -> Outage:
    story = Story().kill("a", within=30.0)
    story.dies(0.25, "a")
    story.see(1.5, new("d", node="node-2", containers=(CREATING,)))
    story.change(2.0, "d", containers=(Container("app", state="waiting", reason="ErrImagePull", message=message),))
    return story.outage()


def test_no_line_has_a_control_character_of_the_cluster() -> None:
    outage = image_missing("\x1b[2Jall green\r\n::error::not found")
    for line in (verdict_line(outage) + "\n" + timeline(outage)).split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
    assert "ErrImagePull: ?[2Jall green\n    ?:error::not found" in verdict_line(outage)


def test_the_first_line_of_a_recovery_names_the_phase_that_cost_the_time() -> None:
    assert verdict_line(recovered()) == (
        "deployment/web after kill(1): recovered in 41.2 s (stayed so for 5 s), "
        "39.5 s of it pulling the image and starting the containers"
    )


def test_the_first_line_of_a_recovery_says_that_a_liveness_probe_needs_longer_than_it_lasted() -> None:
    slow = replace(recovered(), liveness_fails_after=30)
    assert "(stayed so for 5 s; a liveness probe needs 30 s to fail), 39.5 s of it" in verdict_line(slow)
    assert "liveness" not in verdict_line(replace(recovered(), liveness_fails_after=5))


def test_the_first_line_of_a_failure_names_the_cause() -> None:
    assert verdict_line(image_missing("not found")) == (
        "deployment/web after kill(1): not recovered within 30 s: "
        "2 of 3 pods of the current template are Ready; pod web-d: ErrImagePull: not found"
    )


def test_the_first_line_of_a_fault_without_effect_says_that_none_was_seen() -> None:
    assert verdict_line(Story().kill("a", within=1.0).outage()) == (
        "deployment/web after kill(1): no effect of the fault was seen: "
        "pod web-a was asked to go, but neither its end nor that of its containers was seen in 40 s"
    )


def test_every_other_verdict_is_named_with_its_cause() -> None:
    outage = replace(recovered(), verdict="inconclusive", cause="the Deployment was deleted")
    assert verdict_line(outage) == "deployment/web after kill(1): inconclusive: the Deployment was deleted"


def test_an_interruption_says_what_was_put_back_and_what_was_left() -> None:
    undone = (UndoneChange("deployment/web", Outcome.DONE), UndoneChange("configmap/x", Outcome.SUPERSEDED))
    outage = replace(recovered(), verdict=Verdict.INTERRUPTED, cause="interrupted by SIGINT", undone=undone)
    assert verdict_line(outage).endswith(
        "interrupted by SIGINT; put back: deployment/web; left as somebody else has set it since: configmap/x"
    )


def test_the_timeline_is_in_the_order_of_time() -> None:
    head, *lines = timeline(recovered()).split("\n")
    assert head.startswith("deployment/web in shop: 3 wanted, never fewer than 2 Ready, availability 0.6")
    times = [float(line.split(" s  ")[0]) for line in lines]
    assert times == sorted(times)
    assert [line.split()[2] for line in lines] == [
        "ChaosStarted",
        "ProblemDetected",
        "deleted",
        "stopped",
        "PodDeleted",
        "gone",
        "RecoveryStarted",
        "created",
        "scheduled",
        "RecoveryComplete",
        "started",
        "ready",
    ]


def test_the_timeline_ends_with_the_gaps() -> None:
    outage = replace(recovered(), gaps=(Gap(1.0, "Pod", 0.5, "410 Gone"),))
    assert timeline(outage).endswith("\ngap: Pod: 410 Gone")


def a_run_summary(**changes: Any) -> RunSummary:
    run = RunSummary(
        schema="kubechaos/v1",
        version="0.1.0",
        run="run-1",
        started="2026",
        seed="7",
        gate="fail",
        simulated=False,
        clock=ClockFacts("monotonic", 1.0),
        cluster=ClusterFacts(),
        experiments=3,
        verdicts={Verdict.NOT_RECOVERED: 1, Verdict.RECOVERED: 2},
        earlier={},
        injected_nothing=(),
    )
    return replace(run, **changes)


def test_the_last_line_of_the_run_counts_the_verdicts() -> None:
    run = a_run_summary()
    assert summary(run, "chaos-results") == (
        "kubechaos: gate fail: 1 not_recovered, 2 recovered; seed 7; artifacts in chaos-results"
    )
    assert "no experiment, SIMULATED" in summary(replace(run, verdicts={}, simulated=True), "chaos-results")


def test_the_last_line_names_the_attempts_before_a_rerun_and_the_tests_that_injected_nothing() -> None:
    line = summary(
        a_run_summary(earlier={Verdict.NOT_HEALED: 1}, injected_nothing=("a.py::test_a[\x1b]", "a.py::test_b")), "here"
    )
    assert line == (
        "kubechaos: gate fail: 1 not_recovered, 2 recovered, before a rerun 1 not_healed, "
        "2 passed without injecting a fault (a.py::test_a[?]); seed 7; artifacts in here"
    )
