"""Which change of a pod makes the kubelet restart a container."""

from typing import Any

import pytest

from kubechaos.act.containers import by_digest
from kubechaos.errors import RefusedError
from kubechaos.kube.objects import Pod

POD = Pod("shop", "web-a", "a", "1")
CHECKSUM = f"sha256:{'0' * 64}"
DIGEST = f"registry:5000/team/web@{CHECKSUM}"


def container(name: str, image: str = "team/web:1", **fields: Any) -> dict[str, Any]:
    """A container of a pod's spec."""
    return {"name": name, "image": image, **fields}


def status(name: str, restarts: int = 0, digest: str = DIGEST) -> dict[str, Any]:
    """A container's status."""
    return {"name": name, "imageID": digest, "restartCount": restarts}


def image(found: dict[str, Any], name: str | None = None, place: str = "containers") -> str:
    """Return the image that the only container is given."""
    (change,) = by_digest(POD, found, name)["spec"][place].values()
    return str(change["image"])


def alone(image: str, restarts: int = 0) -> dict[str, Any]:
    """A pod of one container."""
    statuses = [status("app", restarts)]
    return {"spec": {"containers": [container("app", image)]}, "status": {"containerStatuses": statuses}}


def test_an_image_is_named_by_its_digest() -> None:
    assert image(alone("team/web:1")) == DIGEST


def test_an_image_that_is_named_by_its_digest_alone_gets_a_tag_which_changes_nothing() -> None:
    assert image(alone(DIGEST)) == f"registry:5000/team/web:kubechaos-1@{CHECKSUM}"


def test_no_name_is_given_twice_as_its_back_off_would_be_waited_for() -> None:
    names = ["team/web:1"]
    for restarts in range(4):
        names.append(image(alone(names[-1], restarts)))
    assert len(set(names)) == 5


def sidecar_pod() -> dict[str, Any]:
    """A pod with a sidecar, an init container that has ended, and a container."""
    inits = [container("migrate"), container("proxy", restartPolicy="Always")]
    return {
        "spec": {"containers": [container("app")], "initContainers": inits},
        "status": {
            "containerStatuses": [status("app")],
            "initContainerStatuses": [status("migrate"), status("proxy")],
        },
    }


def test_a_sidecar_is_found_among_the_init_containers() -> None:
    assert image(sidecar_pod(), "proxy", "initContainers") == DIGEST


def test_a_container_that_is_alone_beside_sidecars_need_not_be_named() -> None:
    assert image(sidecar_pod()) == DIGEST


def test_an_init_container_that_has_ended_cannot_be_restarted() -> None:
    with pytest.raises(RefusedError, match=r"no container migrate \(there are: app, proxy\)"):
        by_digest(POD, sidecar_pod(), "migrate")


def test_one_of_several_containers_must_be_named() -> None:
    found = {"spec": {"containers": [container("app"), container("side")]}}
    with pytest.raises(RefusedError, match=r"several containers \(app, side\)"):
        by_digest(POD, found, None)


@pytest.mark.parametrize("digest", ["", "sha256:ab"])
def test_an_image_without_a_digest_is_refused(digest: str) -> None:
    found = {**alone("team/web:1"), "status": {"containerStatuses": [status("app", digest=digest)]}}
    with pytest.raises(RefusedError, match="has no digest"):
        by_digest(POD, found, None)
