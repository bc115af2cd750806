"""The first line of a run: which cluster, and as whom."""

import pytest

from kubechaos.api.connection import Connection, Impersonation
from kubechaos.plugin import terminal
from kubechaos.settings import Settings


def header(context: str = "dev", namespace: str | None = None, **connection: object) -> str:
    """The first line of a run of two tests."""
    settings = Settings(
        context=context,
        namespace=namespace,
        target=("Deployment", "web"),
        within=60,
        settle=60,
        stable_for=10,
        seed="7",
        results="results",
        manifests=(),
        run="run",
        started="now",
    )
    return terminal.header(
        settings, Connection(context=context, namespace="shop", server="https://api:6443", **connection), 2
    )


def test_the_first_line_names_context_server_kubeconfig_and_namespace() -> None:
    assert header(sources=("/a", "/b"), source="/b") == (
        "kubechaos: 2 chaos tests on context dev (https://api:6443, kubeconfig /b), namespace shop, "
        "default target deployment/web, seed 7; about 4 min at one fault a test"
    )
    assert "namespace other, " in header(namespace="other")


def test_the_first_line_names_the_service_account_of_a_pod() -> None:
    assert "on context in-cluster (https://api:6443, the pod's service account)," in header("in-cluster")


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ({"impersonation": Impersonation(user="jane")}, "on context dev as jane (https://api:6443,"),
        ({"insecure": True}, "its certificate NOT VERIFIED: insecure-skip-tls-verify), namespace"),
    ],
    ids=["as", "insecure"],
)
def test_the_first_line_says_as_whom_and_whether_the_server_is_verified(
    connection: dict[str, object], said: str
) -> None:
    assert said in header(source="/b", **connection)


def test_the_first_line_of_a_simulation_says_so_and_names_no_server() -> None:
    line = header("embedded", source="/tmp/kubeconfig")
    assert line.startswith("kubechaos: SIMULATED, 20 times as fast")
    assert "on context embedded, namespace shop" in line
