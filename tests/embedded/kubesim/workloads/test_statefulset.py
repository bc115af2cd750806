"""What the StatefulSet controller does, on a clock stepped by hand."""

from typing import Any

import pytest

from kubesim.apiserver.deletion import Options
from kubesim.store.kinds import CONTROLLER_REVISION, POD, STATEFUL_SET
from kubesim.store.objects import Stored, is_active, is_ready
from tests.embedded.lab import Lab, names
from tests.embedded.sets import RESTARTED, REVISION, stateful_set
from tests.embedded.shop import service


def web(lab: Lab) -> Stored:
    return lab.cluster.registry.find(STATEFUL_SET, "default", "web")


def change(lab: Lab, **spec: Any) -> None:
    lab.cluster.registry.patch(web(lab), {"spec": spec})


def told(lab: Lab, *reasons: str) -> list[tuple[float, str]]:
    """The events about the StatefulSet, in their order: reason and pod."""
    said = [
        (round(at, 3), f"{each.after.body['reason']} {each.after.body['message'].split()[2]}")
        for at, each in lab.changes
        if each.after.kind.name == "Event" and each.after.body["involvedObject"]["kind"] == "StatefulSet"
    ]
    return [each for each in said if not reasons or each[1].startswith(reasons)]


def deeds(lab: Lab) -> list[str]:
    """What the controller did, in its order."""
    return [deed for _, deed in told(lab)]


def born(lab: Lab, name: str) -> float:
    """When the last pod of a name was made."""
    return max(at for at, each in lab.changes if each.type == "ADDED" and _is(each.after, name))


def became(lab: Lab, name: str, what: str) -> float:
    """When a pod of a name last became `ready` or `gone`."""
    seen = [(at, each) for at, each in lab.changes if _is(each.after, name)]
    if what == "gone":
        return max(at for at, each in seen if each.type == "DELETED")
    return max(at for at, each in seen if is_ready(each.after) and not (each.before and is_ready(each.before)))


def _is(obj: Stored, name: str) -> bool:
    return obj.kind is POD and obj.name == name


def revisions(lab: Lab) -> list[str]:
    """The revision that each pod is of, by name."""
    return [pod.labels[REVISION] for pod in lab.pods]


@pytest.fixture
def store(lab: Lab) -> Lab:
    """The lab with the StatefulSet `web` of three in it, all Ready."""
    lab.apply(service(), stateful_set())
    lab.step(5)
    assert lab.ready == 3
    lab.changes.clear()
    return lab


@pytest.fixture
def burst(lab: Lab) -> Lab:
    """The same, but its pods are made and given up all at once."""
    lab.apply(service(), stateful_set(podManagementPolicy="Parallel"))
    lab.step(5)
    assert lab.ready == 3
    lab.changes.clear()
    return lab


def test_each_pod_is_made_when_the_one_before_is_ready(lab: Lab) -> None:
    lab.apply(stateful_set())
    lab.step(5)
    assert deeds(lab) == [f"SuccessfulCreate web-{number}" for number in range(3)]
    assert born(lab, "web-1") > became(lab, "web-0", "ready")
    assert born(lab, "web-2") > became(lab, "web-1", "ready")
    assert lab.events("SuccessfulCreate")[0][1].startswith("Create Pod web-")
    assert lab.events("SuccessfulCreate")[0][1].endswith(" in StatefulSet web successful")


def test_parallel_pods_are_made_at_once(burst: Lab) -> None:
    assert names(burst.pods) == {"web-0", "web-1", "web-2"}
    assert len({pod.meta["creationTimestamp"] for pod in burst.pods}) == 1


def test_a_pod_says_who_it_is(store: Lab) -> None:
    revision, pod = web(store).status["updateRevision"], store.pods[1]
    assert pod.labels == {
        "app": "web",
        REVISION: revision,
        "statefulset.kubernetes.io/pod-name": "web-1",
        "apps.kubernetes.io/pod-index": "1",
    }
    assert (pod.spec["hostname"], pod.spec["subdomain"]) == ("web-1", "web")
    assert "generateName" not in pod.meta
    assert pod.owner == web(store).uid


