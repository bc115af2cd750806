"""A context of a kubeconfig as a connection: what is read of cluster and user, what is refused and how."""

import base64
from typing import Any

import msgspec
import pytest

from kubechaos.api import contexts
from kubechaos.api.connection import Connection, Impersonation
from kubechaos.api.credentials import PinnedContext
from kubechaos.errors import KubeconfigError
from tests.unit.api.files import EXEC, Files, config


def test_a_context_is_read(files: Files) -> None:
    user = {"token": "secret", "as": "jane", "as-groups": ["a", "b"], "as-uid": "7", "as-user-extra": {"k": ["v", "w"]}}
    cluster = {"tls-server-name": "api", "certificate-authority-data": "Y2E=", "proxy-url": "http://proxy:1"}
    read = files.read(config(user, cluster, namespace="shop"))
    assert (read.context, read.namespace, read.server) == ("it", "shop", "https://it:6443")
    assert (read.token, read.ca_data, read.tls_server_name, read.proxy) == ("secret", b"ca", "api", "http://proxy:1")
    assert read.impersonation == Impersonation(user="jane", uid="7", groups=("a", "b"), extra={"k": ("v", "w")})
    assert read.sources == (str(files.folder / "config"),)


def test_a_connection_can_be_sent_to_another_process(files: Files) -> None:
    user = {"exec": {**EXEC, "env": [{"name": "A", "value": "b"}], "provideClusterInfo": True}, "as": "jane"}
    read = files.read(config(user, {"certificate-authority-data": "Y2E="}))
    assert msgspec.json.decode(msgspec.json.encode(read), type=Connection) == read


def test_no_repr_shows_a_secret(files: Files) -> None:
    user = {"token": "hush", "client-certificate-data": "aHVzaA==", "client-key-data": "aHVzaA==", "as": "jane"}
    read = files.read(config(user, {"proxy-url": "http://me:hush@proxy"}))
    shown = f"{read} {read!r} {read.impersonation!r} {read.__rich_repr__()} {read.origin}"
    assert "hush" not in shown
    assert "aHVzaA" not in shown


@pytest.mark.parametrize(("command", "read"), [("plugin", "plugin"), ("./plugin", "{}/plugin"), ("/bin/p", "/bin/p")])
def test_a_plugin_command_with_a_slash_is_relative_to_its_file_and_one_without_is_in_path(
    files: Files, command: str, read: str
) -> None:
    plugin = files.read(config({"exec": {**EXEC, "command": command}})).exec
    assert plugin is not None
    assert plugin.command == read.format(files.folder)


def test_base64_data_may_have_line_breaks(files: Files) -> None:
    data = base64.encodebytes(b"x" * 200).decode()
    assert files.read(config(cluster={"certificate-authority-data": data})).ca_data == b"x" * 200


@pytest.mark.parametrize(
    ("server", "read"),
    [
        ("api:6443", "http://api:6443"),
        ("https://api/k8s/c-1/", "https://api/k8s/c-1"),
        ("https://[::1]:1", "https://[::1]:1"),
    ],
)
def test_a_server_is_a_url_or_host_and_port(files: Files, server: str, read: str) -> None:
    assert files.read(config(cluster={"server": server})).server == read


@pytest.mark.parametrize(("server", "token"), [("api:80", ""), ("http://api", ""), ("http://127.0.0.1:1", "hush")])
def test_over_plain_http_credentials_go_to_loopback_only(files: Files, server: str, token: str) -> None:
    read = files.read(config({"token": "hush", "as": "jane"}, {"server": server}))
    assert (read.token, read.impersonation is None) == (token, not token)


def test_the_environments_proxy_is_used_where_the_cluster_has_no_proxy_url(files: Files) -> None:
    assert files.read(config(), HTTPS_PROXY="http://proxy:1").proxy == "http://proxy:1"
    assert (
        files.read(config(cluster={"proxy-url": "http://own:1"}), HTTPS_PROXY="http://proxy:1").proxy == "http://own:1"
    )


def test_a_plugin_gets_the_cluster_if_the_kubeconfig_says_so(files: Files) -> None:
    extension = {"name": contexts.EXEC_EXTENSION, "extension": {"audience": "me"}}
    cluster = {"certificate-authority": "ca", "tls-server-name": "api", "extensions": [extension]}
    files.write("PEM", "ca")
    plugin = files.read(config({"exec": {**EXEC, "provideClusterInfo": True}}, cluster)).exec
    assert plugin is not None
    assert plugin.cluster == {
        "server": "https://it:6443",
        "tls-server-name": "api",
        "certificate-authority-data": base64.b64encode(b"PEM").decode(),
        "config": {"audience": "me"},
    }


