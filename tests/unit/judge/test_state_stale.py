"""Old versions of an object change nothing."""

import json

import pytest
from msgspec.structs import replace

from kubechaos.kube.kinds import KINDS
from kubechaos.records import Seen
from tests.unit.stories import T0, Story, fold

DEPLOYMENTS = KINDS["Deployment"].codec
REPLICA_SETS = KINDS["ReplicaSet"].codec


def test_an_older_event_changes_nothing_at_all() -> None:
    story = Story().kill("a")
    story.unready(1.0, "b")
    unready = story.state.target.pods["b"]
    story.ready(2.0, "b")
    before = story.state
    assert replace(fold(Seen(T0 + 2.0, unready), state=before), experiment=before.experiment) == before
    assert fold(Seen(T0 + 2.0, unready), state=before).histories == before.histories


def test_an_older_event_does_not_bring_a_pod_back() -> None:
    story = Story().kill("a")
    old = story.state.target.pods["a"]
    story.gone(1.0, "a")
    assert "a" not in fold(Seen(T0 + 2, old), state=story.state).target.pods


@pytest.mark.parametrize("codec", [DEPLOYMENTS, REPLICA_SETS])
def test_a_bookmark_of_a_workload_is_a_stub_with_a_null_selector(codec) -> None:
    spec = {"selector": None, "template": {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}}
    stub = {"metadata": {"resourceVersion": "42", "creationTimestamp": None}, "spec": spec, "status": {}}
    type_, value = codec.event(json.dumps({"type": "BOOKMARK", "object": stub}).encode())
    assert (type_, value.resource_version, value.uid) == ("BOOKMARK", "42", "")
