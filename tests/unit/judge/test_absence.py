"""An absence is reported only once it has lasted, and not of what came later."""

from tests.unit.stories import CREATING, Story, new

NAMES = {"NotCreated", "NotScheduled", "NotStarted"}


def absent(story: Story) -> set[str]:
    return NAMES & set(story.outage().alerts)


def killed(within: float = 20.0) -> Story:
    story = Story().kill("a", within=within)
    story.dies(0.25, "a")
    return story


def test_a_pod_that_has_waited_for_a_moment_is_no_alert() -> None:
    story = killed(within=6.0)
    story.see(5.5, new("d"))
    story.change(5.8, "d", node="node-2", containers=(CREATING,))
    assert absent(story) == set()


def test_a_pod_that_was_killed_by_somebody_else_a_moment_ago_is_not_yet_one_that_was_not_created() -> None:
    story = killed()
    story.comes(0.5, "d", ready=1.0)
    story.unready(2.0, "c")
    story.terminates(19.5, "b")
    assert absent(story) == set()


def test_a_pod_that_somebody_else_wants_as_well_is_missing_only_since_then() -> None:
    story = killed()
    story.comes(0.5, "d", ready=1.0)
    story.unready(2.0, "c")
    story.change(19.5, "web", generation=2, observed_generation=2, replicas=4)
    assert absent(story) == set()


def test_a_pod_that_started_late_is_not_one_that_did_not_start() -> None:
    story = killed()
    story.see(0.5, new("d"))
    story.change(0.75, "d", node="node-2", containers=(CREATING,))
    story.unready(2.0, "c")
    story.ready(15.0, "d")
    assert absent(story) == set()


def test_a_pod_that_is_missing_since_the_fault_is_an_alert() -> None:
    assert absent(killed()) == {"NotCreated"}
