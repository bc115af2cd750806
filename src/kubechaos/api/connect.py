"""Which cluster: a context of the user's kubeconfig, or the pod we run in, pinned in memory at start."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ConfigError, KubeconfigError, UnknownContextError

IN_CLUSTER = "in-cluster"
SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Credentials(NamedTuple):
    """What the API server is to know us by: a token, or what the file of a client certificate holds."""

    bearer: str
    certificate: bytes


@dataclass(slots=True)
class Pinned:
    """A context as it was when the run began: a later `kubectl config use-context` cannot redirect us.

    Only its credentials may be another's later: a token or a certificate that is rotated, in a file or by a plugin;
    `reload` reads them. All threads share it, so what changes is one assignment.
    """

    context: str
    namespace: str
    configuration: Any
    reload: Callable[[], Any] | None = None

    @property
    def credentials(self) -> Credentials:
        """The credentials as they are now."""
        return Credentials(_bearer(self.configuration), _certificate(self.configuration))

    def renew(self, used: Credentials) -> bool:
        """Take over the credentials that the context has by now; whether they are others than were `used`."""
        if self.credentials == used and self.reload is not None:
            try:
                fresh = self.reload()
            except ConfigError:
                return False
            if fresh.host != self.configuration.host or (used.bearer and not _bearer(fresh)):
                return False
            renewed = copy(self.configuration)
            for name in ("refresh_api_key_hook", "api_key", "cert_file", "key_file"):
                setattr(renewed, name, getattr(fresh, name))
            self.configuration = renewed
        return self.credentials != used


def _bearer(configuration: Any) -> str:
    return configuration.get_api_key_with_prefix("BearerToken", alias="authorization") or ""


def _certificate(configuration: Any) -> bytes:
    try:
        return Path(configuration.cert_file).read_bytes() if configuration.cert_file else b""
    except OSError:
        return b""


def pin(context: str, kubeconfig: Path | None = None) -> Pinned:
    """Read and keep the named context of a kubeconfig, the user's own unless another is given.

    Raises UnknownContextError and KubeconfigError, each naming what is wrong and what there is.
    """
    return _pin_service_account() if context == IN_CLUSTER else _pin_context(context, kubeconfig)


def _pin_service_account() -> Pinned:
    configuration = _service_account()
    try:
        namespace = SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    except OSError as error:
        raise _no_pod(error) from error
    return Pinned(IN_CLUSTER, namespace or "default", configuration, _service_account)


def _service_account() -> Any:
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except (config.ConfigException, OSError) as error:
        raise _no_pod(error) from error
    return configuration


def _no_pod(error: Exception) -> KubeconfigError:
    return KubeconfigError(f"--chaos-context {IN_CLUSTER}: this is not a pod with a service account: {error}")


def _pin_context(context: str, kubeconfig: Path | None) -> Pinned:
    from kubernetes.config import kube_config

    where = str(kubeconfig or kube_config.KUBE_CONFIG_DEFAULT_LOCATION)
    contexts = _contexts(where)
    if context not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        raise UnknownContextError(f"no context {context!r} in the kubeconfig {where}; there are: {known}")
    _check_complete(where, context, contexts[context])
    reload = partial(_context, where, context)
    return Pinned(context, contexts[context].get("namespace") or "default", reload(), reload)


def _context(where: str, context: str) -> Any:
    from kubernetes import client, config

    configuration = client.Configuration()
    try:
        config.load_kube_config(where, context=context, client_configuration=configuration, persist_config=False)
    except Exception as error:  # the client raises KeyError, TypeError, ValueError and more on bad files
        raise KubeconfigError(f"kubeconfig {where}, context {context!r}: {error}") from error
    return configuration


def _check_complete(where: str, context: str, entry: dict[str, str]) -> None:
    """Refuse a context whose user is not there: the client would go on without one, as nobody."""
    from kubernetes.config import kube_config

    merged = kube_config.KubeConfigMerger(where).config
    for section, key in (("clusters", "cluster"), ("users", "user")):
        known = {each["name"] for each in merged.safe_get(section) or ()}
        if entry.get(key) and entry[key] not in known:
            raise KubeconfigError(
                f"kubeconfig {where}, context {context!r}: its {key} {entry[key]!r} is not in {section}"
            )


def _contexts(where: str) -> dict[str, dict[str, str]]:
    from kubernetes.config import kube_config

    try:
        entries = kube_config.KubeConfigMerger(where).config.safe_get("contexts") or ()
        return {entry["name"]: entry["context"].value for entry in entries}
    except Exception as error:  # as above: any malformed file must become one clear error
        advice = "set KUBECONFIG, or use --chaos-context in-cluster inside a pod"
        raise KubeconfigError(f"kubeconfig {where} cannot be read: {error}; {advice}") from error
