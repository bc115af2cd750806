"""Answers that no API server would give, but a server did: none of them is a traceback out of our inside."""

from collections.abc import Iterator
from typing import Any

import pytest

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.errors import ApiError, UnreachableError
from kubechaos.observe.cluster import Access
from tests.loopback.rawserver import RawServer, failure, reply


@pytest.fixture
def access(server: RawServer) -> Iterator[Access]:
    """The access of a run to the scripted server."""
    made = Access.to(PinnedContext(Connection(context="raw", namespace="shop", server=server.url)))
    yield made
    made.close()


@pytest.mark.parametrize("date", ["yesterday", "", "Mon, 99 Foo 10000000 99:99:99 GMT", "²"])
def test_a_date_that_is_none_is_not_known(server: RawServer, access: Access, date: str) -> None:
    server.on("GET", "/x", reply({}, headers={"Date": date}))
    access.client.get("/x")
    assert access.client.server_time == 0.0


@pytest.mark.parametrize("seconds", ["²", "soon", "-1", "9" * 5000])
def test_a_retry_after_that_is_no_number_says_nothing(server: RawServer, access: Access, seconds: str) -> None:
    server.on("GET", "/x", failure(429, "busy", headers={"Retry-After": seconds}))
    with pytest.raises(ApiError, match="busy") as raised:
        access.client.get("/x")
    assert raised.value.retry_after is None


@pytest.mark.parametrize(
    "system", [{}, {"metadata": {}}, {"metadata": None}, {"metadata": {"uid": 7}}, {"metadata": []}]
)
def test_a_cluster_without_a_uid_has_none(server: RawServer, access: Access, system: Any) -> None:
    server.on("GET", "/version", reply({"gitVersion": ["v1"]}))
    server.on("GET", "/api/v1/namespaces/kube-system", reply(system))
    assert access.describe() == {"context": "raw", "server_version": None, "uid": None}


def test_a_version_with_control_characters_is_safe_to_print(server: RawServer, access: Access) -> None:
    server.on("GET", "/version", reply({"gitVersion": "v1\x1b[31m"}))
    server.on("GET", "/api/v1/namespaces/kube-system", failure(403, "no"))
    assert access.describe()["server_version"] == "v1?[31m"


@pytest.mark.parametrize("path", ["/a b", "/café", "/a\r\nHost: other", "/\x00"])
def test_a_path_that_is_no_part_of_a_url_is_an_error_of_ours(access: Access, path: str) -> None:
    with pytest.raises(UnreachableError, match=r"its path has a (character|line break)"):
        access.client.get(path)


def test_an_impersonated_name_with_a_line_break_is_an_error_of_ours(server: RawServer) -> None:
    from kubechaos.api.connection import Impersonation

    evil = Impersonation(user="jane\r\nImpersonate-Group: system:masters")
    client = Client(PinnedContext(Connection(context="r", namespace="s", server=server.url, impersonation=evil)))
    with pytest.raises(UnreachableError, match="its Impersonate-User has a line break"):
        client.get("/x")
    client.close()
    assert not server.requests
