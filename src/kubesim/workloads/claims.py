"""The claims that a StatefulSet makes for its pods, one of each template for each pod."""

from ..apiserver.registry import Registry
from ..controllers.recorder import Recorder
from ..store.kinds import CLAIM
from ..store.objects import Body, Stored


def make(registry: Registry, recorder: Recorder, stateful_set: Stored, pod: Body) -> Body:
    """Create the claims of a new pod that are not there yet; return the pod's spec with a volume for each."""
    name, volumes = pod["metadata"]["name"], []
    for template in stateful_set.spec.get("volumeClaimTemplates") or ():
        volume = template["metadata"]["name"]
        claim = f"{volume}-{name}"
        volumes.append({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
        if registry.store.get(CLAIM, stateful_set.namespace, claim) is None:
            registry.create(CLAIM, stateful_set.namespace, _claim(stateful_set, template, claim))
            message = f"Create Claim {claim} Pod {name} in StatefulSet {stateful_set.name} success"
            recorder.normal(stateful_set, "SuccessfulCreate", message)
    claimed = {each["name"] for each in volumes}
    others = [each for each in pod["spec"].get("volumes") or () if each["name"] not in claimed]
    return {**pod["spec"], "volumes": [*volumes, *others]}


def _claim(stateful_set: Stored, template: Body, name: str) -> Body:
    selected = stateful_set.spec["selector"].get("matchLabels") or {}
    labels = {**(template["metadata"].get("labels") or {}), **selected}
    meta = {**template["metadata"], "name": name, "labels": labels}
    return {"metadata": meta, "spec": template.get("spec") or {}}
