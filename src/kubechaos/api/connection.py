"""Where the API server is and who we are there: plain data, so that it can be sent to another process."""

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from .secrets import Private


class Environment(dict[str, str]):
    """Environment variables; they never show themselves, as tokens are often passed by them."""

    def __repr__(self) -> str:
        return f"<{len(self)} environment variables>"


class ExecPlugin(Private, Struct, frozen=True, kw_only=True):
    """A program that prints credentials, as the `exec` section of a kubeconfig's user describes it.

    `cluster` is what the plugin learns about the cluster (spec.cluster of its ExecCredential), None if the kubeconfig
    does not set provideClusterInfo.
    """

    command: str
    api_version: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    install_hint: str = ""
    cluster: dict[str, Any] | None = None


class Impersonation(Private, Struct, frozen=True, kw_only=True):
    """The user, groups and extra fields that we ask the API server to take us for."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: dict[str, tuple[str, ...]] = {}  # msgspec copies an empty default for each value

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the Impersonate-* headers; a header with several values comes several times."""
        extra = [
            (f"Impersonate-Extra-{_escaped(key)}", value) for key, values in self.extra.items() for value in values
        ]
        groups = [("Impersonate-Group", group) for group in self.groups]
        uid = [("Impersonate-Uid", self.uid)] if self.uid else []
        return (("Impersonate-User", self.user), *uid, *groups, *extra)


def _escaped(key: str) -> str:
    # A header's name is a token of HTTP (RFC 9110 5.6.2), and a key of `extra` may be any string. client-go escapes it
    # like this (transport/round_trippers.go), and the API server decodes it.
    return quote(key, safe="!#$&'*+-.^_`|~")


class Connection(Private, Struct, frozen=True, kw_only=True):
    """One context of a kubeconfig, or the service account of the pod we run in.

    `server` is an absolute URL and may end in a path. Of each certificate and key there is a file, its PEM data, or
    neither. `proxy` is the URL of the proxy to go through, empty for none. `sources` are the kubeconfig files it was
    read from, in order, `source` is the one of them that defines the context, and `user` is the name of its user there;
    all empty for a service account.
    """

    context: str
    namespace: str
    server: str
    ca_file: str = ""
    ca_data: bytes = b""
    tls_server_name: str = ""
    insecure: bool = False
    proxy: str = ""
    certificate_file: str = ""
    certificate_data: bytes = b""
    key_file: str = ""
    key_data: bytes = b""
    token: str = ""
    token_file: str = ""
    username: str = ""
    password: str = ""
    exec: ExecPlugin | None = None
    impersonation: Impersonation | None = None
    sources: tuple[str, ...] = ()
    source: str = ""
    user: str = ""

    def __repr__(self) -> str:
        return f"<Connection {self.context} to {self.server}>"

    @property
    def origin(self) -> str:
        """Where it was read from, for messages."""
        if not self.sources:
            return f"context {self.context!r}"
        return f"kubeconfig {':'.join(self.sources)}, context {self.context!r}"
