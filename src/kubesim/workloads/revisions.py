"""The ReplicaSets of a Deployment: one for every template that it has had."""

import zlib
from typing import Final

from ..apiserver.registry import ALPHABET, Registry
from ..store.kinds import REPLICA_SET
from ..store.objects import Body, Stored, encode
from .pods import controlled_by

HASH: Final = "pod-template-hash"
REVISION: Final = "deployment.kubernetes.io/revision"


def hashed(value: Body) -> str:
    """Return the hash of a template, in the letters of the real one."""
    number = zlib.crc32(encode(value))
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(number))


def split(registry: Registry, deployment: Stored) -> tuple[Stored | None, list[Stored]]:
    """Return the ReplicaSet of the current template, if there is one, and the others from old to young."""
    owned = sorted(registry.store.owned(REPLICA_SET, deployment.uid), key=lambda each: (revision(each), each.name))
    wanted = hashed(deployment.spec["template"])
    new = next((each for each in owned if each.labels.get(HASH) == wanted), None)
    return new, [each for each in owned if each is not new]


def revision(obj: Stored) -> int:
    """Return an object's revision; 0 if it has none yet."""
    return int(obj.annotations.get(REVISION, "0"))


def replica_set(deployment: Stored, replicas: int, number: int) -> Body:
    """Return the ReplicaSet of a Deployment's template."""
    hash_ = hashed(deployment.spec["template"])
    template, selector = deployment.spec["template"], deployment.spec["selector"]
    meta = template.get("metadata") or {}
    labels = {**(meta.get("labels") or {}), HASH: hash_}
    least = {}
    if deployment.spec.get("minReadySeconds"):
        least["minReadySeconds"] = deployment.spec["minReadySeconds"]
    chosen = {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH: hash_}}
    return {
        "metadata": {
            "name": f"{deployment.name}-{hash_}",
            "labels": labels,
            "annotations": {REVISION: str(number)},
            "ownerReferences": [controlled_by(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": chosen,
            "template": {**template, "metadata": {**meta, "labels": labels}},
            **least,
        },
    }
