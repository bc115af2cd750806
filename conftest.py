"""What the tests of `tests_chaos` share: the Deployment with a probe of what its users see."""

import pytest

from kubechaos import Cluster, Target


@pytest.fixture
def answering(cluster: Cluster, healthy_deployment: Target) -> Target:
    """The healthy Deployment; it has recovered only when its Service answers again, too."""
    return healthy_deployment.steady_when(cluster.http("/", service="timeserver", port=80))
