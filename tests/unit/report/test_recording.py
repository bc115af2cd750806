"""`events.ndjson`: the lines of a run, and the replay of them."""

import json
from typing import Any

import pytest
from msgspec.structs import asdict

from kubechaos import AlertRule, Outage, Verdict
from kubechaos.errors import RecordingError
from kubechaos.judge.alerts import Alert
from kubechaos.judge.builtin_alerts import BUILT_IN
from kubechaos.judge.replay import replay
from kubechaos.kube.objects import Event, Ref
from kubechaos.records import Chosen, Delay, Due, Ended, Gap, Gone, Injected, Listed, Record, Sample, Seen
from kubechaos.report.recording import alert, entries, header, line
from tests.unit.stories import CREATING, T0, Story, deployment, endpoints, new, pod, replica_set

WEB = "deployment/web"
EVERY_KIND = (
    pod("a", finalizers=("shop/keep",), containers=(CREATING,), ready_since=7.0),
    deployment(selector="app=web"),
    replica_set(failure="exceeded quota"),
    Event("shop", "e", "e", "1", Ref("Pod", "shop", "web-a", "a"), "Warning", "FailedMount", "no", 3),
    endpoints("ab", known="c"),
)


def written(*records: Record | Alert) -> list[bytes]:
    """The lines of a file."""
    lines = [alert(each, WEB) if isinstance(each, Alert) else line(each, WEB) for each in records]
    return [each + b"\n" for each in (header({"run": "1"}), *lines)]


@pytest.mark.parametrize(
    ("record", "facts"),
    [
        (
            Listed(T0, "Pod", "9", (), 1000.0),
            {"type": "listed", "kind": "Pod", "resource_version": "9", "server_time": 1000.0, "objects": []},
        ),
        (Gap(T0, "Pod", T0 - 1, "410"), {"type": "gap", "kind": "Pod", "since": T0 - 1, "why": "410"}),
        (Delay(T0, "Pod", T0 - 1, "cut"), {"type": "delay", "kind": "Pod", "since": T0 - 1, "why": "cut", "lost": 0.0}),
        (Chosen(T0, "a", "web-a"), {"type": "chosen", "uid": "a", "name": "web-a", "injection": 0}),
    ],
)
def test_a_record_is_one_line_with_its_type_time_and_stream(record: Record, facts: dict[str, Any]) -> None:
    assert json.loads(line(record, WEB)) == {**facts, "at": T0, "stream": WEB}


@pytest.mark.parametrize(("make", "type_"), [(Seen, "seen"), (Gone, "gone")])
def test_an_object_carries_its_kind_uid_and_version(make: type[Seen] | type[Gone], type_: str) -> None:
    found = json.loads(line(make(T0, pod("a", resource_version="7"), inferred=True), WEB))
    assert (found["type"], found["at"], found["inferred"]) == (type_, T0, True)
    assert (found["object"]["kind"], found["object"]["uid"], found["object"]["resource_version"]) == ("Pod", "a", "7")
    assert found["object"]["name"] == "web-a"
    assert found["object"]["containers"][0]["id"] == "containerd://1"


def test_the_objects_of_a_listing_are_written_in_full() -> None:
    value = endpoints("ab")
    (found,) = json.loads(line(Listed(T0, "EndpointSlice", "9", (value,)), WEB))["objects"]
    assert found.pop("schema") == "EndpointSlice"
    assert found == {key: list(each) if isinstance(each, tuple) else each for key, each in asdict(value).items()}


@pytest.mark.parametrize("separator", ["\n", "\x85", "\u2028", "\u2029", "\r"])
def test_a_record_stays_one_line_whatever_the_cluster_says(separator: str) -> None:
    record = Seen(T0, pod("a", not_ready=f"one{separator}two"))
    (_, text) = written(record)
    assert text.count(b"\n") == 1
    assert list(entries(written(record))) == [(WEB, record)]


@pytest.mark.parametrize(
    "record",
    [
        *[Seen(T0, each) for each in EVERY_KIND],
        *[Gone(T0, each, inferred=True) for each in EVERY_KIND],
        *[Listed(T0, each.kind, "9", (each, each), 7.0) for each in EVERY_KIND],
        Gap(T0, "Pod", T0 - 1, "410"),
        Delay(T0, "Pod", T0 - 1, "cut"),
        Chosen(T0, "a"),
        Alert(1, "Mine", "warning", WEB, 0.5, 1.5, "hm"),
    ],
)
def test_a_record_that_is_read_back_is_equal(record: Record | Alert) -> None:
    assert list(entries(written(record))) == [(WEB, record)]