def test_the_status_counts_pods_and_names_revisions(store: Lab) -> None:
    (revision,) = store.all(CONTROLLER_REVISION)
    counts = ("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas")
    assert web(store).status == {
        **dict.fromkeys(counts, 3),
        "observedGeneration": 1,
        "currentRevision": revision.name,
        "updateRevision": revision.name,
        "collisionCount": 0,
    }
    assert store.cluster.settled


def test_a_revision_has_the_template_and_is_owned(store: Lab) -> None:
    (revision,) = store.all(CONTROLLER_REVISION)
    assert revision.body["revision"] == 1
    assert revision.name == f"web-{revision.labels['controller.kubernetes.io/hash']}"
    assert revision.labels["app"] == "web"
    assert revision.owner == web(store).uid
    template = web(store).spec["template"]
    assert revision.body["data"] == {"spec": {"template": {**template, "$patch": "replace"}}}


def test_a_killed_pod_comes_back_under_its_name_only_when_it_is_gone(store: Lab) -> None:
    before = store.pods[1]
    store.delete(before)
    store.step(5)
    assert born(store, "web-1") > became(store, "web-1", "gone")
    assert store.pods[1].uid != before.uid
    assert store.ready == 3


def test_two_killed_pods_come_back_one_after_the_other_in_order(store: Lab) -> None:
    for pod in store.pods[:2]:
        store.delete(pod)
    store.step(5)
    assert deeds(store) == ["SuccessfulCreate web-0", "SuccessfulCreate web-1"]
    assert born(store, "web-1") > became(store, "web-0", "ready")


def test_two_killed_parallel_pods_come_back_without_waiting_for_each_other(burst: Lab) -> None:
    for pod in burst.pods[:2]:
        burst.delete(pod)
    burst.step(5)
    assert burst.ready == 3
    assert born(burst, "web-1") < became(burst, "web-0", "ready")


def test_scaling_down_takes_the_highest_first_and_one_at_a_time(store: Lab) -> None:
    change(store, replicas=1)
    store.step(6)
    assert deeds(store) == ["SuccessfulDelete web-2", "SuccessfulDelete web-1"]
    first, second = (at for at, _ in told(store))
    assert first < became(store, "web-2", "gone") <= second
    assert names(store.pods) == {"web-0"}
    assert web(store).status["replicas"] == 1


def test_scaling_down_parallel_pods_takes_them_at_once(burst: Lab) -> None:
    change(burst, replicas=1)
    burst.step(6)
    first, second = (at for at, _ in told(burst, "SuccessfulDelete"))
    assert first == second
    assert names(burst.pods) == {"web-0"}


@pytest.mark.parametrize("replicas", [0, 5])
def test_scaling_ends_at_the_number_asked_for(store: Lab, replicas: int) -> None:
    change(store, replicas=replicas)
    store.step(8)
    assert names(store.pods) == {f"web-{number}" for number in range(replicas)}
    assert (store.ready, web(store).status["replicas"]) == (replicas, replicas)
    assert store.cluster.settled


def test_scaling_down_waits_while_a_pod_that_stays_is_not_ready(store: Lab) -> None:
    store.inject("never-ready", "web", replacements=True)
    store.delete(store.pods[0])
    change(store, replicas=2)
    store.step(20)
    assert names(store.pods) == {"web-0", "web-1", "web-2"}


def test_a_rollout_goes_from_the_highest_to_the_lowest_one_at_a_time(store: Lab) -> None:
    old = web(store).status["updateRevision"]
    change(store, **RESTARTED)
    store.step(15)
    order = [f"{deed} web-{number}" for number in (2, 1, 0) for deed in ("SuccessfulDelete", "SuccessfulCreate")]
    assert deeds(store) == order
    status = web(store).status
    assert status["currentRevision"] == status["updateRevision"] != old
    assert set(revisions(store)) == {status["updateRevision"]}
    assert (status["currentReplicas"], status["updatedReplicas"]) == (3, 3)
    assert [each.body["revision"] for each in store.all(CONTROLLER_REVISION)] in ([1, 2], [2, 1])
    assert least_ready(store, 3) == 2


