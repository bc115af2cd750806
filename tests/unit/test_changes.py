"""Changes, their undo, and the kubectl command that does the same."""

from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from kubechaos.changes import (
    Change,
    Created,
    Edit,
    Outcome,
    Patched,
    Request,
    Timed,
    by_hand,
    edits,
    not_set,
    patch,
    shown,
    undo,
)
from kubechaos.kube.objects import Ref

WEB = Ref("Deployment", "shop", "web", "u1")
REPLICAS = ("spec", "replicas")
SCALED = Patched(WEB, (Edit(REPLICAS, 3, 1),), "7")


def live(**spec: Any) -> dict[str, Any]:
    """The Deployment as it is now, at version 9."""
    return {"metadata": {"uid": "u1", "resourceVersion": "9", "generation": 4}, "spec": spec}


def node(*taints: dict[str, str]) -> dict[str, Any]:
    """An object with a list whose items have keys."""
    return {"metadata": {"uid": "u1", "resourceVersion": "9"}, "spec": {"taints": list(taints)}}


THEIRS, OURS = {"key": "theirs", "effect": "NoSchedule"}, {"key": "ours", "effect": "NoExecute"}
TAINTED = Patched(WEB, (Edit(("spec", "taints", "[key=ours]"), UNSET, OURS),), "7")


def test_a_field_that_has_its_value_already_is_no_edit() -> None:
    assert edits(live(replicas=3, paused=False), {"spec": {"replicas": 1, "paused": False}}) == (Edit(REPLICAS, 3, 1),)


def test_none_removes_a_field_and_a_missing_field_is_added() -> None:
    found = edits(live(replicas=3), {"spec": {"replicas": None, "paused": True}})
    assert found == (Edit(REPLICAS, 3, UNSET), Edit(("spec", "paused"), UNSET, True))


def test_the_precondition_of_a_patch_is_the_version_at_which_the_old_values_were_read() -> None:
    assert patch(live(replicas=3), SCALED.edits) == {
        "metadata": {"uid": "u1", "resourceVersion": "9"},
        "spec": {"replicas": 1},
    }


def test_a_list_with_an_edited_item_is_written_with_all_its_items() -> None:
    containers = [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]
    found = edits(live(containers=containers), {"spec": {"containers": {"[name=b]": {"image": "b:2"}}}})
    assert found == (Edit(("spec", "containers", "[name=b]", "image"), "b:1", "b:2"),)
    body = patch(live(containers=containers), found)
    assert body["spec"] == {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]}


def test_an_item_is_added_to_a_list_and_taken_away_and_the_others_stay() -> None:
    assert patch(node(THEIRS), TAINTED.edits)["spec"] == {"taints": [THEIRS, OURS]}
    request = undo(TAINTED, node(THEIRS, OURS), 0)
    assert isinstance(request, Request)
    assert request.body["spec"] == {"taints": [THEIRS]}


def test_a_patch_of_metadata_keeps_the_precondition() -> None:
    body = patch(live(), (Edit(("metadata", "labels", "tier"), UNSET, "gold"),))
    assert body == {"metadata": {"labels": {"tier": "gold"}, "uid": "u1", "resourceVersion": "9"}}


def test_an_undo_restores_a_field_that_still_has_our_value() -> None:
    request = undo(SCALED, live(replicas=1), 0)
    assert isinstance(request, Request)
    assert (request.method, request.path) == ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web")
    assert request.body["spec"] == {"replicas": 3}
    assert (request.expected, request.generation) == ((Edit(REPLICAS, 1, 3),), 4)


def test_an_undo_removes_a_field_that_was_not_there_before() -> None:
    request = undo(Patched(WEB, (Edit(("spec", "paused"), UNSET, True),)), live(paused=True), 0)
    assert isinstance(request, Request)
    assert request.body["spec"] == {"paused": None}


