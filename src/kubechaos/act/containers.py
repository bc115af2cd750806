"""Restarting one container of a pod: the change that makes the kubelet do it."""

from typing import Any, NamedTuple

from ..errors import RefusedError
from ..kube.fields import Json
from ..kube.objects import Pod


class _Found(NamedTuple):
    """A container of a pod: the list of the spec that it is in, its name, the image of its spec, and its status."""

    place: str
    name: str
    image: str
    status: Json


def by_digest(pod: Pod, found: Json, container: str | None) -> dict[str, Any]:
    """Return the fields of the pod that name the image of a container by its own digest.

    `found` is the pod as the API has it. Raises RefusedError where that cannot be done, with the reason.
    """
    # The API has no call that restarts a container. The kubelet does it when the image is changed, which is one of the
    # few fields of a running pod that may change; named by its digest it is the same image, and nothing is pulled.
    chosen = _chosen(pod, _containers(found), container)
    known = chosen.status.get("imageID", "")
    if "@sha256:" not in known:
        raise RefusedError(
            f"container {chosen.name} of pod {pod.name} cannot be restarted: its image {chosen.image} has no digest to "
            f"be named by (imageID {known or 'unknown'}), as when it was imported by hand; nothing was touched",
            code="NoImageDigest",
        )
    return {"spec": {chosen.place: {f"[name={chosen.name}]": {"image": _spelled_anew(chosen)}}}}


def _spelled_anew(container: _Found) -> str:
    """Return a name of the container's image that it has not had before."""
    # Container runtimes used to write docker-pullable://NAME@sha256:... there.
    digest = container.status["imageID"].rpartition("//")[2]
    restarts = container.status.get("restartCount", 0)
    if container.image != digest and not restarts:
        return str(digest)
    # It is named by its digest alone already, or may have been before. A tag beside a digest is ignored
    # (https://kubernetes.io/docs/concepts/containers/images/#image-names), so any makes another name of the same image.
    # A new one each time, as the kubelet counts its back-off for each name: the container starts at once.
    name, _, checksum = digest.partition("@")
    return f"{name}:kubechaos-{restarts + 1}@{checksum}"


def _containers(found: Json) -> list[_Found]:
    """Return the containers that run as long as the pod does; the sidecars last."""
    spec, status = found["spec"], found.get("status", {})
    # A sidecar is an init container that is always restarted (KEP-753); the others have ended by now.
    sidecars = [each for each in spec.get("initContainers", ()) if each.get("restartPolicy") == "Always"]
    lists = (
        ("containers", spec["containers"], status.get("containerStatuses", ())),
        ("initContainers", sidecars, status.get("initContainerStatuses", ())),
    )
    return [
        _Found(place, each["name"], each["image"], _status_of(each["name"], statuses))
        for place, containers, statuses in lists
        for each in containers
    ]


def _status_of(name: str, statuses: list[Json]) -> Json:
    return next((each for each in statuses if each["name"] == name), {})


def _chosen(pod: Pod, there: list[_Found], container: str | None) -> _Found:
    """Return the container of a name; the pod's only one beside sidecars if none is given."""
    names = ", ".join(each.name for each in there)
    if container is None:
        only, *others = [each for each in there if each.place == "containers"]
        if others:
            why = f"pod {pod.name} has several containers ({names}): name one, container="
            raise RefusedError(why, code="SeveralContainers")
        return only
    for each in there:
        if each.name == container:
            return each
    raise RefusedError(f"pod {pod.name} has no container {container} (there are: {names})", code="NoSuchContainer")
