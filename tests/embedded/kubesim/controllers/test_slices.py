"""EndpointSlices: which pods a Service sends traffic to."""

from tests.embedded.lab import Lab
from tests.embedded.shop import deployment, service


def test_a_service_may_publish_pods_that_are_not_ready(lab: Lab) -> None:
    manifest = service()
    lab.apply({**manifest, "spec": {**manifest["spec"], "publishNotReadyAddresses": True}}, deployment(replicas=1))
    lab.inject("never-ready", "web")
    lab.step(5)
    assert lab.endpoints == [{"ready": True, "serving": False, "terminating": False}]
    lab.apply({**manifest, "spec": {**manifest["spec"], "publishNotReadyAddresses": False}})
    lab.step(1)
    assert lab.endpoints == [{"ready": False, "serving": False, "terminating": False}]
