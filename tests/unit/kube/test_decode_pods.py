"""Pods, from the bytes of the API."""

import json
from typing import Any

import pytest

from kubechaos.kube.decode_pods import seconds
from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import Container, Pod

PODS = KINDS["Pod"].codec


def decode(**parts: Any) -> Pod:
    """A pod with nothing but its name and these parts."""
    metadata = {"name": "web-a", "namespace": "shop", "uid": "u", "resourceVersion": "7", **parts.pop("metadata", {})}
    return PODS.object(json.dumps({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, **parts}).encode())


def container(**status: Any) -> Container:
    (found,) = decode(status={"containerStatuses": [{"name": "app", **status}]}).containers
    return found


READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:07Z"}
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "rs", "controller": True}


def test_a_pod_that_runs() -> None:
    found = decode(
        metadata={"creationTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [OWNER], "finalizers": ["shop/keep"]},
        spec={"nodeName": "node-1", "terminationGracePeriodSeconds": 2, "containers": [{"name": "app"}]},
        status={
            "phase": "Running",
            "conditions": [{"type": "PodScheduled", "status": "True"}, READY],
            "containerStatuses": [
                {
                    "name": "app",
                    "containerID": "containerd://1",
                    "ready": True,
                    "restartCount": 3,
                    "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}},
                }
            ],
        },
    )
    assert found == Pod(
        "shop",
        "web-a",
        "u",
        "7",
        created="2026-01-01T00:00:00Z",
        owner="rs",
        owner_kind="ReplicaSet",
        node="node-1",
        phase="Running",
        ready=True,
        ready_since=seconds("2026-01-01T00:00:07Z"),
        grace=2.0,
        finalizers=("shop/keep",),
        containers=(Container("app", "containerd://1", True, 3, "running"),),
    )
    assert (found.active, found.started, found.stopped) == (True, True, False)


def test_a_pod_without_status_and_spec_is_not_ready() -> None:
    found = decode()
    assert (found.phase, found.ready, found.not_ready, found.node, found.containers) == ("", False, "", "", ())
    assert (found.started, found.stopped, found.active, found.created) == (False, False, True, "")


def test_null_lists_are_empty() -> None:
    nulls = {"ownerReferences": None, "finalizers": None, "labels": None, "annotations": None}
    assert decode(metadata=nulls, status={"conditions": None, "containerStatuses": None}) == decode()


def test_an_owner_that_is_not_the_controller_is_ignored() -> None:
    assert decode(metadata={"ownerReferences": [{**OWNER, "controller": False}]}).owner == ""
    assert decode(metadata={"ownerReferences": [{**OWNER, "controller": None}]}).owner == ""


def test_the_controller_among_several_owners_is_the_owner() -> None:
    owners = [{"uid": "other", "kind": "Thing"}, OWNER]
    assert decode(metadata={"ownerReferences": owners}).owner == "rs"


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_a_pod_that_is_not_ready_has_a_reason_and_no_ready_since(status: str) -> None:
    condition = {**READY, "status": status, "reason": "ContainersNotReady", "message": "app"}
    found = decode(status={"conditions": [condition]})
    assert (found.ready, found.ready_since, found.not_ready) == (False, 0.0, "ContainersNotReady: app")


def test_a_reason_without_a_message_is_enough() -> None:
    condition = {"type": "Ready", "status": "False", "reason": "PodCompleted", "message": None}
    assert decode(status={"conditions": [condition]}).not_ready == "PodCompleted"


def test_an_unschedulable_pod_has_the_message_of_the_scheduler() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes"}
    assert decode(status={"conditions": [condition]}).unschedulable == "0/2 nodes"


def test_a_pod_with_a_scheduling_gate_is_not_unschedulable() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": "gates"}
    assert decode(status={"conditions": [condition]}).unschedulable == ""


def test_the_grace_period_is_30_seconds_by_default() -> None:
    assert decode().grace == 30.0
    assert decode(spec={"terminationGracePeriodSeconds": None}).grace == 30.0
    assert decode(spec={"terminationGracePeriodSeconds": 2}).grace == 2.0
    assert decode(spec={"terminationGracePeriodSeconds": 0}).grace == 0.0


@pytest.mark.parametrize(("asked", "grace"), [(0, 0.0), (1, 1.0), (60, 60.0)])
def test_the_grace_period_of_the_deletion_wins_over_that_of_the_pod(asked: int, grace: float) -> None:
    deletion = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": asked}
    found = decode(metadata=deletion, spec={"terminationGracePeriodSeconds": 30})
    assert (found.deleting, found.active, found.grace) == (True, False, grace)


def test_a_terminating_pod_may_still_be_ready() -> None:
    found = decode(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}, status={"conditions": [READY]})
    assert (found.ready, found.active) == (True, False)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_in_a_terminal_phase_is_not_active_and_has_stopped(phase: str) -> None:
    found = decode(status={"phase": phase, "reason": "Evicted"})
    assert (found.active, found.terminal, found.stopped, found.reason) == (False, True, True, "Evicted")


