"""A context pinned for the run: its server stays the same, its credentials may be renewed."""

import base64
import os
import ssl
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from ..errors import ConfigError, KubeconfigError
from . import contexts, exec_plugin, kubeconfig, proxies, tls
from .connection import Connection, Environment
from .secrets import Secret, SecretBytes, sealed

IN_CLUSTER: Final = "in-cluster"
RETRY: Final = 10.0
"""Seconds after which credentials that have expired are read again, where that brought no others."""
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Credentials(NamedTuple):
    """Who we are: an Authorization header, a client certificate with its key, or both; valid until `expires`.

    `expires` is in epoch seconds, infinite where it is unknown.
    """

    authorization: Secret = Secret()
    certificate: bytes = b""
    key: SecretBytes = SecretBytes()
    expires: float = inf

    def __repr__(self) -> str:
        return f"<Credentials until {self.expires}>"

    @property
    def expired(self) -> bool:
        """True once they are no longer valid."""
        return self.expires <= time.time()


class Identity(NamedTuple):
    """Credentials, and the TLS context that shows their certificate; None where the server speaks plain HTTP."""

    credentials: Credentials
    security: ssl.SSLContext | None


class PinnedContext:
    """A context as it was when the run began: a later `kubectl config use-context` cannot redirect us.

    Only its credentials may change: a token or a certificate is rotated in its file, or by an exec plugin. All clients
    share one instance, from several threads; what changes is replaced in one assignment, so readers need no lock.

    `environment` is for exec plugins, and for what the kubeconfig does not say; without it, that of this process as it
    is now. A test that sets HOME, PATH or AWS_PROFILE for its own purposes must not make somebody else of us.
    """

    def __init__(self, connection: Connection, environment: Mapping[str, str] | None = None) -> None:
        self.connection = connection
        self._environment = Environment(os.environ if environment is None else environment)
        self.failure = ""
        """Why the credentials could not be renewed, empty if they could."""
        self._identity = _read_identity(connection, connection, self._environment)
        self._renewing = Lock()
        self._retry_at = 0.0

    @property
    def context(self) -> str:
        """The name of the context."""
        return self.connection.context

    @property
    def namespace(self) -> str:
        """The namespace of the context."""
        return self.connection.namespace

    @property
    @sealed
    def identity(self) -> Identity:
        """Who we are now; credentials that have expired are renewed first, and kept where they cannot be."""
        if self._identity.credentials.expired:
            with self._renewing:
                self._replace_expired()
        return self._identity

    @sealed
    def _replace_expired(self) -> None:
        # A plugin may print what has expired, or hang until its deadline. All threads ask before each request.
        if self._identity.credentials.expired and time.time() >= self._retry_at:
            self._renew(self._identity.credentials)
            self._retry_at = time.time() + RETRY

    @sealed
    def renew(self, used: Credentials) -> bool:
        """Read the credentials again; return whether there are now others than those that were `used`."""
        # One thread at a time: a plugin may use up a stored refresh token, and whoever waited finds the work done.
        with self._renewing:
            if _same(self._identity.credentials, used):
                self._renew(used)
            return not _same(self._identity.credentials, used)

    def _renew(self, used: Credentials) -> None:
        try:
            self._identity = self._read_again(used)
            self.failure = ""
        except ConfigError as error:
            self.failure = str(error)

    def _read_again(self, used: Credentials) -> Identity:
        """Return who we are by the kubeconfig, or the token file of a service account, as it is now.

        Raises KubeconfigError if it leads to another server or user, or has lost its token.
        """
        current = self.connection
        # The kubeconfig, too: `oc login` and its like write a new token into it.
        if current.sources:
            files = kubeconfig.load(current.sources)
            current = contexts.connection(files, current.context, self._environment)
        for what in ("server", "user", "impersonation"):
            if getattr(current, what) != getattr(self.connection, what):
                raise KubeconfigError(f"{current.origin} leads to another {what} now")
        identity = _read_identity(self.connection, current, self._environment)
        # As after a logout, or while the file is being written. Without a token we would go on as system:anonymous.
        if used.authorization and not identity.credentials.authorization:
            raise KubeconfigError(f"{current.origin} has no token any more")
        return identity


def _same(one: Credentials, other: Credentials) -> bool:
    return (one.authorization, one.certificate) == (other.authorization, other.certificate)


