"""Kubeconfigs of every form, for `test_kubeconfigs`."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

CONTEXT: Final = "it"
V1: Final = "client.authentication.k8s.io/v1"
PRINT: Final = """#!/bin/sh
cat <<END
{"apiVersion": "%s", "kind": "ExecCredential", "status": %s}
END
"""


class Identities(NamedTuple):
    """What the dev cluster knows somebody by: its administrator's certificate and a service account's token."""

    server: str
    ca: bytes
    certificate: bytes
    key: bytes
    token: str


class Place:
    """A folder for the files of one kubeconfig; `file` and what stands on it return names relative to it."""

    def __init__(self, folder: Path, known: Identities, proxy: str, echo: str, plain: str) -> None:
        self.folder = folder
        self.known = known
        self.proxy = proxy
        self.echo = echo
        self.plain = plain

    def file(self, name: str, content: str | bytes, mode: int = 0o600) -> str:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return name

    def plugin(self, status: Any, version: str = V1, name: str = "./plugin", **options: Any) -> dict[str, Any]:
        """Return a user of an exec plugin that prints this status; `says` is the apiVersion that it prints."""
        said = PRINT % (options.pop("says", version), json.dumps(status))
        self.file(name, options.pop("script", said), 0o700)
        return {"exec": {"apiVersion": version, "command": name, "interactiveMode": "Never", **options}}

    @property
    def token(self) -> dict[str, Any]:
        """A user with the service account's token."""
        return {"token": self.known.token}

    @property
    def admin(self) -> dict[str, Any]:
        """The user with the administrator's certificate."""
        return {"client-certificate-data": b64(self.known.certificate), "client-key-data": b64(self.known.key)}

    @property
    def cluster(self) -> dict[str, Any]:
        """The cluster, as it is usually written."""
        return {"server": self.known.server, "certificate-authority-data": b64(self.known.ca)}

    def content(self, user: Any = None, cluster: Any = None, **context: Any) -> dict[str, Any]:
        """Return a kubeconfig of one context, one cluster and one user; without a user, the one with the token."""
        used = {**self.cluster, **(cluster or {})}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "contexts": [{"name": CONTEXT, "context": {"cluster": "c", "user": "u", **context}}],
            "clusters": [{"name": "c", "cluster": {key: value for key, value in used.items() if value is not None}}],
            "users": [{"name": "u", "user": self.token if user is None else user}],
        }

    def write(self, content: Any, name: str = "config") -> str:
        """Write a kubeconfig, as JSON unless it is text already; return its path."""
        return str(self.folder / self.file(name, content if isinstance(content, str) else json.dumps(content)))

    def config(self, user: Any = None, cluster: Any = None, **context: Any) -> "Environment":
        """Write a kubeconfig of one context; return the environment that names it."""
        return {"KUBECONFIG": self.write(self.content(user, cluster, **context))}


Environment = Mapping[str, str]
Build = Callable[[Place], Environment]


def b64(data: bytes) -> str:
    """Return data as it stands in a kubeconfig."""
    return base64.b64encode(data).decode()


def _several(at: Place) -> Environment:
    """Context, cluster and user each in a file of its own; of what two have, the first file's counts."""
    complete = at.content()
    one = at.write({"contexts": complete["contexts"]}, "one")
    two = at.write({"users": complete["users"], "contexts": at.content(namespace="unused")["contexts"]}, "two")
    three = at.write({"clusters": complete["clusters"], "users": at.content(at.admin)["users"]}, "deeper/three")
    return {"KUBECONFIG": f"{one}:{two}:{three}"}


def _halves(at: Place) -> Environment:
    """A user of whom two files each have a half."""
    one = at.write(at.content(at.admin), "one")
    two = at.write(at.content({"as": "jane"}), "two")
    return {"KUBECONFIG": f"{one}:{two}"}


def _relative(at: Place) -> Environment:
    at.file("deeper/ca.pem", at.known.ca)
    at.file("token", at.known.token + "\n")
    user = {"tokenFile": "../token"}
    at.write(at.content(user, {"certificate-authority": "ca.pem", "certificate-authority-data": None}), "deeper/config")
    return {"KUBECONFIG": "deeper/config"}


def _home(at: Place) -> Environment:
    at.write(at.content(namespace="home"), ".kube/config")
    return {}


def _files(at: Place) -> Environment:
    user = {"client-certificate": at.file("a.crt", at.known.certificate), "client-key": at.file("a.key", at.known.key)}
    return at.config(user)


def _in_path(at: Place) -> Environment:
    user = at.plugin({"token": at.known.token}, name="bin/" + (name := "kubeconfigs-plugin"))
    user["exec"]["command"] = name
    return {**at.config(user), "PATH": str(at.folder / "bin")}


def _env_args_and_cluster(at: Place) -> Environment:
    """A plugin that has its token from its env, and only prints it where it gets the cluster and an argument."""
    script = (
        'case "$1 $KUBERNETES_EXEC_INFO" in "-x "*%s*) '
        'echo "{\\"apiVersion\\": \\"%s\\", \\"kind\\": \\"ExecCredential\\", '
        '\\"status\\": {\\"token\\": \\"$TOKEN\\"}}" ;; esac'
    )
    options = {"args": ["-x"], "env": [{"name": "TOKEN", "value": at.known.token}], "provideClusterInfo": True}
    return at.config(at.plugin({}, script="#!/bin/sh\n" + script % (at.known.server, V1), **options))


def unresolved(at: Place, name: str, proxy: str = "") -> dict[str, Any]:
    """A cluster under a name that only the proxy knows."""
    return {"server": f"https://{name}:443", "proxy-url": f"http://{proxy or at.proxy}"}