def test_a_waiting_container_has_a_reason_and_a_message() -> None:
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}}
    assert container(state=state) == Container("app", state="waiting", reason="ImagePullBackOff", message="Back-off")


def test_a_terminated_container_has_an_exit_code() -> None:
    found = container(containerID="c://1", state={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    assert (found.id, found.state, found.reason, found.exit_code) == ("c://1", "terminated", "OOMKilled", 137)


def test_a_container_has_the_reason_and_exit_code_of_its_last_end() -> None:
    last = {"terminated": {"exitCode": 3, "reason": "Error"}}
    found = container(restartCount=2, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=last)
    assert (found.restarts, found.reason, found.last_reason, found.last_exit_code) == (
        2,
        "CrashLoopBackOff",
        "Error",
        3,
    )


@pytest.mark.parametrize("state", [None, {}, {"running": None}])
def test_a_container_without_a_state_has_an_empty_one(state: object) -> None:
    assert container(state=state, lastState=state, containerID=None) == Container("app")


def test_a_running_state_may_be_empty() -> None:
    assert container(state={"running": {}}).state == "running"


@pytest.mark.parametrize(
    ("states", "started", "stopped"),
    [
        (["running", "running"], True, False),
        (["running", "waiting"], False, False),
        (["running", "terminated"], False, False),
        (["terminated", "terminated"], False, True),
        (["terminated", "waiting"], False, False),
    ],
)
def test_a_pod_has_started_or_stopped_when_all_its_containers_have(
    states: list[str], started: bool, stopped: bool
) -> None:
    statuses = [{"name": str(index), "state": {state: {}}} for index, state in enumerate(states)]
    found = decode(status={"phase": "Running", "containerStatuses": statuses})
    assert (found.started, found.stopped) == (started, stopped)


def test_server_times_are_seconds_since_the_epoch() -> None:
    assert seconds("1970-01-01T00:01:01Z") == 61.0
    assert seconds("1970-01-01T01:01:01+01:00") == 61.0
    assert seconds("1970-01-01T00:01:01.250000Z") == 61.25
    assert (seconds(None), seconds("")) == (0.0, 0.0)


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_line_separators_of_other_alphabets_end_no_line_and_are_replaced(separator: str) -> None:
    message = f"one{separator}two"
    assert container(state={"waiting": {"reason": "ErrImagePull", "message": message}}).message == "one?two"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"metadata":null}',
        b'{"metadata":{"name":7}}',
        b'{"metadata":{"name":"a"}',
        b'{"metadata":{"name":"a"},"status":{"conditions":{}}}',
        b'{"metadata":{"name":"a"},"status":{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"x"}]}}',
        b'\xff{"metadata":{}}',
    ],
)
def test_bytes_that_are_no_pod_raise_a_value_error(garbage: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the words are msgspec's
        PODS.object(garbage)
