"""Credentials that a program prints: ExecCredential of client.authentication.k8s.io.

The rules are client-go's (plugin/pkg/client/auth/exec), described at
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins: the answer must be
of the apiVersion that the kubeconfig names, credentials count until their expirationTimestamp, and after a 401 the
plugin is run again. Two things are ours: it gets no terminal, as a test run has nobody to ask, and it has a deadline.
"""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Annotated, Final, NamedTuple

import msgspec

from ..errors import KubeconfigError
from .connection import Environment, ExecPlugin

EXEC_DEADLINE: Final = 30.0
"""Seconds in which a plugin must have printed its credentials; some ask an identity provider over the network."""
QUOTED: Final = 300
"""How many characters of a plugin's stderr an error quotes, from its end."""

VERSION: Final = re.compile(r"client\.authentication\.k8s\.io/v\d{1,2}((alpha|beta)\d{1,2})?")
BLANK: Final = "***"
SHORTEST_SECRET: Final = 6
SECRET_NAME: Final = re.compile(r"token|secret|passw|credential|key", re.IGNORECASE)
"""Names of variables whose values are not to be shown."""
PRINTED_WORD: Final = re.compile(r"[^\s\"']{20,}")
"""What may be a token, or a line of a key, among what a plugin has printed."""
NAMED_SECRET: Final = re.compile(
    r"((?:token|secret|passw\w*|key)(?:[\"']\s*:\s*|=)[\"']?|bearer\s+)[^\s\"',;&}]+", re.IGNORECASE
)
"""A secret by what stands before it: `token=...`, `"password": "..."`, `Bearer ...`."""
URL_PASSWORD: Final = re.compile(r"(://[^\s/@]*:)[^\s/@]+(?=@)")
JWT: Final = re.compile(r"eyJ[\w-]+(\.[\w-]+)*")


class ExecCredentials(NamedTuple):
    """A plugin's answer: a token, a client certificate with its key as PEM, or both; `expires` in epoch seconds."""

    token: str
    certificate: bytes
    key: bytes
    expires: float

    def __repr__(self) -> str:
        return f"<ExecCredentials until {self.expires}>"


class _Output(NamedTuple):
    """What a plugin has printed; it never shows itself, as there is a token in it."""

    printed: bytes
    complaints: bytes

    def __repr__(self) -> str:
        return f"<{len(self.printed)} bytes>"


class _Status(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class _ExecCredential(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    status: _Status | None = None


def run(plugin: ExecPlugin, environment: Mapping[str, str], deadline: float = EXEC_DEADLINE) -> ExecCredentials:
    """Run the plugin and return its credentials.

    Raises KubeconfigError with the plugin's name and what went wrong: to go on without credentials would be to go on
    as somebody else.
    """
    name = _named(plugin)
    command = [plugin.command, *plugin.args]
    variables = Environment({**environment, **dict(plugin.env), "KUBERNETES_EXEC_INFO": exec_info(plugin)})
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
    except (OSError, ValueError) as error:
        hint = f"; {plugin.install_hint.strip()}" if plugin.install_hint.strip() else ""
        why = getattr(error, "strerror", None) or str(error)
        raise KubeconfigError(f"{name} could not be started: {why}{hint}") from None
    output = _output(process, plugin, deadline)
    if process.returncode != 0:
        raise KubeconfigError(f"{name} ended with exit code {process.returncode}{_quoted(output, plugin)}")
    try:
        return parse(output.printed, plugin.api_version)
    except ValueError as error:
        raise KubeconfigError(f"{name} {error}{_quoted(output, plugin)}") from None


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"did not print an ExecCredential: {error}") from None
    if (printed.kind, printed.api_version) != ("ExecCredential", api_version):
        raise ValueError(f"printed {_described(printed)}, not ExecCredential {api_version}")
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


def _described(printed: _ExecCredential) -> str:
    # Only what is an apiVersion of this API: anything else that a plugin prints may be its secret.
    if printed.kind == "ExecCredential" and VERSION.fullmatch(printed.api_version):
        return f"ExecCredential {printed.api_version}"
    return "another object"


def _named(plugin: ExecPlugin) -> str:
    return f"exec plugin {plugin.command}"


def _output(process: subprocess.Popen[bytes], plugin: ExecPlugin, deadline: float) -> _Output:
    try:
        return _Output(*process.communicate(timeout=deadline))
    except subprocess.TimeoutExpired as error:
        output = _Output(error.stdout or b"", error.stderr or b"")
        raise KubeconfigError(
            f"{_named(plugin)} printed no credentials within {deadline:g} s{_quoted(output, plugin)}"
        ) from None
    finally:
        # Also after Ctrl-C: the terminal sends it to our process group only, and the plugin is in another one.
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    # Not asked whether it runs: it may have ended and left something that does. Until it is waited for, its number
    # belongs to nobody else.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _quoted(output: _Output, plugin: ExecPlugin) -> str:
    """Quote the end of a plugin's stderr in one printable line, without the secrets that may be in it."""
    words = _without_secrets(" ".join(output.complaints.decode(errors="replace").split()), output, plugin)
    printable = "".join(each for each in words if each.isprintable())
    # It goes into a terminal and into CI logs, where control characters could hide or forge lines.
    return f": {printable[-QUOTED:]}" if printable else ""


def _without_secrets(text: str, output: _Output, plugin: ExecPlugin) -> str:
    """Blank what may be a secret: a script with `set -x` repeats what it prints and its variables on stderr."""
    known = {value for name, value in plugin.env if SECRET_NAME.search(name)}
    known |= set(PRINTED_WORD.findall(output.printed.decode(errors="replace"))) - {plugin.api_version}
    for each in sorted(known, key=len, reverse=True):
        if len(each) >= SHORTEST_SECRET:
            text = text.replace(each, BLANK)
    for pattern in (NAMED_SECRET, URL_PASSWORD):
        text = pattern.sub(rf"\1{BLANK}", text)
    return JWT.sub(BLANK, text)
