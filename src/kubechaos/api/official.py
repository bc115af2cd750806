"""The official client, for calls of the user's own: the only place that imports `kubernetes`, when it is asked for."""

from itertools import product
from typing import Any
from urllib.parse import urlsplit

from .connection import Connection
from .credentials import Identity, PinnedContext
from .http import proxy_authorization


class Official:
    """Makes the official ApiClient of a pinned context; our deadlines are not its own."""

    def __init__(self, pinned: PinnedContext) -> None:
        self._pinned = pinned
        self._identity: Identity | None = None
        self._client: Any = None

    def client(self) -> Any:
        """Return the `kubernetes.client.ApiClient`, a new one where a certificate or the token has been renewed."""
        identity = self._pinned.identity
        if self._client is None or identity is not self._identity:
            self._client, self._identity = _api_client(self._pinned, identity), identity
        return self._client

    def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            self._client.close()


def _api_client(pinned: PinnedContext, identity: Identity) -> Any:
    from kubernetes import client

    connection = pinned.connection
    configuration = client.Configuration(
        host=connection.server,
        # An empty string, not None: that would read the environment's proxies by rules that are not ours.
        proxy=connection.proxy,
        no_proxy="",
        proxy_headers=dict(proxy_authorization(urlsplit(connection.proxy))),
        verify_ssl=not connection.insecure,
        tls_server_name=connection.tls_server_name or None,
    )
    configuration.refresh_api_key_hook = _renewal(pinned)
    configuration.refresh_api_key_hook(configuration)
    made = client.ApiClient(configuration)
    if identity.security is not None:
        # Handed over as it is: a certificate or a key that came as data need not be written to a file.
        made.rest_client.pool_manager.connection_pool_kw["ssl_context"] = identity.security
    for name, value in _impersonation(connection):
        made.set_default_header(name, value)
    return made


def _renewal(pinned: PinnedContext) -> Any:
    """Return what the official client calls before each request: it takes over the token of by now."""

    def refresh(configuration: Any) -> None:
        authorization = pinned.identity.credentials.authorization
        configuration.api_key = {"authorization": authorization} if authorization else {}

    return refresh


def _impersonation(connection: Connection) -> list[tuple[str, str]]:
    """Return the headers of impersonation, each under a name of its own.

    The official client keeps its headers in a dict, and a user of several groups needs one header several times. Names
    of headers are the same in every case, so each further one is written in another mixture of upper and lower.
    """
    if connection.impersonation is None:
        return []
    used: set[str] = set()
    headers = []
    for name, value in connection.impersonation.headers():
        spelling = next(each for each in _spellings(name) if each not in used)
        used.add(spelling)
        headers.append((spelling, value))
    return headers


def _spellings(name: str) -> Any:
    cases = [(each,) if each.upper() == each.lower() else (each, each.swapcase()) for each in name]
    return map("".join, product(*cases))
