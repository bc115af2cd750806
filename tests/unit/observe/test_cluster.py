"""Naming targets: what no object can be called is refused before anything is asked of a cluster."""

from typing import Any, cast

import pytest

from kubechaos.errors import ArgumentError
from kubechaos.observe.cluster import Access, Cluster

CLUSTER = Cluster(Access(*cast(Any, (None, None, None)), context="dev"), "shop")
NO_NAMES = ["", None, 7, "web/scale", "../web", "..", "web?x=1", "web%2f", "Web", "web ", "web-", "w" * 254]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_cannot_be_a_name_is_refused(name: Any) -> None:
    with pytest.raises(ArgumentError, match=r"the name of the StatefulSet is .*; a name has lower case letters"):
        CLUSTER.statefulset(name)


@pytest.mark.parametrize("namespace", [name for name in NO_NAMES if name is not None])
def test_what_cannot_be_a_namespace_is_refused(namespace: Any) -> None:
    with pytest.raises(ArgumentError, match="namespace is "):
        CLUSTER.deployment("web", namespace=namespace)


@pytest.mark.parametrize("selector", ["", "  ", None, 7])
def test_an_empty_selector_is_refused(selector: Any) -> None:
    with pytest.raises(ArgumentError, match=r"the selector of cluster.pods is empty, which would mean every pod"):
        CLUSTER.pods(selector, expect=3)


@pytest.mark.parametrize("name", ["web", "web-1", "web.v2", "0", "w" * 253])
def test_what_can_be_a_name_is_taken(name: str) -> None:
    assert CLUSTER.deployment(name).ref.name == name
