"""Kubeconfigs that nobody can use, for `test_kubeconfigs`."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tests.real.kubeconfigs import V1, Build, Environment, Place, b64, unresolved


class Wrong(NamedTuple):
    """A kubeconfig that nobody can use, and what our error must say of it."""

    build: Build
    named: str


def _less(at: Place, section: str) -> Environment:
    return {"KUBECONFIG": at.write({**at.content(), section: []})}


def _cluster(**cluster: Any) -> Build:
    return lambda at: at.config(None, {key.replace("_", "-"): value for key, value in cluster.items()})


WRONG: Final[Mapping[str, Wrong]] = {
    "no such file": Wrong(lambda at: {"KUBECONFIG": f"{at.folder}/none"}, "none cannot be read: there is no such file"),
    "malformed YAML": Wrong(lambda at: {"KUBECONFIG": at.write("a: b: c")}, "config cannot be read: it is no YAML"),
    "wrong type": Wrong(lambda at: at.config({"token": 5}), "Expected `str`, got `int`"),
    "a name twice": Wrong(
        lambda at: {"KUBECONFIG": at.write({**at.content(), "users": at.content()["users"] * 2})}, "users has 'u' twice"
    ),
    "another kind": Wrong(lambda at: {"KUBECONFIG": at.write({**at.content(), "kind": "Pod"})}, "it is a Pod of v1"),
    "another version": Wrong(lambda at: {"KUBECONFIG": at.write({**at.content(), "apiVersion": "v2"})}, "of v2, not a"),
    "HOST:PORT with a CA": Wrong(
        lambda at: at.config(None, {"server": at.known.server.removeprefix("https://")}), "its server has no scheme"
    ),
    "unknown context": Wrong(lambda at: _less(at, "contexts"), "no context 'it'"),
    "unknown cluster": Wrong(lambda at: _less(at, "clusters"), "cluster 'c' is not in clusters"),
    "missing user": Wrong(lambda at: _less(at, "users"), "user 'u' is not in users"),
    "empty user": Wrong(lambda at: at.config({}), "401.*not accepted"),
    "token of nobody": Wrong(lambda at: at.config({"token": "nobody's"}), "401.*not accepted"),
    "basic": Wrong(lambda at: at.config({"username": "jane", "password": "hush"}), "401.*not accepted"),
    "token with a line break": Wrong(lambda at: at.config({"token": f"{at.known.token}\n"}), "token holds a character"),
    "exec with a line break": Wrong(
        lambda at: at.config(at.plugin({"token": f"{at.known.token}\n"})), "token holds a character"
    ),
    "empty tokenFile": Wrong(lambda at: at.config({"tokenFile": at.file("t", "")}), "tokenFile .* is empty"),
    "token and basic": Wrong(lambda at: at.config({**at.token, "username": "jane"}), "a token and a username"),
    "groups without as": Wrong(lambda at: at.config({**at.admin, "as-groups": ["g"]}), "but no `as`"),
    "no tokenFile": Wrong(lambda at: at.config({"tokenFile": "none"}), "tokenFile cannot be read"),
    "certificate without key": Wrong(
        lambda at: at.config({"client-certificate-data": b64(at.known.certificate)}), "neither client-key nor"
    ),
    "no certificate file": Wrong(
        lambda at: at.config({**at.admin, "client-certificate-data": "", "client-certificate": "none"}),
        "client-certificate cannot be read.*none",
    ),
    "bad base64": Wrong(lambda at: at.config({**at.admin, "client-key-data": "hush!"}), "client-key-data is no base64"),
    "no PEM": Wrong(lambda at: at.config({**at.admin, "client-key-data": "aHVzaA=="}), "certificate and key cannot be"),
    "two CAs": Wrong(_cluster(certificate_authority="ca"), "certificate-authority-data; keep one"),
    "CA and insecure": Wrong(_cluster(insecure_skip_tls_verify=True), "insecure-skip-tls-verify; keep one"),
    "no CA file": Wrong(
        _cluster(certificate_authority="none", certificate_authority_data=None), "certificate-authority cannot be read"
    ),
    "another's CA": Wrong(
        lambda at: at.config(None, {"certificate-authority-data": b64(at.known.certificate)}), "CERTIFICATE_VERIFY"
    ),
    "another's name": Wrong(_cluster(tls_server_name="elsewhere"), "certificate is not valid for 'elsewhere'"),
    "proxy refuses": Wrong(lambda at: at.config(None, unresolved(at, "refused")), "the proxy .* answered 403"),
    "proxy without a scheme": Wrong(lambda at: at.config(None, {"proxy-url": at.proxy}), "proxy-url is no URL"),
    "exec missing": Wrong(
        lambda at: at.config({"exec": {**at.plugin({})["exec"], "command": "no-plugin", "installHint": "buy it"}}),
        "exec plugin no-plugin could not be started: No such file.*; buy it",
    ),
    "exec failing": Wrong(
        lambda at: at.config(at.plugin({}, script="#!/bin/sh\necho no luck >&2; exit 3")),
        "plugin ended with exit code 3: no luck",
    ),
    "exec hanging": Wrong(
        lambda at: at.config(at.plugin({}, script="#!/bin/sh\nexec sleep 30")), "printed no credentials within 1 s"
    ),
    "exec v1alpha1": Wrong(lambda at: at.config(at.plugin({}, f"{V1}alpha1")), "apiVersion '.*v1alpha1'"),
    "exec of two minds": Wrong(
        lambda at: at.config(at.plugin(at.token, says=f"{V1}beta1")), "printed ExecCredential .*v1beta1, not"
    ),
    "exec without credentials": Wrong(lambda at: at.config(at.plugin({})), "printed no credentials"),
    "exec v1 without a mode": Wrong(
        lambda at: at.config(at.plugin(at.token, interactiveMode=None)), "interactiveMode ''; it must"
    ),
    "exec that wants a terminal": Wrong(
        lambda at: at.config(at.plugin(at.token, interactiveMode="Always")), "it wants a terminal"
    ),
}
