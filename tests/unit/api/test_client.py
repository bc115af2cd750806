"""Which requests the API server answers itself."""

import pytest

from kubechaos.api.client import Request


@pytest.mark.parametrize(
    ("path", "proxied"),
    [
        ("/api/v1/namespaces/shop/services/web:80/proxy/health?deep=1", True),
        ("/api/v1/namespaces/shop/services/https:web:443/proxy/", True),
        ("/api/v1/namespaces/proxy/pods/proxy/proxy", True),
        ("/api/v1/nodes/n/proxy/healthz", True),
        ("/api/v1/namespaces/proxy/pods", False),
        ("/api/v1/namespaces/proxy/services/web", False),
        ("/api/v1/namespaces/shop/pods/proxy/eviction", False),
        ("/apis/apps/v1/namespaces/shop/deployments/proxy/scale", False),
        ("/api/v1/namespaces/shop/configmaps/web/proxy/x", False),
    ],
)
def test_only_pods_services_and_nodes_are_proxied_to(path: str, proxied: bool) -> None:
    assert Request("GET", path).is_proxied is proxied
