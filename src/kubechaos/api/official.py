"""The official client, for the user's own calls. Only this module imports `kubernetes`, and only when it is used.

Its import takes some 25 MB of memory, which most runs save.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

from ..errors import RefusedError
from .connection import Connection
from .credentials import Identity, PinnedContext
from .http import proxy_authorization
from .secrets import sealed

WEBSOCKET_METHODS: Final = ("request", "call_api")
"""The methods that `kubernetes.stream` replaces: the first in older versions, the second in newer ones."""


class Official:
    """Makes the official ApiClient of a pinned context; it has no deadline unless the user gives it one."""

    def __init__(self, pinned: PinnedContext) -> None:
        self._pinned = pinned
        self._identity: Identity | None = None
        self._client: Any = None

    @sealed
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
    # Attributes, not arguments: the constructor takes most of them only in newer versions.
    configuration = client.Configuration(host=connection.server)
    # An empty string, not None: with None the client would look for a proxy itself, by rules that are not Go's.
    configuration.proxy = connection.proxy
    configuration.no_proxy = ""
    configuration.proxy_headers = dict(proxy_authorization(connection.proxy))
    configuration.verify_ssl = not connection.insecure
    configuration.tls_server_name = connection.tls_server_name or None
    configuration.refresh_api_key_hook = _renewal(pinned)
    configuration.refresh_api_key_hook(configuration)
    made: Any = client.ApiClient(configuration)
    pools = made.rest_client.pool_manager
    if identity.security is not None:
        # Our own TLS context. The client would write a certificate and a key that came as data to temporary files; a
        # process that is killed leaves them behind.
        pools.connection_pool_kw["ssl_context"] = identity.security
    if connection.insecure:
        pools.pool_classes_by_scheme = _without_warnings(pools.pool_classes_by_scheme)
    for name, value in _impersonation(connection):
        made.set_default_header(name, value)
    if connection.impersonation is not None:
        made.__class__ = _without_websockets(client.ApiClient, connection.impersonation.user)
    return made


def _without_warnings(pool_classes: Mapping[str, Any]) -> dict[str, Any]:
    """Return urllib3's classes, but that they do not warn of each request to a server that is not verified.

    The first line of the run has said it, and where warnings are errors each call would fail.
    """
    pool = pool_classes["https"]

    def connect(connection: Any) -> None:
        pool.ConnectionCls.connect(connection)
        connection.is_verified = True

    quiet = type("QuietConnection", (pool.ConnectionCls,), {"connect": connect})
    return {**pool_classes, "https": type("QuietPool", (pool,), {"ConnectionCls": quiet})}


def _without_websockets(base: Any, user: str) -> type:
    """Return the class of an ApiClient that `kubernetes.stream` cannot make its own.

    It replaces a method of the client by one that sends the Authorization header and no other
    (kubernetes/stream/ws_client.py, create_websocket): it would act as the kubeconfig's own user.
    """

    def assign(made: Any, name: str, value: Any) -> None:
        if name in WEBSOCKET_METHODS:
            raise RefusedError(
                f"kubernetes.stream does not act as {user!r}, as the kubeconfig says, but as who is behind it; "
                f"nothing was sent: use kubectl exec"
            )
        base.__setattr__(made, name, value)

    return type("ActingApiClient", (base,), {"__setattr__": assign})


def _renewal(pinned: PinnedContext) -> Any:
    """Return what the official client calls before each request: it takes the current token."""

    def refresh(configuration: Any) -> None:
        authorization = pinned.identity.credentials.authorization
        configuration.api_key = {"authorization": authorization} if authorization else {}

    return refresh


def _impersonation(connection: Connection) -> list[tuple[str, str]]:
    """Return the headers of impersonation, each under a name of its own.

    The official client keeps its headers in a dict, but a user with several groups needs one header several times.
    The names of headers are case-insensitive, so each repetition is spelled in another mixture of upper and lower case.
    """
    if connection.impersonation is None:
        return []
    used: set[str] = set()
    headers = []
    for name, value in connection.impersonation.headers():
        spelling = next(each for each in _spellings(name) if each not in used)
        used.add(spelling)
        # http.client encodes a header's text as Latin-1; the API server reads it as UTF-8.
        headers.append((spelling, value.encode().decode("latin-1")))
    return headers


def _spellings(name: str) -> Iterator[str]:
    """Yield a name in every mixture of upper and lower case, first as it is."""
    cases = [(each, each.swapcase()) if each.isalpha() else (each,) for each in name]
    return map("".join, product(*cases))