def test_a_line_that_was_cut_ends_the_recording() -> None:
    first, second = Injected(T0), Due(T0 + 1)
    *lines, last = written(first, second)
    for length in range(len(last)):
        assert list(entries([*lines, last[:length]])) == [(WEB, first)]


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\n",
        b"\n",
        b"[]\n",
        b"{}\n",
        b'{"type":"other","stream":"x"}\n',
        b'{"type":"gap","stream":"x"}\n',
        b'{"type":"seen","stream":"x","at":1.0,"object":{"schema":"Node","name":"a"}}\n',
    ],
)
def test_the_error_on_a_line_that_is_no_record_has_its_number(garbage: bytes) -> None:
    with pytest.raises(RecordingError, match=r"line 2 is no record of kubechaos"):
        list(entries([*written(), garbage]))


@pytest.mark.parametrize(
    ("head", "made_by"), [(b'{"type":"header","run":"1"}', "0.1"), (b'{"type":"header","format":3}', "a later version")]
)
def test_a_recording_of_another_version_is_refused_and_both_are_named(head: bytes, made_by: str) -> None:
    with pytest.raises(RecordingError, match=rf"made by kubechaos {made_by} and this is 0\.2"):
        list(entries([head + b"\n"]))


def recovered(*rules: AlertRule) -> Story:
    story = Story(pod("a"), pod("b"), pod("c"), endpoints("abc"), rules=rules).kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    story.unready(3.0, "b")
    story.ready(4.0, "b")
    return story


def deleted() -> Story:
    story = Story().kill("ab", within=20.0)
    story.dies(0.25, "a")
    story.gone(2.0, "web")
    return story


def stuck() -> Story:
    story = Story(pod("a", finalizers=("shop/keep",)), pod("b")).kill("a", within=20.0)
    story.terminates(0.25, "a")
    story.stops(0.5, "a")
    story.see(1.0, new("d"))
    story.gap("Event", 1.5, 2.0)
    return story


def twice() -> Story:
    story = recovered()
    story.outage()
    return story.kill("b", at=32.0, within=30.0)


def recording_of(story: Story) -> list[Record | Alert]:
    """What the run writes: each record, and the alerts that users' own rules raised at it."""
    return [
        each for record, raised in story.recorded for each in (record, *(a for a in raised if a.name not in BUILT_IN))
    ]


@pytest.mark.parametrize("story", [recovered, deleted, stuck, twice, lambda: Story().kill("a")])
def test_a_replay_gives_the_same_outage(story: Any) -> None:
    live = story()
    outage: Outage = live.outage()
    *_, again = replay(entries(written(*recording_of(live))))
    assert again == outage
    assert again.alerts.all == outage.alerts.all


def test_a_replay_copies_the_alerts_of_users_rules() -> None:
    live = recovered(AlertRule("Degraded", lambda moment: moment.ready < moment.wanted))
    outage = live.outage()
    mine = outage.alerts["Degraded"]
    (again,) = replay(entries(written(*recording_of(live))))
    assert again.alerts["Degraded"] == mine
    assert set(again.alerts) == set(outage.alerts)


def test_an_experiment_whose_recording_was_cut_has_no_result() -> None:
    (again,) = replay(entries(written(*recording_of(recovered()))))
    assert (again.verdict, again.cause_code) == ("interrupted", "Cut")


def test_a_replay_keeps_the_verdict_that_the_run_recorded() -> None:
    live = recovered()
    live.outage()
    end = Ended(live.state.at, ("Event",), Verdict.INTERRUPTED, "Ctrl-C", "Interrupted")
    (again,) = replay(entries(written(*recording_of(live)[:-1], end)))
    assert (again.verdict, again.cause, again.unobserved) == ("interrupted", "Ctrl-C", ("Event",))
    assert again.cause_code == "Interrupted"


def test_streams_of_several_targets_are_kept_apart() -> None:
    one, two = recovered(), deleted()
    facts = [one.outage(), two.outage()]
    mixed: list[tuple[str, Record | Alert]] = [("one", each) for each in recording_of(one)]
    mixed[3:3] = [("two", each) for each in recording_of(two)]
    assert sorted(each.verdict for each in replay(mixed)) == sorted(each.verdict for each in facts)


def test_an_empty_recording_has_no_outage() -> None:
    assert list(replay(entries(written()))) == []
    assert list(replay(entries([]))) == []


def test_a_replay_copies_an_alert_that_was_raised_only_at_the_end() -> None:
    live = Story(rules=[AlertRule("Degraded", lambda moment: moment.ready < moment.wanted, lasting=3.0)])
    live.kill("a", within=20.0)
    live.dies(0.25, "a")
    outage = live.outage()
    assert outage.alerts["Degraded"].seen == 3.25
    (again,) = replay(entries(written(*recording_of(live))))
    assert again.alerts["Degraded"] == outage.alerts["Degraded"]


def test_a_lone_surrogate_is_replaced_so_that_a_record_can_be_written() -> None:
    lines = [line(Sample(T0, "caf\udce9", passed=True, took=0.1), "caf\udce9"), header({"nodeid": "caf\udce9"})]
    assert [b"caf?" in each for each in lines] == [True, True]
