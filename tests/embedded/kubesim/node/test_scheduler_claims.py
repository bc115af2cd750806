"""What the scheduler says of a claim that is not there, in the words of a real one; and the labels of nodes."""

from kubesim.store.kinds import CLAIM, NODE
from tests.embedded.lab import Lab
from tests.embedded.shop import deployment

CLAIMED = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}


def test_a_pod_waits_for_its_claim(lab: Lab) -> None:
    lab.apply(deployment(replicas=1, pod=CLAIMED))
    lab.step(30)
    ((_, message, count),) = lab.events("FailedScheduling")
    assert message == '0/2 nodes are available: persistentvolumeclaim "data" not found. not found'
    assert count in (None, 1), "nothing has changed, so nothing is tried again"
    assert lab.ready == 0
    lab.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {}})
    lab.step(5)
    assert [claim.status for claim in lab.all(CLAIM)] == [{"phase": "Bound"}]
    assert lab.ready == 1


def test_a_node_has_the_labels_of_a_real_one(lab: Lab) -> None:
    node, _ = lab.all(NODE)
    assert node.labels == {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": "node-1",
        "kubernetes.io/os": "linux",
    }
