"""What holds for the folds whatever the order in which the kinds' streams come, and however often they say a thing."""

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
    story.says(1.8, "Killing", "Stopping container app", "a")
    return story


def never_ready() -> Story:
    story = Story(pod("a"), pod("b"), pod("c"), endpoints("abc")).kill("ab", within=8.0)
    story.dies(0.25, "a")
    story.dies(1.5, "b")
    story.see(2.6, endpoints("c"))
    story.comes(3.0, "d", ready=3.5)
    story.says(3.6, "Unhealthy", "Readiness probe failed", "d")
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
    """What comes of records; the observation ends when it is time."""
    state, alarm = State(), Alarm()
    for record in records:
        ended = isinstance(record, Ended)
        state = step(state, Ended(ends_at(state, story.limits)) if ended else record)
        alarm = watch(alarm, state, story.limits)
    return outages(state, story.limits, Alerts(alarm.alerts, names(())), Ended(state.at))[0]


def facts(found: Outage) -> tuple[object, ...]:
    """What may not depend on the order of arrival across kinds; times may, by as much as one is late."""
    phases = found.phases
    pods = (sorted(each.name for each in phases.removed), sorted(each.name for each in phases.added))
    return found.verdict, found.recovery_time == float("inf"), found.min_ready, found.proof, pods, set(found.alerts)


def sections(records: Sequence[Record]) -> list[list[Record]]:
    """What was observed between our own records, each of these a section of its own."""
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
    """A section's records in another order, that of each kind kept."""
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
    told = story.outage()
    records = [record for record, _ in story.heard]
    mixed = [each for section in sections(records) for each in interleaved(section, data.draw)]
    assert facts(judged(mixed, story)) == facts(told)


@STORIES
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_said_again_changes_nothing(make: Callable[[], Story], data: st.DataObject) -> None:
    story = make()
    told = story.outage()
    repeated: list[Record] = []
    for record, _ in story.heard:
        repeated.append(record)
        earlier = [each for each in repeated if isinstance(each, Seen)]
        if earlier and isinstance(record, OBSERVED) and not isinstance(record, Listed) and data.draw(st.booleans()):
            old = data.draw(st.sampled_from(earlier))
            repeated.append(Seen(max(record.at, old.at), old.object, inferred=True))
    assert facts(judged(repeated, story)) == facts(told)


@pytest.mark.parametrize(
    ("make", "verdict"), [(recovers, "recovered"), (never_ready, "not_recovered"), (scaled_away, "inconclusive")]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_recording_that_is_cut_is_interrupted_whatever_the_whole_one_says(
    make: Callable[[], Story], verdict: str, data: st.DataObject
) -> None:
    story = make()
    story.outage()
    lines = [recording.line(record, STREAM) + b"\n" for record, _ in story.heard]
    whole, begun = b"".join(lines), sum(len(line) for line in lines[: beginning(story) + 1])
    size = data.draw(st.integers(0, len(whole) - 1))
    assert verdicts(whole) == [verdict]
    assert verdicts(whole[:size]) == (["interrupted"] if size >= begun else [])


def beginning(story: Story) -> int:
    """Where in a story its fault begins: before that nothing was touched, and there is nothing to judge."""
    records = [record for record, _ in story.heard]
    return next(at for at, each in enumerate(records) if isinstance(each, Injected))


def verdicts(recorded: bytes) -> list[str]:
    """What a replay makes of the bytes of a recording."""
    return [found.verdict for found in replay(recording.entries(recorded.splitlines(keepends=True)))]
