"""Restarting one container of a pod: the change that makes the kubelet do it."""

from typing import Any

from ..errors import RefusedError
from ..kube.objects import Pod


def by_digest(pod: Pod, found: dict[str, Any], container: str | None) -> dict[str, Any]:
    """Return the fields of the pod that name the image of a container by its own digest.

    `found` is the pod as the API has it. Raises RefusedError where that cannot be done, with the reason.
    """
    # The API has no call that restarts a container. The kubelet does it when the image is changed, which is one of the
    # few fields of a running pod that may change; named by its digest it is the same image, and nothing is pulled.
    images = {each["name"]: each["image"] for each in found["spec"]["containers"]}
    name = _named(pod, images, container)
    statuses = found.get("status", {}).get("containerStatuses", [])
    digest = next((each.get("imageID", "") for each in statuses if each["name"] == name), "")
    if "@sha256:" not in digest:
        raise RefusedError(
            f"container {name} of pod {pod.name} cannot be restarted: its image {images[name]} has no digest to be "
            f"named by (imageID {digest or 'unknown'}), as when it was imported by hand; nothing was touched",
            code="NoImageDigest",
        )
    # Container runtimes used to write docker-pullable://NAME@sha256:... there.
    digest = digest.rpartition("//")[2]
    if images[name] == digest:
        raise RefusedError(
            f"container {name} of pod {pod.name} has been restarted by kill_container before, and would now wait in "
            f"its back-off: delete the pod between experiments; nothing was touched",
            code="RestartedBefore",
        )
    return {"spec": {"containers": {f"[name={name}]": {"image": digest}}}}


def _named(pod: Pod, images: dict[str, str], container: str | None) -> str:
    there = ", ".join(images)
    if container is None and len(images) > 1:
        why = f"pod {pod.name} has several containers ({there}): name one, container="
        raise RefusedError(why, code="SeveralContainers")
    if container is not None and container not in images:
        raise RefusedError(f"pod {pod.name} has no container {container} (there are: {there})", code="NoSuchContainer")
    return container or next(iter(images))
