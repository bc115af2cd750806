"""Kubeconfigs in every form that kubectl reads, right ones and wrong ones, for the dev cluster."""

import base64
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.real.parts import kubectl

V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
CONTEXT = "it"
Config = dict[str, Any]


@dataclass
class Cluster:
    """What the right kubeconfigs are made of: the server, its CA, the admin's certificate, a token."""

    server: str
    ca: bytes
    certificate: bytes
    key: bytes
    token: str
    proxy: str

    @property
    def ca_data(self) -> Config:
        """The `certificate-authority-data` of a cluster."""
        return {"certificate-authority-data": base64.b64encode(self.ca).decode()}

    @property
    def admin(self) -> Config:
        """The user of the admin, inline."""
        pair = {"client-certificate-data": self.certificate, "client-key-data": self.key}
        return {name: base64.b64encode(value).decode() for name, value in pair.items()}

    def config(self, user: Config, cluster: Config | None = None, **context: str) -> Config:
        """A kubeconfig with one context."""
        cluster = {"server": self.server, **(self.ca_data if cluster is None else cluster)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, **context}}],
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": CONTEXT, "user": user}],
        }


@dataclass
class Case:
    """One kubeconfig: files by name, the environment, and, of a wrong one, what our error must say."""

    name: str
    files: dict[str, Config | str | bytes]
    wrong: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    context: str = CONTEXT

    def write(self, folder: Path) -> dict[str, str]:
        """Write the files; return the environment to read them in."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(content) if isinstance(content, dict) else content
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            path.chmod(stat.S_IRWXU)
        given = {name: value.replace("{}", str(folder)) for name, value in self.environment.items()}
        return {"KUBECONFIG": str(folder / "config"), **given}


def cluster(proxy: str, token: str) -> Cluster:
    """Return what the dev cluster's own kubeconfig says."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    found, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    ca, certificate, key = (
        base64.b64decode(each)
        for each in (
            found["certificate-authority-data"],
            user["client-certificate-data"],
            user["client-key-data"],
        )
    )
    return Cluster(found["server"], ca, certificate, key, token, proxy)


def plugin(status: Config, version: str = V1, before: str = "") -> str:
    """A plugin that prints an ExecCredential."""
    printed = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})
    return f"#!/bin/sh\n{before}\ncat <<'END'\n{printed}\nEND\n"


def execution(version: str = V1, command: str = "./plugin", **more: Any) -> Config:
    """The user of an exec plugin."""
    return {"exec": {"apiVersion": version, "command": command, "interactiveMode": "IfAvailable", **more}}


def right(it: Cluster) -> Iterator[Case]:
    """Yield what kubectl and we must read the same."""
    config, token = it.config, {"token": it.token}
    pem = {"pki/ca.crt": it.ca, "pki/me.crt": it.certificate, "pki/me.key": it.key}
    files = {"client-certificate": "pki/me.crt", "client-key": "pki/me.key"}
    yield Case("certificate, inline", {"config": config(it.admin)})
    yield Case("certificate, relative files", {"config": config(files, {"certificate-authority": "pki/ca.crt"}), **pem})
    yield Case("token, with a namespace", {"config": config(token, namespace="shop")})
    yield Case("tokenFile, relative", {"config": config({"tokenFile": "t"}), "t": it.token + "\n"})
    yield Case("tokenFile before token", {"config": config({"token": "old", "tokenFile": "t"}), "t": it.token})
    yield Case("certificate and token", {"config": config({**it.admin, **token})})
    yield from _plugins(it)
    yield from _impersonations(it)
    yield from _several_files(it)
    yield from _ways(it)


def _plugins(it: Cluster) -> Iterator[Case]:
    token, pair = {"token": it.token}, {"clientCertificateData": it.certificate.decode()}
    pair |= {"clientKeyData": it.key.decode()}
    yield Case("exec v1, token", {"config": it.config(execution()), "plugin": plugin(token)})
    yield Case("exec v1beta1", {"config": it.config(execution(V1BETA1)), "plugin": plugin(token, V1BETA1)})
    yield Case("exec, certificate", {"config": it.config(execution()), "plugin": plugin(pair)})
    asks = 'test "$1$A" = argument-own && echo "$KUBERNETES_EXEC_INFO" | grep -q certificate-authority-data || exit 9'
    asked = execution(args=["argument-"], env=[{"name": "A", "value": "own"}], provideClusterInfo=True)
    yield Case("exec, args, env, cluster", {"config": it.config(asked), "plugin": plugin(token, before=asks)})
    named = {"PATH": "{}/bin:" + os.environ["PATH"]}
    found = it.config(execution(command="who-plugin"))
    yield Case("exec, by PATH", {"config": found, "bin/who-plugin": plugin(token)}, environment=named)


def _impersonations(it: Cluster) -> Iterator[Case]:
    extra = {"example.org/scopes": ["a", "b:c"]}
    everything = {"as": "jane", "as-uid": "7", "as-groups": ["dev", "ops"], "as-user-extra": extra}
    yield Case("as", {"config": it.config({**it.admin, "as": "jane"})})
    yield Case("as, groups, uid, extra", {"config": it.config({**it.admin, **everything})})
    account = "system:serviceaccount:shop:robot"
    yield Case("as a service account", {"config": it.config({**it.admin, "as": account})})


