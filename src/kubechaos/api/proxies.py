"""Which proxy a request goes through, by the variables of the environment, as kubectl reads them. Pure.

The rules are Go's (golang.org/x/net/http/httpproxy, behind net/http's ProxyFromEnvironment); Python's urllib differs
from them in networks, ports and loopback.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ..errors import ConfigError
from ..kube.decode import decimal

SPOKEN: Final = ("http", "https")
PORTS: Final = {"http": 80, "https": 443}


def from_environment(server: str, environment: Mapping[str, str]) -> str:
    """Return the URL of the proxy for a server, empty where it is reached directly. Raises ConfigError.

    HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read in upper case first, then in lower case. localhost and loopback
    addresses are never proxied: the proxy would look for a local cluster on its own machine.
    """
    parts = urlsplit(server)
    name = f"{parts.scheme.upper()}_PROXY"
    proxy = _variable(name, environment)
    if not proxy or _is_direct(parts, _variable("NO_PROXY", environment)):
        return ""
    if name == "HTTP_PROXY" and "REQUEST_METHOD" in environment:
        # In a CGI script HTTP_PROXY may come from a request's header "Proxy:" (httpoxy, CVE-2016-5386).
        return ""
    return checked(proxy if "://" in proxy else f"http://{proxy}", name)


def checked(proxy: str, source: str) -> str:
    """Return the URL of a proxy that we can go through; raises ConfigError naming where it was set."""
    try:
        parts = urlsplit(proxy)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, named = urlsplit(""), False
    if parts.scheme.startswith("socks"):
        raise ConfigError(
            f"{source} names a SOCKS proxy, which kubechaos does not speak: name an HTTP proxy, or tunnel the port "
            f"(ssh -L) and set the cluster's server and tls-server-name"
        )
    if parts.scheme not in SPOKEN or not named:
        raise ConfigError(f"{source} is no URL of a proxy: it must be http://HOST:PORT or https://HOST:PORT")
    return proxy


def _variable(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _is_direct(server: SplitResult, no_proxy: str) -> bool:
    host = (server.hostname or "").rstrip(".")
    if is_loopback(host):
        return True
    port = server.port or PORTS.get(server.scheme, 0)
    return any(_matches(rule.strip().lower(), host, port) for rule in no_proxy.split(","))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or by its address."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    # ::ffff:127.0.0.1 is 127.0.0.1, which Python's is_loopback does not know before 3.13.
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _matches(rule: str, host: str, port: int) -> bool:
    """Return whether an entry of NO_PROXY covers a host.

    An entry is `*`, a network like 10.0.0.0/8, or an address or a domain, either with or without a port.
    """
    if rule == "*":
        return True
    if "/" in rule:
        return _is_in_network(rule, host)
    name, ruled = _split(rule)
    if not name or (ruled and ruled != port):
        return False
    if _is_address(host):
        return _is_address(name) and ip_address(name) == ip_address(host)
    if name.startswith(("*.", ".")):
        # ".example.org" is about its subdomains alone, "example.org" about both.
        return host.endswith(name.removeprefix("*"))
    return host == name or host.endswith(f".{name}")


def _split(rule: str) -> tuple[str, int]:
    """Split an entry into its host and its port, 0 for none; an IPv6 address with a port is in brackets."""
    if rule.startswith("["):
        name, _, port = rule[1:].partition("]")
        port = port.removeprefix(":")
    elif rule.count(":") == 1:
        name, _, port = rule.partition(":")
    else:
        name, port = rule, ""
    return name, decimal(port) or 0


def _is_in_network(rule: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(rule, strict=False)
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
