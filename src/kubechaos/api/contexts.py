"""One context of the kubeconfig as a Connection; what kubectl refuses is refused, for the same reasons.

The rules are those of client-go's tools/clientcmd (validation.go and client_config.go).
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ..errors import ConfigError, KubeconfigError
from . import proxies
from .connection import Connection, ExecPlugin, Impersonation
from .kubeconfig import Cluster, Exec, Kubeconfig, User

EXEC_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
EXEC_EXTENSION: Final = "client.authentication.k8s.io/exec"
"""The extension of a cluster whose content is for exec plugins."""
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
"""Characters that no header may have: a line break would begin another one."""
MODES: Final = ("Never", "IfAvailable", "Always")


def connection(kubeconfig: Kubeconfig, context: str, environment: Mapping[str, str]) -> Connection:
    """Return the named context as a Connection; raises UnknownContextError or KubeconfigError naming what is wrong."""
    found, cluster, user = kubeconfig.entry(context)
    where = f"kubeconfig {kubeconfig.named}, context {context!r}"
    problems = [*_cluster_problems(found.cluster, cluster), *_user_problems(found.user, user)]
    if problems:
        raise KubeconfigError(f"{where}: {'; '.join(problems)}")
    try:
        return _connection(kubeconfig, context, environment)
    except (ConfigError, ValueError) as error:
        raise KubeconfigError(f"{where}: {error}") from None


def _connection(kubeconfig: Kubeconfig, context: str, environment: Mapping[str, str]) -> Connection:
    found, cluster, user = kubeconfig.entry(context)
    server = _server(cluster, user)
    if server.startswith("http:") and not proxies.is_loopback(urlsplit(server).hostname or ""):
        # As in kubectl: over plain HTTP anybody on the way could read the credentials. On loopback there is nobody.
        user = User()
    ca_data = _decoded(cluster.certificate_authority_data, "certificate-authority-data")
    return Connection(
        context=context,
        namespace=found.namespace or "default",
        server=server,
        ca_file=cluster.certificate_authority,
        ca_data=ca_data,
        tls_server_name=cluster.tls_server_name,
        insecure=cluster.insecure_skip_tls_verify,
        proxy=_proxy(server, cluster, environment),
        certificate_file=user.client_certificate,
        certificate_data=_decoded(user.client_certificate_data, "client-certificate-data"),
        key_file=user.client_key,
        key_data=_decoded(user.client_key_data, "client-key-data"),
        token=user.token,
        token_file=user.token_file,
        username=user.username,
        password=user.password,
        exec=_exec_plugin(user.exec, cluster) if user.exec else None,
        impersonation=_impersonation(user),
        sources=kubeconfig.sources,
        source=kubeconfig.origins[context],
        user=found.user,
    )


def _cluster_problems(name: str, cluster: Cluster) -> Iterator[str]:
    if not cluster.server:
        yield f"its cluster {name!r} has no server" if name else "it names no cluster"
    if cluster.certificate_authority and cluster.certificate_authority_data:
        yield f"cluster {name!r} has certificate-authority and certificate-authority-data; keep one"
    if cluster.insecure_skip_tls_verify and (cluster.certificate_authority or cluster.certificate_authority_data):
        yield f"cluster {name!r} has a certificate-authority and insecure-skip-tls-verify; keep one"


def _user_problems(name: str, user: User) -> Iterator[str]:
    certificate = user.client_certificate or user.client_certificate_data
    if user.client_certificate and user.client_certificate_data:
        yield f"user {name!r} has client-certificate and client-certificate-data; keep one"
    if certificate and not (user.client_key or user.client_key_data):
        yield f"user {name!r} has a client-certificate, but neither client-key nor client-key-data"
    if certificate and user.client_key and user.client_key_data:
        yield f"user {name!r} has client-key and client-key-data; keep one"
    if user.token and (user.username or user.password):
        yield f"user {name!r} has a token and a username; keep one"
    yield from _acting_problems(name, user)
    if user.auth_provider is not None:
        yield f"user {name!r} uses auth-provider {user.auth_provider.name!r}, which kubechaos does not: use exec"
    if user.exec is not None:
        yield from (f"user {name!r}: its exec plugin {problem}" for problem in _exec_problems(user.exec))


def _acting_problems(name: str, user: User) -> Iterator[str]:
    if not user.as_user and (user.as_uid or user.as_groups or user.as_user_extra):
        yield f"user {name!r} has as-uid, as-groups or as-user-extra, but no `as`"
    extra = [value for values in user.as_user_extra.values() for value in values]
    if any(CONTROL.search(each) for each in (user.as_user, user.as_uid, *user.as_groups, *extra)):
        yield f"user {name!r} acts as somebody whose name, uid, groups or extra hold a control character"


def _exec_problems(plugin: Exec) -> Iterator[str]:
    if not plugin.command:
        yield "has no command"
    if plugin.api_version not in EXEC_VERSIONS:
        yield f"has apiVersion {plugin.api_version!r}; kubechaos speaks {' and '.join(EXEC_VERSIONS)}"
    if any(not each.name for each in plugin.env):
        yield "has an env without a name"
    # v1beta1 is older than the field and defaults to IfAvailable; v1 demands it.
    if plugin.interactive_mode not in MODES and (plugin.interactive_mode or plugin.api_version == EXEC_VERSIONS[0]):
        yield f"has interactiveMode {plugin.interactive_mode!r}; it must be one of {', '.join(MODES)}"
    if plugin.interactive_mode == "Always":
        yield "has interactiveMode Always: it wants a terminal, which a test run does not have"


def _server(cluster: Cluster, user: User) -> str:
    """Return the server as an absolute URL without a slash at its end; as in kubectl, "HOST:PORT" means plain HTTP."""
    server = cluster.server.rstrip("/")
    if "://" not in server:
        tls = (
            cluster.certificate_authority,
            cluster.certificate_authority_data,
            user.client_certificate,
            user.client_certificate_data,
            cluster.insecure_skip_tls_verify,
        )
        if any(tls):
            raise ValueError(
                "its server has no scheme, which means plain HTTP, but there are certificates: add https://"
            )
        server = f"http://{server}"
    parts = urlsplit(server)
    if parts.scheme not in proxies.SPOKEN or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("its server must be a URL https://HOST:PORT, or HOST:PORT")
    if parts.username is not None:
        raise ValueError("its server holds a user; give the user a username and a password instead")
    _ = parts.port  # raises ValueError where it is no number
    return server


def _proxy(server: str, cluster: Cluster, environment: Mapping[str, str]) -> str:
    if cluster.proxy_url:
        return proxies.checked(cluster.proxy_url, "proxy-url")
    return proxies.from_environment(server, environment)


def _decoded(data: str, name: str) -> bytes:
    """Return what is encoded in base64; line breaks are allowed, as in Go's encoding/base64."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except binascii.Error:
        raise ValueError(f"its {name} is no base64") from None