def least_ready(lab: Lab, before: int) -> int:
    """The fewest active and Ready pods there were since the changes were cleared, given how many there were."""
    ready, least = before, before
    for _, each in lab.changes:
        if each.after.kind is POD:
            was = each.before is not None and is_active(each.before) and is_ready(each.before)
            ready += (each.type != "DELETED" and is_active(each.after) and is_ready(each.after)) - was
            least = min(least, ready)
    return least


def test_a_rollout_that_cannot_be_ready_stops_at_its_first_pod(store: Lab) -> None:
    store.inject("never-ready", "web", replacements=True)
    change(store, **RESTARTED)
    store.step(30)
    assert deeds(store) == ["SuccessfulDelete web-2", "SuccessfulCreate web-2"]
    status = web(store).status
    assert (status["currentReplicas"], status["updatedReplicas"], store.ready) == (2, 1, 2)
    assert status["currentRevision"] != status["updateRevision"]
    assert not store.cluster.settled


def test_a_partition_leaves_lower_ordinals_alone_and_rebuilds_them_as_they_were(store: Lab) -> None:
    old = web(store).status["updateRevision"]
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    change(store, updateStrategy=rolling, **RESTARTED)
    store.step(10)
    new = web(store).status["updateRevision"]
    assert revisions(store) == [old, old, new]
    store.delete(store.pods[0])
    store.step(5)
    assert revisions(store) == [old, old, new]
    assert store.cluster.settled


def test_max_unavailable_rolls_out_several_at_once(burst: Lab) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 2}}
    change(burst, updateStrategy=rolling, **RESTARTED)
    burst.step(0.1)
    assert deeds(burst) == ["SuccessfulDelete web-2", "SuccessfulDelete web-1"]
    burst.step(10)
    assert burst.ready == 3
    assert len(set(revisions(burst))) == 1


def test_on_delete_rolls_out_what_somebody_deletes(store: Lab) -> None:
    old = web(store).status["updateRevision"]
    change(store, updateStrategy={"type": "OnDelete", "rollingUpdate": None}, **RESTARTED)
    store.step(5)
    assert deeds(store) == []
    store.delete(store.pods[1])
    store.step(5)
    new = web(store).status["updateRevision"]
    assert revisions(store) == [old, new, old]


def test_an_old_template_gets_its_old_revision_back(store: Lab) -> None:
    first = web(store).status["updateRevision"]
    change(store, **RESTARTED)
    store.step(15)
    change(store, template={"metadata": {"annotations": None}})
    store.step(15)
    assert web(store).status["updateRevision"] == first
    assert {each.name: each.body["revision"] for each in store.all(CONTROLLER_REVISION)}[first] == 3


def test_revisions_beyond_the_history_limit_are_forgotten(lab: Lab) -> None:
    lab.apply(stateful_set(1, revisionHistoryLimit=1))
    lab.step(3)
    for turn in range(3):
        change(lab, template={"metadata": {"annotations": {"turn": str(turn)}}})
        lab.step(6)
    assert sorted(each.body["revision"] for each in lab.all(CONTROLLER_REVISION)) == [3, 4]


def test_ordinals_may_start_elsewhere(lab: Lab) -> None:
    lab.apply(stateful_set(2, ordinals={"start": 5}))
    lab.step(5)
    assert names(lab.pods) == {"web-5", "web-6"}


def test_a_deleted_stateful_set_takes_its_pods_and_revisions_along(store: Lab) -> None:
    store.cluster.deletion.delete(web(store), Options())
    store.step(5)
    assert not store.pods
    assert not store.all(CONTROLLER_REVISION)


def test_a_silent_controller_does_nothing_until_it_is_healed(store: Lab) -> None:
    store.inject("controller-silent", "web")
    store.delete(store.pods[0])
    store.step(20)
    assert names(store.pods) == {"web-1", "web-2"}
    store.remove("controller-silent")
    store.step(5)
    assert store.ready == 3
