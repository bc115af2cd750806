"""Properties of the fold: the order of the kinds among each other and repeated records do not matter."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubechaos.judge.alerts import Alarm, names, watch
from kubechaos.judge.outage import Alerts, Outage, outages
from kubechaos.judge.recovery import ends_at
from kubechaos.judge.replay import replay
from kubechaos.judge.state import State, step
from kubechaos.records import Delay, Ended, Gap, Gone, Injected, Listed, Record, Sample, Seen
from kubechaos.report import recording
from tests.unit.stories import Story, endpoints, pod

STREAM = "shop/deployment/web"


def recovers() -> Story:
    story = Story(pod("a"), pod("b"), pod("c"), endpoints("abc")).kill("a")
    story.terminates(0.25, "a")
    story.see(0.26, endpoints("bc", known="a"))
    story.comes(0.5, "d", ready=1.0)
    story.see(1.01, endpoints("bcd", known="a"))
    story.stops(1.5, "a")
    story.gone(1.75, "a")
    story.event(1.8, "Killing", "Stopping container app", "a")
    return story


def never_ready() -> Story:
    story = Story(pod("a"), pod("b"), pod("c"), endpoints("abc")).kill("ab", within=8.0)
    story.dies(0.25, "a")
    story.dies(1.5, "b")
    story.see(2.6, endpoints("c"))
    story.comes(3.0, "d", ready=3.5)
    story.event(3.6, "Unhealthy", "Readiness probe failed", "d")
    story.unready(4.0, "d")
    return story


def scaled_away() -> Story:
    story = Story().kill("a", within=8.0)
    story.dies(0.25, "a")
    story.change(0.5, "web", generation=2, observed_generation=2, replicas=0)
    story.terminates(0.6, "b")
    story.gone(0.75, "c")
    return story


OBSERVED = (Listed, Seen, Gone, Gap, Delay, Sample)
STORIES = pytest.mark.parametrize("make", [recovers, never_ready, scaled_away])


def judged(records: Sequence[Record], story: Story) -> Outage:
    """The outage of an experiment with these records, which ends when its observation does."""
    state, alarm = State(), Alarm()
    for record in records:
        ended = isinstance(record, Ended)
        state = step(state, Ended(ends_at(state, story.limits)) if ended else record)
        alarm = watch(alarm, state, story.limits)
    return outages(state, story.limits, Alerts(alarm.alerts, names(())), Ended(state.at))[0]


def facts(found: Outage) -> tuple[object, ...]:
    """The facts that may not depend on the order of arrival across kinds; times may, by as much as a record is late."""
    phases = found.phases
    pods = (sorted(each.name for each in phases.removed), sorted(each.name for each in phases.added))
    return found.verdict, found.recovery_time == float("inf"), found.min_ready, found.proof, pods, set(found.alerts)


def sections(records: Sequence[Record]) -> list[list[Record]]:
    """The records in sections: those observed between two records of our own, and each of our own alone."""
    parts: list[list[Record]] = [[]]
    for record in records:
        if not isinstance(record, OBSERVED):
            parts += [[record], []]
        else:
            parts[-1].append(record)
    return parts


def kind(record: Record) -> str:
    return record.object.kind if hasattr(record, "object") else getattr(record, "kind", "")


def interleaved(section: list[Record], draw: Callable[[st.SearchStrategy[int]], int]) -> list[Record]:
    """The records of a section in another order; those of one kind keep theirs."""
    streams: dict[str, list[Record]] = {}
    for record in section:
        streams.setdefault(kind(record), []).append(record)
    mixed = []
    while streams:
        name = sorted(streams)[draw(st.integers(0, len(streams) - 1))]
        mixed.append(streams[name].pop(0))
        if not streams[name]:
            del streams[name]
    return mixed


@STORIES
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_interleaving_of_the_streams_gives_the_same_facts(make: Callable[[], Story], data: st.DataObject) -> None:
    story = make()
    live = story.outage()
    records = [record for record, _ in story.recorded]
    mixed = [each for section in sections(records) for each in interleaved(section, data.draw)]
    assert facts(judged(mixed, story)) == facts(live)


@STORIES
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_records_that_come_twice_change_nothing(make: Callable[[], Story], data: st.DataObject) -> None:
    story = make()
    live = story.outage()
    repeated: list[Record] = []
    for record, _ in story.recorded:
        repeated.append(record)
        earlier = [each for each in repeated if isinstance(each, Seen)]
        if earlier and isinstance(record, OBSERVED) and not isinstance(record, Listed) and data.draw(st.booleans()):
            old = data.draw(st.sampled_from(earlier))
            repeated.append(Seen(max(record.at, old.at), old.object, inferred=True))
    assert facts(judged(repeated, story)) == facts(live)


@pytest.mark.parametrize(
    ("make", "verdict"), [(recovers, "recovered"), (never_ready, "not_recovered"), (scaled_away, "inconclusive")]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_recording_that_is_cut_is_interrupted_whatever_the_complete_one_is(
    make: Callable[[], Story], verdict: str, data: st.DataObject
) -> None:
    story = make()
    story.outage()
    lines = [recording.line(record, STREAM) + b"\n" for record, _ in story.recorded]
    complete, begun = b"".join(lines), sum(len(line) for line in lines[: beginning(story) + 1])
    size = data.draw(st.integers(0, len(complete) - 1))
    assert verdicts(complete) == [verdict]
    assert verdicts(complete[:size]) == (["interrupted"] if size >= begun else [])


def beginning(story: Story) -> int:
    """The number of the record with t0; before it nothing was changed, and there is nothing to judge."""
    records = [record for record, _ in story.recorded]
    return next(at for at, each in enumerate(records) if isinstance(each, Injected))


def verdicts(recorded: bytes) -> list[str]:
    """The verdicts of a replay of the bytes of a recording."""
    return [found.verdict for found in replay(recording.entries(recorded.splitlines(keepends=True)))]
