"""What an exec plugin prints, and what it is given."""

import json
from math import inf
from typing import Any

import pytest

from kubechaos.api import exec_plugin
from kubechaos.api.connection import ExecPlugin

V1 = "client.authentication.k8s.io/v1"


def printed(status: Any, version: str = V1, kind: str = "ExecCredential") -> bytes:
    return json.dumps({"apiVersion": version, "kind": kind, "status": status}).encode()


def test_a_token_is_read_with_its_expiration() -> None:
    read = exec_plugin.parse(printed({"token": "hush", "expirationTimestamp": "2030-01-01T00:00:00Z"}), V1)
    assert read == ("hush", b"", b"", 1893456000.0)
    assert "hush" not in repr(read)


def test_a_certificate_and_its_key_without_an_expiration_never_expire() -> None:
    status = {"clientCertificateData": "CERT", "clientKeyData": "KEY", "token": None}
    assert exec_plugin.parse(printed(status), V1) == ("", b"CERT", b"KEY", inf)


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (b"hush", "did not print an ExecCredential"),
        (b"", "did not print an ExecCredential"),
        (b"\xff\xfe", "did not print an ExecCredential"),
        (printed({"token": "hush"}, V1 + "beta1"), "v1beta1, not ExecCredential client.authentication.k8s.io/v1"),
        (printed({"token": "hush"}, kind="Secret"), "printed another object, not ExecCredential"),
        (printed({"token": "hush"}, "hush"), "printed another object, not ExecCredential"),
        (printed({"token": "hush"}, V1 + "hush"), "printed another object, not ExecCredential"),
        (b"[" * 10**5, "did not print an ExecCredential"),
        (printed({"token": "hush", "expirationTimestamp": "2030-01-01T00:00:00"}), "RFC3339|timezone"),
        (printed(None), "neither a token nor a client certificate"),
        (printed({"token": ""}), "neither a token nor a client certificate"),
        (printed({"clientKeyData": "hush"}), "without the other"),
        (printed({"token": 7}), "Expected `str"),
    ],
)
def test_output_that_is_no_credential_is_refused_and_not_quoted(output: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        exec_plugin.parse(output, V1)
    assert "hush" not in str(raised.value)


def test_a_plugin_is_run_without_a_terminal() -> None:
    plugin = ExecPlugin(command="plugin", api_version=V1)
    assert json.loads(exec_plugin.exec_info(plugin)) == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }


def test_a_plugin_with_provide_cluster_info_gets_the_cluster() -> None:
    plugin = ExecPlugin(command="plugin", api_version=V1, cluster={"server": "https://it"})
    assert json.loads(exec_plugin.exec_info(plugin))["spec"]["cluster"] == {"server": "https://it"}
