"""What a StatefulSet makes of its volumeClaimTemplates: as seen on a real cluster, but that every claim is Bound."""

from kubesim.store.kinds import CLAIM, POD, STATEFUL_SET
from tests.embedded.lab import Lab
from tests.embedded.sets import stateful_set

TEMPLATE = {
    "metadata": {"name": "data", "labels": {"z": "1"}, "annotations": {"q": "2"}},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def test_each_pod_has_a_claim_of_each_template(lab: Lab) -> None:
    lab.apply(stateful_set(replicas=2, volumeClaimTemplates=[TEMPLATE]))
    lab.step(30)
    first, second = lab.all(CLAIM)
    assert (first.name, second.name) == ("data-web-0", "data-web-1")
    assert (first.labels, first.annotations) == ({"app": "web", "z": "1"}, {"q": "2"})
    assert (first.spec["volumeMode"], first.status) == ("Filesystem", {"phase": "Bound"})
    volumes = [pod.spec["volumes"] for pod in lab.all(POD)]
    assert volumes == [[{"name": "data", "persistentVolumeClaim": {"claimName": f"data-web-{n}"}}] for n in range(2)]
    assert lab.ready == 2
    said = [text for _, text, _ in lab.events("SuccessfulCreate") if "Claim" in text]
    assert "Create Claim data-web-0 Pod web-0 in StatefulSet web success" in said


def test_the_claim_outlives_its_pod_and_is_used_again(lab: Lab) -> None:
    lab.apply(stateful_set(replicas=1, volumeClaimTemplates=[TEMPLATE]))
    lab.step(30)
    (before,) = lab.all(CLAIM)
    (pod,) = lab.all(POD)
    lab.delete(pod)
    lab.step(30)
    assert [claim.uid for claim in lab.all(CLAIM)] == [before.uid]
    assert lab.ready == 1


def test_the_template_has_the_defaults_of_the_api_server(lab: Lab) -> None:
    lab.apply(stateful_set(volumeClaimTemplates=[TEMPLATE]))
    (made,) = lab.all(STATEFUL_SET)
    (template,) = made.spec["volumeClaimTemplates"]
    assert (template["kind"], template["apiVersion"]) == ("PersistentVolumeClaim", "v1")
    assert (template["spec"]["volumeMode"], template["status"]) == ("Filesystem", {"phase": "Pending"})
