"""ConfigMaps and Secrets that are not there: what a pod waits for, and in which words, until they are."""

from typing import Any

import pytest

from kubesim.store.kinds import CONFIG_MAP, SECRET
from tests.embedded.lab import Lab
from tests.embedded.shop import IMAGE, deployment

KEY = {"name": "settings", "key": "mode"}


def config(kind: str = "ConfigMap", name: str = "settings", **data: str) -> dict[str, Any]:
    """Return a ConfigMap or Secret."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data}


def using(container: dict[str, Any] | None = None, **pod: Any) -> dict[str, Any]:
    """Return a Deployment of one pod; what `container` says is added to its only container."""
    return deployment(replicas=1, pod={"containers": [{"name": "web", "image": IMAGE, **(container or {})}], **pod})


def from_(field: str, **asked: Any) -> dict[str, Any]:
    """Return a container with one variable that comes from somewhere else."""
    return {"env": [{"name": "MODE", "valueFrom": {field: {**KEY, **asked}}}]}


def waits(lab: Lab) -> dict[str, str]:
    """Why the only container waits."""
    (status,) = lab.pods[0].status["containerStatuses"]
    found: dict[str, str] = status["state"].get("waiting", {})
    return found


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (from_("configMapKeyRef"), 'configmap "settings" not found'),
        (from_("secretKeyRef"), 'secret "settings" not found'),
        ({"envFrom": [{"configMapRef": {"name": "all"}}]}, 'configmap "all" not found'),
        ({"envFrom": [{"prefix": "X_", "secretRef": {"name": "all"}}]}, 'secret "all" not found'),
    ],
)
def test_a_container_waits_for_what_its_environment_refers_to(
    lab: Lab, container: dict[str, Any], message: str
) -> None:
    lab.apply(using(container))
    lab.step(3)
    assert waits(lab) == {"reason": "CreateContainerConfigError", "message": message}
    assert lab.events("Failed") == [("Failed", f"Error: {message}", 2)]
    lab.apply(*(config(kind, name, mode="fast") for kind in ("ConfigMap", "Secret") for name in ("settings", "all")))
    lab.step(13)
    assert lab.ready == 1


def test_a_container_waits_for_a_key(lab: Lab) -> None:
    lab.apply(config(other="fast"), using(from_("configMapKeyRef")))
    lab.step(3)
    assert waits(lab)["message"] == "couldn't find key mode in ConfigMap default/settings"
    lab.cluster.registry.patch(lab.cluster.registry.find(CONFIG_MAP, "default", "settings"), config(mode="fast"))
    lab.step(13)
    assert lab.ready == 1


def test_an_init_container_waits_too(lab: Lab) -> None:
    lab.apply(using(initContainers=[{"name": "first", "image": IMAGE, **from_("configMapKeyRef")}]))
    lab.step(3)
    (status,) = lab.pods[0].status["initContainerStatuses"]
    assert status["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    assert waits(lab) == {"reason": "PodInitializing"}


@pytest.mark.parametrize(
    ("volume", "problem"),
    [
        ({"secret": {"secretName": "keys"}}, 'secret "keys" not found'),
        ({"configMap": {"name": "keys"}}, 'configmap "keys" not found'),
        ({"projected": {"sources": [{"secret": {"name": "keys"}}]}}, 'secret "keys" not found'),
        (
            {"configMap": {"name": "settings", "items": [{"key": "file", "path": "x"}]}},
            "references non-existent config key: file",
        ),
    ],
)
def test_a_pod_waits_for_its_volumes(lab: Lab, volume: dict[str, Any], problem: str) -> None:
    lab.apply(config(), using(volumes=[{"name": "data", **volume}]))
    lab.step(2)
    assert waits(lab) == {"reason": "ContainerCreating"}
    message = f'MountVolume.SetUp failed for volume "data" : {problem}'
    assert lab.events("FailedMount") == [("FailedMount", message, 3)]
    lab.apply(config(file="x"), config(name="keys"), config("Secret", "keys"))
    lab.step(3)
    assert lab.ready == 1


@pytest.mark.parametrize(
    "pod",
    [
        using(from_("configMapKeyRef", optional=True)),
        using({"envFrom": [{"secretRef": {"name": "all", "optional": True}}]}),
        using({"env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}),
        using(volumes=[{"name": "data", "secret": {"secretName": "keys", "optional": True}}]),
        using(volumes=[{"name": "ca", "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}}]),
    ],
)
def test_what_is_optional_or_always_there_is_not_waited_for(lab: Lab, pod: dict[str, Any]) -> None:
    lab.apply(pod)
    lab.step(2)
    assert lab.ready == 1


def test_a_volume_stays_mounted_when_its_secret_is_deleted_but_a_new_pod_waits(lab: Lab) -> None:
    lab.apply(config("Secret", "keys"), using(volumes=[{"name": "data", "secret": {"secretName": "keys"}}]))
    lab.step(2)
    lab.cluster.store.remove(lab.cluster.registry.find(SECRET, "default", "keys"))
    lab.step(5)
    assert lab.ready == 1
    lab.delete(lab.pods[0])
    lab.step(5)
    assert (lab.ready, len(lab.events("FailedMount"))) == (0, 1)