def _exec_plugin(plugin: Exec, cluster: Cluster) -> ExecPlugin:
    return ExecPlugin(
        command=plugin.command,
        api_version=plugin.api_version,
        args=tuple(plugin.args),
        env=tuple((each.name, each.value) for each in plugin.env),
        install_hint=plugin.install_hint,
        cluster=_described(cluster) if plugin.provide_cluster_info else None,
    )


def _described(cluster: Cluster) -> dict[str, object]:
    """Return spec.cluster of the ExecCredential that a plugin is given: keys without a value are left out."""
    config = next((each.extension for each in cluster.extensions if each.name == EXEC_EXTENSION), None)
    described = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": _ca_of(cluster),
        "proxy-url": cluster.proxy_url,
        "config": config,
    }
    return {key: value for key, value in described.items() if value}


def _ca_of(cluster: Cluster) -> str:
    if not cluster.certificate_authority:
        return cluster.certificate_authority_data
    try:
        return base64.b64encode(Path(cluster.certificate_authority).read_bytes()).decode()
    except (OSError, ValueError) as error:
        raise ValueError(f"its certificate-authority cannot be read: {error}") from None


def _impersonation(user: User) -> Impersonation | None:
    if not user.as_user:
        return None
    extra = {key: tuple(values) for key, values in user.as_user_extra.items()}
    return Impersonation(user=user.as_user, uid=user.as_uid, groups=tuple(user.as_groups), extra=extra)