def test_an_undo_restores_only_the_fields_that_still_have_our_value() -> None:
    change = Patched(WEB, (Edit(REPLICAS, 3, 1), Edit(("spec", "paused"), UNSET, True)), "7")
    request = undo(change, live(replicas=2, paused=True), 0)
    assert isinstance(request, Request)
    assert request.body["spec"] == {"paused": None}


@pytest.mark.parametrize(
    ("change", "now", "outcome"),
    [
        (SCALED, None, Outcome.GONE),
        (SCALED, live(replicas=3), Outcome.ALREADY),
        (SCALED, live(replicas=2), Outcome.SUPERSEDED),
        (SCALED, {**live(replicas=1), "metadata": {"uid": "u2", "resourceVersion": "9"}}, Outcome.SUPERSEDED),
        (Patched(WEB, SCALED.edits, "9"), live(replicas=3), Outcome.WAITING),
        (Created(WEB, "run"), None, Outcome.GONE),
        (Created(WEB, "run"), live(), Outcome.SUPERSEDED),
        (Timed(WEB, ("pkill", "stress"), 100.0), live(), Outcome.ALREADY),
        (Timed(WEB, ("pkill", "stress"), 101.0), live(), Outcome.WAITING),
    ],
    ids=[
        "gone",
        "as before",
        "a newer value",
        "made again",
        "a write that may still land",
        "created and gone",
        "somebody else's of our name",
        "ended by itself",
        "not yet ended by itself",
    ],
)
def test_an_undo_without_anything_to_write_has_an_outcome(
    change: Change, now: dict[str, Any] | None, outcome: Outcome
) -> None:
    assert undo(change, now, 100.0) is outcome


def test_an_object_that_we_created_is_deleted_by_its_uid_and_waited_for() -> None:
    ours = {"metadata": {"uid": "u1", "resourceVersion": "1", "labels": {"kubechaos/run": "run"}}}
    request = undo(Created(WEB, "run"), ours, 0)
    assert isinstance(request, Request)
    assert (request.method, request.body["preconditions"]) == ("DELETE", {"uid": "u1"})
    ours["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert undo(Created(WEB, "run"), ours, 0) is Outcome.WAITING


def test_an_answer_is_compared_field_by_field() -> None:
    assert not_set(live(replicas=1), SCALED.edits) == ""
    assert not_set(live(replicas=3), SCALED.edits) == "spec.replicas is 3 instead of 1"
    assert not_set(live(), SCALED.edits) == "spec.replicas is not there instead of 1"


@pytest.mark.parametrize(
    ("change", "command"),
    [
        (SCALED, "kubectl scale deployment/web -n shop --replicas=3"),
        (
            Patched(WEB, (Edit(("spec", "paused"), UNSET, True),)),
            """kubectl patch deployment/web -n shop --type=merge -p '{"spec":{"paused":null}}'""",
        ),
        (
            Patched(WEB, (Edit(("metadata", "labels", "who"), "it's", "us"),)),
            """kubectl patch deployment/web -n shop --type=merge -p '{"metadata":{"labels":{"who":"it'\\''s"}}}'""",
        ),
        (TAINTED, "kubectl edit deployment/web -n shop  # set spec.taints[key=ours] to not there"),
        (Created(WEB, "run"), "kubectl delete deployment/web -n shop"),
        (Timed(Ref("Pod", "shop", "a"), ("pkill", "stress"), 1.0), "kubectl exec a -n shop -- pkill stress"),
    ],
)
def test_the_kubectl_command_that_undoes_a_change(change: Change, command: str) -> None:
    assert by_hand(change) == command


@pytest.mark.parametrize("change", [SCALED, TAINTED, Created(WEB, "run"), Timed(WEB, ("x",), 1.5)])
def test_a_change_that_is_read_back_is_equal(change: Change) -> None:
    assert msgspec.json.decode(msgspec.json.encode(change), type=Change) == change


def test_fields_are_shown_as_a_person_writes_them() -> None:
    assert shown({"spec": {"replicas": 3, "paused": None}}) == "spec.replicas is 3, spec.paused is not there"
