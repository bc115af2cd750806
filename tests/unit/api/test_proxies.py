"""Which proxy is taken: the rules of Go's net/http, which kubectl and the API server's own clients follow."""

import pytest

from kubechaos.api import proxies
from kubechaos.errors import ConfigError

PROXY = "http://proxy.corp:3128"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_an_https_server_is_reached_through_https_proxy(name: str) -> None:
    assert proxies.from_environment("https://api.corp:6443", {name: PROXY, "HTTP_PROXY": "http://other:1"}) == PROXY


def test_the_upper_case_variable_goes_before_the_lower_case_one() -> None:
    environment = {"https_proxy": "http://lower:1", "HTTPS_PROXY": PROXY}
    assert proxies.from_environment("https://api.corp", environment) == PROXY


def test_a_proxy_without_a_scheme_is_an_http_proxy() -> None:
    assert proxies.from_environment("https://api.corp", {"HTTPS_PROXY": "proxy.corp:3128"}) == PROXY


def test_http_proxy_is_ignored_in_a_cgi_script() -> None:
    environment = {"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}
    assert proxies.from_environment("http://api.corp", environment) == ""
    assert proxies.from_environment("http://api.corp", {"HTTP_PROXY": PROXY}) == PROXY


@pytest.mark.parametrize(
    "server",
    [
        "https://localhost:6443",
        "https://127.0.0.1",
        "https://127.8.9.1:1",
        "https://[::1]:6443",
        "https://[::ffff:127.0.0.1]:6443",
        "https://localhost.:6443",
    ],
)
def test_loopback_is_never_proxied(server: str) -> None:
    assert proxies.from_environment(server, {"HTTPS_PROXY": PROXY}) == ""


@pytest.mark.parametrize(
    ("rule", "direct"),
    [
        ("*", True),
        ("api.corp", True),
        ("corp", True),
        (".corp", True),
        ("*.corp", True),
        (" other , API.corp ", True),
        ("api.corp:6443", True),
        ("api.corp:443", False),
        (".api.corp", False),
        ("pi.corp", False),
        ("", False),
        ("10.0.0.0/8", False),
        ("pi.corp:²", False),
    ],
)
def test_no_proxy_matches_domains_and_ports(rule: str, direct: bool) -> None:
    environment = {"HTTPS_PROXY": PROXY, "NO_PROXY": rule}
    assert (proxies.from_environment("https://api.corp:6443", environment) == "") is direct


@pytest.mark.parametrize(
    ("rule", "direct"),
    [
        ("10.0.0.0/8", True),
        ("10.1.2.3", True),
        ("10.1.2.3:6443", True),
        ("10.1.2.3:443", False),
        ("10.2.0.0/16", False),
        ("2.3", False),
        ("nonsense/8", False),
    ],
)
def test_no_proxy_matches_addresses_and_networks(rule: str, direct: bool) -> None:
    environment = {"HTTPS_PROXY": PROXY, "no_proxy": rule}
    assert (proxies.from_environment("https://10.1.2.3:6443", environment) == "") is direct


@pytest.mark.parametrize(
    ("rule", "direct"), [("fd00::/8", True), ("[fd00::1]:6443", True), ("fd00::1", True), ("[fd00::1]:1", False)]
)
def test_no_proxy_matches_ipv6(rule: str, direct: bool) -> None:
    environment = {"HTTPS_PROXY": PROXY, "NO_PROXY": rule}
    assert (proxies.from_environment("https://[fd00::1]:6443", environment) == "") is direct


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4"])
def test_a_socks_proxy_is_refused_with_an_alternative(scheme: str) -> None:
    with pytest.raises(ConfigError, match=r"HTTPS_PROXY names a SOCKS proxy.*ssh -L"):
        proxies.from_environment("https://api.corp", {"HTTPS_PROXY": f"{scheme}://me:secret@proxy:1080"})


@pytest.mark.parametrize("proxy", ["ftp://proxy", "http://", "//proxy"])
def test_an_invalid_proxy_url_is_refused_and_not_quoted(proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy-url is no URL of a proxy") as raised:
        proxies.checked(f"{proxy}?secret", "proxy-url")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "proxy", ["http://proxy:port", "http://proxy:99999", "http://[::1", "http://proxy:0", "http://"]
)
def test_what_is_no_url_of_a_proxy_is_refused_and_not_quoted(proxy: str) -> None:
    with pytest.raises(ConfigError, match="HTTPS_PROXY is no URL of a proxy: it must be") as raised:
        proxies.from_environment("https://api.corp", {"HTTPS_PROXY": proxy.replace("//", "//me:hush@")})
    assert "hush" not in str(raised.value)
