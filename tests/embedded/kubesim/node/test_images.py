"""A pod's image is changed in place: what the API accepts, and what the kubelet does."""

from typing import Any

import pytest

from kubesim.apiserver.strategic import strategic
from kubesim.node.images import identity
from kubesim.store.objects import Stored, is_ready
from kubesim.store.refusals import Refused
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment

OTHER = "docker.io/library/busybox:1.36.0"


def change(lab: Lab, pod: Stored, image: str, name: str = "web") -> Stored:
    patch = {"spec": {"containers": [{"name": name, "image": image}]}}
    return lab.cluster.registry.patch(pod, patch, into=strategic)


def latest(lab: Lab, pod: Stored) -> Stored:
    return next(each for each in lab.pods if each.uid == pod.uid)


def container(lab: Lab, pod: Stored, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = latest(lab, pod).status["containerStatuses"][index]
    return found


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("docker.io/library/busybox:1.35.0", "docker.io/library/busybox"),
        ("busybox", "docker.io/library/busybox"),
        ("bitnami/redis:7", "docker.io/bitnami/redis"),
        ("registry.example:5000/a/b:1", "registry.example:5000/a/b"),
    ],
)
def test_an_image_is_known_by_its_digest(image: str, name: str) -> None:
    known = identity(image)
    assert known.startswith(f"{name}@sha256:")
    assert identity(known) == known


def test_a_changed_image_restarts_the_container_in_its_pod(shop: Lab) -> None:
    pod = shop.pods[0]
    before = container(shop, pod)
    assert before["imageID"] == identity(IMAGE)
    changed = change(shop, pod, before["imageID"])
    assert changed.meta["generation"] == pod.meta["generation"] + 1
    shop.step(3)
    after = container(shop, pod)
    assert (after["restartCount"], after["ready"], after["imageID"]) == (1, True, before["imageID"])
    assert after["containerID"] != before["containerID"]
    assert after["lastState"]["terminated"]["exitCode"] == 0
    assert after["lastState"]["terminated"]["containerID"] == before["containerID"]
    message = "Container web definition changed, will be restarted"
    assert shop.events("Killing", pod.name) == [("Killing", message, 1)]
    assert len(shop.pods) == 3


def test_it_is_not_ready_from_its_restart_until_its_probe_answers(shop: Lab) -> None:
    pod = shop.pods[0]
    shop.changes.clear()
    change(shop, pod, OTHER)
    shop.step(3)
    assert shop.states(pod.name) == [
        "Running scheduled Ready running",
        "Running scheduled running",
        "Running scheduled Ready running",
    ]


def test_only_the_changed_container_of_two_is_restarted(lab: Lab) -> None:
    manifest = deployment(replicas=1)
    (first,) = manifest["spec"]["template"]["spec"]["containers"]
    manifest["spec"]["template"]["spec"]["containers"] = [first, {"name": "side", "image": IMAGE}]
    lab.apply(manifest)
    lab.step(3)
    (pod,) = lab.pods
    before = [container(lab, pod, index) for index in (0, 1)]
    change(lab, pod, OTHER, "side")
    lab.step(3)
    after = [container(lab, pod, index) for index in (0, 1)]
    assert after[0] == before[0]
    assert (after[1]["restartCount"], after[1]["containerID"] != before[1]["containerID"]) == (1, True)
    assert is_ready(latest(lab, pod))


def test_a_container_that_ignores_sigterm_is_killed_after_its_grace(shop: Lab) -> None:
    shop.inject("ignores-sigterm", "web")
    pod = shop.pods[0]
    change(shop, pod, OTHER)
    shop.step(1.9)
    assert container(shop, pod)["restartCount"] == 0
    shop.step(3)
    assert container(shop, pod)["lastState"]["terminated"]["exitCode"] == 137


def test_an_image_that_is_not_to_be_had_leaves_the_container_waiting_until_it_is_changed_back(shop: Lab) -> None:
    pod = shop.pods[0]
    change(shop, pod, "localhost:1/none:9")
    shop.step(4)
    waits = container(shop, pod)
    assert waits["state"]["waiting"]["reason"] == "ErrImagePull"
    assert waits["lastState"]["terminated"]["exitCode"] == 0
    assert latest(shop, pod).status["phase"] == "Running"
    assert not is_ready(latest(shop, pod))
    change(shop, latest(shop, pod), IMAGE)
    shop.step(3)
    assert is_ready(latest(shop, pod))


def test_a_deleted_pod_does_not_come_back_because_it_was_changed(shop: Lab) -> None:
    pod = shop.pods[0]
    change(shop, pod, OTHER)
    shop.step(0.1)
    shop.delete(pod)
    shop.step(5)
    assert pod.uid not in {each.uid for each in shop.pods}
    assert shop.ready == 3


def test_a_pod_must_have_an_image_and_nothing_else_of_it_may_change(shop: Lab) -> None:
    pod = shop.pods[0]
    with pytest.raises(Refused, match=r"spec\.containers\[0\]\.image: Required value"):
        change(shop, pod, "")
    with pytest.raises(Refused, match="pod updates may not change fields other than"):
        shop.cluster.registry.patch(pod, {"spec": {"containers": [{"name": "web", "args": ["x"]}]}}, into=strategic)
    with pytest.raises(Refused, match="pod updates may not change fields other than"):
        change(shop, pod, IMAGE, "another")
