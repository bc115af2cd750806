"""The answers of a probe and the verdict."""

from kubechaos.judge.recovery import unsteady
from kubechaos.records import Opened, Sample
from tests.unit.stories import T0, Story, deployment, fold, listings, pod, replica_set


class Probed(Story):
    """A story whose target has a probe `shop`, which passes at first."""

    def __init__(self) -> None:
        super().__init__()
        self.record(Opened(T0 - 9, "Deployment", probes=("shop",)))
        self.answers(-8)

    def answers(self, at: float, why: str = "") -> None:
        """The probe answers."""
        self.record(Sample(T0 + at, "shop", passed=not why, took=0.01, why=why))

    def recovers(self) -> None:
        """One pod goes at once and is replaced at 2 s."""
        self.dies(0.25, "a")
        self.comes(1.5, "d", ready=2.0)


def test_a_probe_that_has_not_answered_is_not_steady() -> None:
    mark = Opened(T0 - 11, "Deployment", probes=("shop",))
    objects = (deployment(replicas=1, updated_replicas=1), replica_set(), pod("a"))
    assert unsteady(fold(mark, *listings(*objects))).text == "probe shop has not answered yet"


def test_a_recovery_needs_a_probe_that_passes_after_the_stable_window() -> None:
    story = Probed().kill("a")
    story.recovers()
    assert story.ends == 60
    story.answers(6.9)
    assert story.ends == 60
    story.answers(7.1)
    found = story.outage()
    assert (found.verdict, found.recovery_time) == ("recovered", 2.0)


def test_a_probe_that_stops_answering_is_no_recovery() -> None:
    story = Probed().kill("a")
    story.recovers()
    assert story.outage().verdict == "not_recovered"


def test_a_failed_sample_breaks_the_stable_window_and_is_a_problem() -> None:
    story = Probed().kill("a")
    story.recovers()
    story.answers(4, "AssertionError: 500")
    story.answers(5)
    story.answers(10.1)
    found = story.outage()
    assert (found.verdict, found.recovery_time, found.probe_availability) == ("recovered", 5.0, {"shop": 0.5})
    assert (found.probes["shop"].samples, found.probes["shop"].passed) == (3, 2)


def test_a_probe_that_keeps_failing_is_the_cause() -> None:
    story = Probed().kill("a")
    story.recovers()
    story.answers(4, "AssertionError: 500")
    found = story.outage()
    assert (found.verdict, found.cause_code) == ("not_recovered", "ProbeFailed")
    assert "AssertionError: 500" in found.cause
    assert found.probes["shop"].longest_unobserved == 56.0