def _several_files(it: Cluster) -> Iterator[Case]:
    config = it.config({"token": it.token}, namespace="shop")
    parts: dict[str, Any] = {f"{key}/config": {key: config[key]} for key in ("contexts", "clusters", "users")}
    spread = {"KUBECONFIG": "{}/none::{}/empty:{}/users/config:{}/contexts/config:{}/clusters/config"}
    yield Case("several files", {**parts, "empty": ""}, environment=spread)
    first, second = it.config(it.admin, namespace="first"), it.config({"token": "wrong"}, namespace="second")
    both = {"KUBECONFIG": "{}/one:{}/two"}
    yield Case("the first file's entry", {"one": first, "two": second}, environment=both)
    home = {"KUBECONFIG": "", "HOME": "{}"}
    yield Case("KUBECONFIG empty", {".kube/config": it.config(it.admin)}, environment=home)
    text = json.dumps(config, indent="\t")
    yield Case("JSON with tabs", {"config": text})


def _ways(it: Cluster) -> Iterator[Case]:
    admin, insecure = it.admin, {"insecure-skip-tls-verify": True}
    yield Case("insecure-skip-tls-verify", {"config": it.config(admin, insecure)})
    named = {**it.ca_data, "tls-server-name": "kubernetes.default"}
    yield Case("tls-server-name", {"config": it.config(admin, named)})
    yield Case("proxy-url", {"config": it.config(admin, {**it.ca_data, "proxy-url": it.proxy})})
    yield Case(
        "HTTPS_PROXY", {"config": it.config(admin)}, environment={"HTTPS_PROXY": it.proxy, "NO_PROXY": "10.0.0.0/8"}
    )
    dead = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "203.0.113.0/24"}
    yield Case("NO_PROXY, a network", {"config": it.config(admin)}, environment=dead)
    yield Case("null", {"config": it.config({**admin, "token": None, "as-groups": None})})


def wrong(it: Cluster) -> Iterator[Case]:
    """Yield what kubectl and we must refuse."""
    config, token = it.config, {"token": it.token}
    yield Case("unknown context", {"config": config(token)}, "no context 'other'.*there are: it", context="other")
    yield Case("no such file", {}, "cannot be read: there is no such file")
    yield Case("no YAML", {"config": "a: b: c"}, "it is no YAML, line 1")
    yield Case("unknown user", {"config": {**config(token), "users": []}}, "its user 'it' is not in users")
    yield Case("unknown cluster", {"config": {**config(token), "clusters": []}}, "its cluster 'it' is not in clusters")
    yield Case("token not accepted", {"config": config({"token": "nobody"})}, "401.*log in again")
    yield Case("basic auth", {"config": config({"username": "a", "password": "b"})}, "401.*log in again")
    yield Case("nobody", {"config": config({})}, "401|403")
    yield from _wrong_plugins(it)
    yield from _wrong_pairs(it)


def _wrong_plugins(it: Cluster) -> Iterator[Case]:
    token = {"token": it.token}
    missing = it.config(execution(command="no-such-plugin", installHint="get it"))
    yield Case("exec, missing", {"config": missing}, "exec plugin no-such-plugin could not be started.*get it")
    ends = plugin({}, before="echo 'session is over' >&2; exit 253")
    yield Case("exec, fails", {"config": it.config(execution()), "plugin": ends}, "exit code 253: session is over")
    other = plugin(token, V1BETA1)
    yield Case("exec, another version", {"config": it.config(execution()), "plugin": other}, "v1beta1, not ExecCred")
    nothing = plugin({"token": ""})
    yield Case("exec, nothing", {"config": it.config(execution()), "plugin": nothing}, "neither a token nor a client")
    alpha = "client.authentication.k8s.io/v1alpha1"
    yield Case(
        "exec v1alpha1",
        {"config": it.config(execution(alpha)), "plugin": plugin(token, alpha)},
        "apiVersion '.*v1alpha1'",
    )
    no_mode = it.config({"exec": {"apiVersion": V1, "command": "./plugin"}})
    yield Case("exec, no mode", {"config": no_mode, "plugin": plugin(token)}, "interactiveMode ''")
    provider = it.config({"auth-provider": {"name": "gcp"}})
    yield Case("auth-provider", {"config": provider}, "auth-provider 'gcp'")


def _wrong_pairs(it: Cluster) -> Iterator[Case]:
    config, admin = it.config, it.admin
    lonely = {"client-certificate-data": admin["client-certificate-data"]}
    yield Case("certificate without a key", {"config": config(lonely)}, "neither client-key nor client-key-data")
    mixed = {**admin, "client-key-data": base64.b64encode(it.ca).decode()}
    yield Case("key that is none", {"config": config(mixed)}, "client certificate and key cannot be used")
    yield Case("base64", {"config": config({**admin, "client-key-data": "!"})}, "client-key-data is no base64")
    yield Case("tokenFile missing", {"config": config({"tokenFile": "t"})}, "tokenFile cannot be read")
    ca = base64.b64encode(it.certificate).decode()
    yield Case("another CA", {"config": config(admin, {"certificate-authority-data": ca})}, "certificate verify failed")
    both = {**it.ca_data, "insecure-skip-tls-verify": True}
    yield Case("CA and insecure", {"config": config(admin, both)}, "insecure-skip-tls-verify; keep one")
    name = {**it.ca_data, "tls-server-name": "other"}
    yield Case("another name", {"config": config(admin, name)}, "certificate is not valid for 'other'")
    yield Case("groups without as", {"config": config({**admin, "as-groups": ["a"]})}, "but no `as`")
    socks = {**it.ca_data, "proxy-url": "socks5://127.0.0.1:1"}
    yield Case("SOCKS", {"config": config(admin, socks)}, "SOCKS proxy.*ssh -L")
    dead = {**it.ca_data, "proxy-url": "http://127.0.0.1:1"}
    yield Case(
        "dead proxy", {"config": config(admin, dead)}, "the proxy 127.0.0.1:1 cannot be reached: .*Connection refused"
    )
    yield Case("type", {"config": config({"token": 5})}, "Expected `str`, got `int`")