CERTIFICATE = {"client-certificate": "/c", "client-key": "/k"}
WRONG = {
    "no server": (config(cluster={"server": ""}), "its cluster 'it' has no server"),
    "server": (config(cluster={"server": "ftp://it"}), "its server must be a URL"),
    "port": (config(cluster={"server": "https://it:port"}), "[Pp]ort"),
    "user in server": (config(cluster={"server": "https://me:hush@it"}), "its server holds a user"),
    "two CAs": (
        config(cluster={"certificate-authority": "/a", "certificate-authority-data": "Y2E="}),
        "certificate-authority and certificate-authority-data",
    ),
    "insecure CA": (
        config(cluster={"certificate-authority-data": "Y2E=", "insecure-skip-tls-verify": True}),
        "insecure-skip-tls-verify; keep one",
    ),
    "base64": (config(cluster={"certificate-authority-data": "hush!"}), "certificate-authority-data is no base64"),
    "SOCKS": (config(cluster={"proxy-url": "socks5://proxy:1080"}), "proxy-url names a SOCKS proxy"),
    "two certificates": (
        config({**CERTIFICATE, "client-certificate-data": "Y2E="}),
        "client-certificate and client-cert",
    ),
    "no key": (config({"client-certificate": "/c"}), "neither client-key nor client-key-data"),
    "two keys": (config({**CERTIFICATE, "client-key-data": "Y2E="}), "client-key and client-key-data"),
    "token and basic": (config({"token": "hush", "username": "me"}), "a token and a username"),
    "groups alone": (config({"as-groups": ["a"]}), "but no `as`"),
    "line break in as": (config({"as": "jane\n hush"}), "acts as somebody whose name, .* hold a control character"),
    "line break in a group": (config({"as": "jane", "as-groups": ["a\r\nhush: b"]}), "hold a control character"),
    "line break in extra": (config({"as": "jane", "as-user-extra": {"a": ["\nhush"]}}), "hold a control character"),
    "auth-provider": (config({"auth-provider": {"name": "gcp"}}), "auth-provider 'gcp'.*use exec"),
    "v1alpha1": (
        config({"exec": {**EXEC, "apiVersion": "client.authentication.k8s.io/v1alpha1"}}),
        "apiVersion 'client.authentication.k8s.io/v1alpha1'; kubechaos speaks",
    ),
    "no command": (config({"exec": {**EXEC, "command": ""}}), "exec plugin has no command"),
    "no mode": (config({"exec": {**EXEC, "interactiveMode": ""}}), "interactiveMode ''; it must be one of"),
    "terminal": (config({"exec": {**EXEC, "interactiveMode": "Always"}}), "it wants a terminal"),
    "env": (config({"exec": {**EXEC, "env": [{"value": "hush"}]}}), "env without a name"),
    "unknown user": ({**config(), "users": []}, "its user 'it' is not in users"),
    "unknown cluster": ({**config(), "clusters": []}, "its cluster 'it' is not in clusters"),
    "type": (config({"token": 5}), r"Expected `str`, got `int` - at `\$.users\[0\].user.token`"),
    "twice": ({**config(), "users": config()["users"] * 2}, "users has 'it' twice"),
    "no scheme": (
        config(cluster={"server": "api:6443", "certificate-authority-data": "Y2E="}),
        "no scheme, which means plain HTTP, but there are certificates: add https://",
    ),
    "another kind": ({**config(), "kind": "Secret"}, "it is a Secret of v1, not a Config of v1"),
    "another version": ({**config(), "apiVersion": "v2"}, "it is a Config of v2, not a Config of v1"),
    "no YAML": ("a: hush: b", "it is no YAML, line 1"),
    "a list": ("[hush]", "Expected `object`, got `array`"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG)
def test_what_kubectl_refuses_is_refused_with_the_file_and_the_reason(files: Files, content: Any, message: str) -> None:
    with pytest.raises(KubeconfigError, match=message) as raised:
        files.read(content)
    assert f"kubeconfig {files.folder / 'config'}" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_an_exec_plugin_of_v1beta1_needs_no_interactive_mode(files: Files) -> None:
    plugin = {**EXEC, "apiVersion": "client.authentication.k8s.io/v1beta1", "interactiveMode": ""}
    assert files.read(config({"exec": plugin})).exec is not None


def test_a_token_with_a_line_break_is_refused_and_not_quoted() -> None:
    with pytest.raises(KubeconfigError, match="its token holds a character that no header may have") as raised:
        PinnedContext(Connection(context="it", namespace="shop", server="http://it", token="hush\n"))
    assert "hush" not in str(raised.value)


def test_a_path_that_no_file_can_have_is_refused(files: Files) -> None:
    with pytest.raises(KubeconfigError, match=r"its certificate-authority cannot be read: .*null"):
        PinnedContext(files.read(config(cluster={"certificate-authority": "a\0b"})))


def test_each_group_is_a_header_of_its_own_and_extra_keys_are_escaped() -> None:
    headers = Impersonation(user="jane", uid="7", groups=("a", "b"), extra={"example.org/k:%": ("v", "w")}).headers()
    assert headers == (
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-example.org%2Fk%3A%25", "v"),
        ("Impersonate-Extra-example.org%2Fk%3A%25", "w"),
    )
