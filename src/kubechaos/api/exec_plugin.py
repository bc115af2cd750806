"""Credentials that a program prints: ExecCredential of client.authentication.k8s.io.

The rules are client-go's (plugin/pkg/client/auth/exec), described at
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins: the answer must be
of the apiVersion that the kubeconfig names, credentials count until their expirationTimestamp, and after a 401 the
plugin is run again. Two things are ours: it gets no terminal, as a test run has nobody to ask, and it has a deadline.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Final, NamedTuple

import msgspec

from ..errors import KubeconfigError
from .connection import ExecPlugin

EXEC_DEADLINE: Final = 30.0
"""Seconds in which a plugin must have printed its credentials; some ask an identity provider over the network."""
QUOTED: Final = 300
"""How many characters of a plugin's stderr an error quotes, from its end."""


class ExecCredentials(NamedTuple):
    """A plugin's answer: a token, a client certificate with its key as PEM, or both; `expires` in epoch seconds."""

    token: str
    certificate: bytes
    key: bytes
    expires: float

    def __repr__(self) -> str:
        return f"<ExecCredentials until {self.expires}>"


class _Status(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: datetime | None = None


class _ExecCredential(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    status: _Status | None = None


def run(plugin: ExecPlugin, environment: Mapping[str, str], deadline: float = EXEC_DEADLINE) -> ExecCredentials:
    """Run the plugin and return its credentials.

    Raises KubeconfigError with the plugin's name and what went wrong: to go on without credentials would be to go on
    as somebody else.
    """
    name = f"exec plugin {plugin.command}"
    command = [plugin.command, *plugin.args]
    variables = {**environment, **dict(plugin.env), "KUBERNETES_EXEC_INFO": exec_info(plugin)}
    try:
        # In a session, hence a process group, of its own: what the plugin itself has started is ended with it.
        process = subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        hint = f"; {plugin.install_hint.strip()}" if plugin.install_hint.strip() else ""
        raise KubeconfigError(f"{name} could not be started: {error.strerror}{hint}") from None
    output, complaints = _output(process, name, deadline)
    if process.returncode != 0:
        raise KubeconfigError(f"{name} ended with exit code {process.returncode}{_quoted(complaints)}")
    try:
        return parse(output, plugin.api_version)
    except ValueError as error:
        raise KubeconfigError(f"{name} {error}{_quoted(complaints)}") from None


def exec_info(plugin: ExecPlugin) -> str:
    """Return the value of KUBERNETES_EXEC_INFO: our apiVersion and, with provideClusterInfo, the cluster."""
    spec: dict[str, object] = {"interactive": False}
    if plugin.cluster is not None:
        spec["cluster"] = plugin.cluster
    info = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
    return msgspec.json.encode(info).decode()


def parse(output: bytes, api_version: str) -> ExecCredentials:
    """Return what an ExecCredential holds; raises ValueError, which quotes nothing of it, since it holds secrets."""
    try:
        printed = msgspec.json.decode(output, type=_ExecCredential)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"did not print an ExecCredential: {error}") from None
    if (printed.kind, printed.api_version) != ("ExecCredential", api_version):
        raise ValueError(f"printed {printed.kind} {printed.api_version}, not ExecCredential {api_version}")
    status = printed.status or _Status()
    certificate, key = status.client_certificate_data or "", status.client_key_data or ""
    if not (status.token or certificate or key):
        raise ValueError("printed no credentials: neither a token nor a client certificate")
    if bool(certificate) != bool(key):
        raise ValueError("printed a client certificate or a key without the other")
    expires = inf
    if status.expiration_timestamp is not None:
        expires = status.expiration_timestamp.timestamp()
    return ExecCredentials(status.token or "", certificate.encode(), key.encode(), expires)


def _output(process: subprocess.Popen[bytes], name: str, deadline: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired as error:
        raise KubeconfigError(
            f"{name} printed no credentials within {deadline:g} s{_quoted(error.stderr or b'')}"
        ) from None
    finally:
        # Also after Ctrl-C: the terminal sends it to our process group only, and the plugin is in another one.
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _quoted(complaints: bytes) -> str:
    """Quote the end of a plugin's stderr in one printable line."""
    words = " ".join(complaints.decode(errors="replace").split())
    printable = "".join(each for each in words if each.isprintable())
    # It goes into a terminal and into CI logs, where control characters could hide or forge lines.
    return f": {printable[-QUOTED:]}" if printable else ""