PAST: Final = "2020-01-01T00:00:00Z"
FUTURE: Final = "2100-01-01T00:00:00Z"
EXTRA: Final = {"example.org/Why %": ["a", "b"], "scopes": ["c"]}
JANE: Final = {"as": "jane", "as-uid": "7", "as-groups": ["sales", "bücher"], "as-user-extra": EXTRA}

RIGHT: Final[Mapping[str, Build]] = {
    "several files": _several,
    "several files, each with half a user": _halves,
    "several files, one empty": lambda at: {"KUBECONFIG": f"{at.write('', 'empty')}:{at.write(at.content())}"},
    "several files, one missing": lambda at: {"KUBECONFIG": f"{at.folder}/none::{at.write(at.content())}"},
    "relative paths": _relative,
    "the home folder's": _home,
    "a namespace": lambda at: at.config(namespace="kube-system"),
    "no namespace": lambda at: at.config(),
    "token": lambda at: at.config(at.token),
    "tokenFile": lambda at: at.config({"tokenFile": at.file("token", at.known.token + "\n")}),
    "tokenFile before token": lambda at: at.config({"token": "no", "tokenFile": at.file("t", at.known.token)}),
    "tokenFile missing beside token": lambda at: at.config({**at.token, "tokenFile": "none"}),
    "certificate files": _files,
    "certificate data": lambda at: at.config(at.admin),
    "certificate and token": lambda at: at.config({**at.admin, **at.token}),
    "exec v1, token": lambda at: at.config(at.plugin({"token": at.known.token, "expirationTimestamp": FUTURE})),
    "exec v1, expired token": lambda at: at.config(at.plugin({"token": at.known.token, "expirationTimestamp": PAST})),
    "exec v1, certificate": lambda at: at.config(
        at.plugin(
            {"clientCertificateData": at.known.certificate.decode(), "clientKeyData": at.known.key.decode()},
        )
    ),
    "exec v1beta1": lambda at: at.config(at.plugin({"token": at.known.token}, f"{V1}beta1")),
    "exec v1beta1 without a mode": lambda at: at.config(
        at.plugin({"token": at.known.token}, f"{V1}beta1", interactiveMode=None)
    ),
    "exec in PATH": _in_path,
    "exec with args, env and cluster": _env_args_and_cluster,
    "exec beside a certificate": lambda at: at.config({**at.admin, **at.plugin({"token": at.known.token})}),
    "exec beside a token": lambda at: at.config({**at.token, **at.plugin({"token": "no"})}),
    "as": lambda at: at.config({**at.admin, "as": "jane"}),
    "as, uid, groups and extra": lambda at: at.config({**at.admin, **JANE}),
    "as, with exec": lambda at: at.config(
        {
            **at.plugin(
                {"clientCertificateData": at.known.certificate.decode(), "clientKeyData": at.known.key.decode()}
            ),
            **JANE,
        }
    ),
    "proxy-url": lambda at: at.config(None, {"proxy-url": f"http://{at.proxy}"}),
    "proxy-url with a password": lambda at: at.config(None, unresolved(at, "kubernetes", f"me:p%40ss@{at.proxy}")),
    "HTTPS_PROXY": lambda at: {**at.config(), "HTTPS_PROXY": at.proxy},
    "NO_PROXY": lambda at: {**at.config(), "HTTPS_PROXY": "127.0.0.1:1", "NO_PROXY": "203.0.113.0/24"},
    "tls-server-name": lambda at: at.config(None, {**unresolved(at, "elsewhere"), "tls-server-name": "kubernetes"}),
    "insecure-skip-tls-verify": lambda at: at.config(
        None,
        {**unresolved(at, "elsewhere"), "insecure-skip-tls-verify": True, "certificate-authority-data": None},
    ),
    "CA file": lambda at: at.config(
        None, {"certificate-authority": at.file("ca", at.known.ca), "certificate-authority-data": None}
    ),
    "basic, as a server sees it": lambda at: at.config({"username": "jane", "password": "pä:ss"}, {"server": at.echo}),
    "plain HTTP gets no secret": lambda at: at.config(
        {**at.token, "as": "jane"}, {"server": "http://elsewhere", "proxy-url": at.plain}
    ),
    "HOST:PORT alone": lambda at: at.config(
        None, {"server": "elsewhere:80", "proxy-url": at.plain, "certificate-authority-data": None}
    ),
    "a server with a slash": lambda at: at.config(None, {"server": f"{at.known.server}/"}),
    "no kind": lambda at: {"KUBECONFIG": at.write({**at.content(), "kind": "", "apiVersion": None})},
    "token with a space at its end": lambda at: at.config({"token": at.known.token + " "}),
    "YAML, and its words for true": lambda at: {
        "KUBECONFIG": at.write(
            "\n".join(
                f"{k}: {json.dumps(v)}"
                for k, v in at.content(
                    None, {"insecure-skip-tls-verify": True, "certificate-authority-data": None}
                ).items()
            ).replace("true", "yes")
        )
    },
    "tokenFile empty beside token": lambda at: at.config({**at.token, "tokenFile": at.file("t", "")}),
    "as, with an empty group": lambda at: at.config({**at.admin, "as": "jane", "as-groups": [""]}),
    "key without a certificate, and token": lambda at: at.config({**at.token, "client-key-data": b64(at.known.key)}),
    "nulls": lambda at: at.config({**at.token, "exec": None, "as-groups": None}, {"extensions": None}, namespace=None),
}
