"""What holds one run to the recordings notices what it must, and nothing else."""

from typing import Any

import pytest

from tests.scenarios import held, recordings
from tests.scenarios.normal import Normal, Sequences
from tests.scenarios.recorder import Record

SEEN: Sequences = {"deployment": [["a", "b"]], "pod of replica set 1": [["x", "y"], ["x", "z"]]}


@pytest.fixture(autouse=True)
def _recorded(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "FOLDER", tmp_path)
    recordings.add("it", 1, SEEN)
    recordings.add("it", 2, {**SEEN, "slice": [["s"]]})


def _pod(at: int, cut: int, *, kind: str = "MODIFIED", **status: str) -> Record:
    value = {"metadata": {"name": "it-1234-abc-xyz", "uid": "u"}, "spec": {}, "status": status}
    return Record(at, "Pod", kind, value, cut)


def test_a_run_that_was_recorded_is_equal() -> None:
    assert held.hold("it", SEEN) == held.Held(3, ())


def test_a_sequence_that_only_another_pod_of_the_set_showed_is_equal() -> None:
    assert held.hold("it", {**SEEN, "pod of replica set 1": [["x", "z"]]}).differences == ()


def test_a_new_sequence_is_shown_beside_the_nearest_recorded_one() -> None:
    (difference,) = held.hold("it", {**SEEN, "deployment": [["a", "c"]]}).differences
    assert str(difference).splitlines() == ["deployment:", "    @@ -1,2 +1,2 @@", "     a", "    -b", "    +c"]


def test_a_role_that_was_there_in_every_run_must_be_there() -> None:
    held_to = held.hold("it", {"pod of replica set 1": SEEN["pod of replica set 1"]})
    assert [difference.role for difference in held_to.differences] == ["deployment"]


def test_a_role_that_was_never_there_is_a_difference() -> None:
    (difference,) = held.hold("it", {**SEEN, "replica set 1": [["r"]]}).differences
    assert (difference.role, difference.nearest) == ("replica set 1", [])


def test_a_run_recorded_again_replaces_what_it_said_before() -> None:
    recordings.add("it", 1, {"deployment": [["b"]]})
    recordings.add("it", 2, {"deployment": [["b"]]})
    assert recordings.load("it") == {"deployment": [{"runs": [1, 2], "states": ["b"]}]}


def test_the_deed_begins_with_the_state_it_found_and_repeats_are_dropped() -> None:
    records = [_pod(0, 0, phase="Pending"), _pod(1, 0, phase="Running"), _pod(2, 1, phase="Running")]
    records.append(_pod(3, 1, kind="DELETED", phase="Failed"))
    seen = Normal("it-1234", records, [], 1).sequences
    assert seen["pod of nobody"] == [["phase=Running grace=30.0", "gone: phase=Failed grace=30.0"]]
    assert seen["census"] == [["1 pod of nobody, gone"]]


def test_what_was_gone_before_the_deed_is_no_object_of_it() -> None:
    seen = Normal("it-1234", [_pod(0, 0, kind="DELETED", phase="Failed")], [], 1).sequences
    assert "pod of nobody" not in seen
