"""The histories of pods do not grow with the number of experiments."""

from tests.unit.stories import Story


def killed_and_replaced() -> Story:
    """An experiment that has ended: a is gone, d has come."""
    story = Story().kill("a")
    story.comes(0.5, "d", ready=2.0)
    story.dies(2.5, "a")
    story.outage()
    return story


def test_the_history_of_a_pod_that_is_gone_is_kept_until_the_next_experiment() -> None:
    assert set(killed_and_replaced().state.histories) == {"a", "b", "c", "d"}


def test_the_next_experiment_begins_with_the_pods_that_exist() -> None:
    story = killed_and_replaced()
    before = story.state.histories
    story.kill("b", at=10.0)
    assert story.state.histories == {uid: before[uid] for uid in ("b", "c", "d")}


def test_the_history_of_a_terminating_pod_is_kept() -> None:
    story = Story().kill("a")
    story.comes(0.5, "d", ready=2.0)
    story.terminates(2.5, "a")
    story.stops(2.6, "a")
    story.outage()
    story.kill("b", at=10.0)
    assert story.state.histories["a"].deleted is not None