@sealed
def pin(context: str, path: Path | None = None) -> PinnedContext:
    """Read the named context of a kubeconfig, the user's own or the one at `path`, and keep it.

    KUBECONFIG, proxies and what exec plugins inherit are taken from the environment as it is now. Raises
    UnknownContextError and KubeconfigError, each naming what is wrong and what there is.
    """
    environment = Environment(os.environ)
    if context == IN_CLUSTER:
        return PinnedContext(service_account(SERVICE_ACCOUNT, environment), environment)
    sources = kubeconfig.paths(environment) if path is None else (str(path.absolute()),)
    return PinnedContext(contexts.connection(kubeconfig.load(sources), context, environment), environment)


def service_account(folder: Path, environment: Environment) -> Connection:
    """Return the connection of the pod that we run in; raises KubeconfigError where it has no service account."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "")
    try:
        if not host or not port:
            raise OSError("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set")
        namespace = (folder / "namespace").read_text().strip()
        (folder / "token").read_bytes()
        (folder / "ca.crt").read_bytes()
    except (OSError, ValueError) as error:
        raise KubeconfigError(
            f"--chaos-context {IN_CLUSTER}: this is not a pod with a service account: {error}"
        ) from None
    if ":" in host:
        host = f"[{host}]"  # an IPv6 address
    server = f"https://{host}:{port}"
    return Connection(
        context=IN_CLUSTER,
        namespace=namespace or "default",
        server=server,
        ca_file=str(folder / "ca.crt"),
        token_file=str(folder / "token"),
        proxy=proxies.from_environment(server, environment),
    )


def _read_identity(pinned: Connection, current: Connection, environment: Environment) -> Identity:
    """Read the credentials of `current`, by a plugin if need be, and make the TLS context to show them in.

    The server is trusted by the authorities of `pinned`. Raises KubeconfigError.
    """
    try:
        credentials = _checked(_credentials(current, environment))
        if not pinned.server.startswith("https:"):
            return Identity(credentials, None)
        authorities = _pem(pinned.ca_file, pinned.ca_data, "certificate-authority")
        security = tls.trusting(authorities, pinned.insecure)
        if credentials.certificate:
            tls.show(security, credentials.certificate, credentials.key)
    except KubeconfigError as error:
        raise KubeconfigError(f"{current.origin}: {error}") from None
    return Identity(credentials, security)


def _credentials(connection: Connection, environment: Environment) -> Credentials:
    """Read the credentials; as in kubectl, a plugin is run only where nothing else of the user says who we are."""
    certificate = _pem(connection.certificate_file, connection.certificate_data, "client-certificate")
    key = SecretBytes(_pem(connection.key_file, connection.key_data, "client-key"))
    token = _token(connection)
    if token:
        return Credentials(Secret(f"Bearer {token}"), certificate, key)
    if connection.username or connection.password:
        pair = f"{connection.username}:{connection.password}".encode()
        return Credentials(Secret(f"Basic {base64.b64encode(pair).decode()}"), certificate, key)
    if certificate or connection.exec is None:
        return Credentials(Secret(), certificate, key)
    printed = exec_plugin.run(connection.exec, environment)
    bearer = Secret(f"Bearer {printed.token}") if printed.token else Secret()
    return Credentials(bearer, printed.certificate, SecretBytes(printed.key), printed.expires)


def _token(connection: Connection) -> str:
    """Return the token of the file; where it cannot be read, that of the kubeconfig, as client-go does."""
    if not connection.token_file:
        return connection.token
    try:
        read = Path(connection.token_file).read_text().strip()
    except (OSError, ValueError) as error:
        if connection.token:
            return connection.token
        raise KubeconfigError(f"its tokenFile cannot be read: {error}") from None
    if not (read or connection.token):
        raise KubeconfigError(f"its tokenFile {connection.token_file} is empty")
    return read or connection.token


def _pem(path: str, data: bytes, name: str) -> bytes:
    if data or not path:
        return data
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise KubeconfigError(f"its {name} cannot be read: {error}") from None


def _checked(credentials: Credentials) -> Credentials:
    """Refuse what no header can hold: http.client would, too, but its error quotes the token."""
    if any(not " " <= each <= "~" for each in credentials.authorization):
        raise KubeconfigError("its token holds a character that no header may have: a line break, say")
    return credentials
