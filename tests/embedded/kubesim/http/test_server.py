"""What anybody on this machine can send to the simulated API server, and what it must not come to."""

import gzip
import logging
import re
import socket
from collections.abc import Iterator

import pytest

from kubesim import Simulation

PODS = "/api/v1/namespaces/default/pods"
TOO_LARGE = b" " * 2 * 2**20
JSON = "Content-Type: application/json\r\n"


class Place:
    """A simulation, and its address and token as they stand in its kubeconfig."""

    def __init__(self, sim: Simulation) -> None:
        written = sim.kubeconfig.read_text()
        (port,) = re.findall(r'127\.0\.0\.1:(\d+)"', written)
        (token,) = re.findall(r'token: "(.+)"', written)
        self.port = int(port)
        self.owner = f"Authorization: Bearer {token}\r\n"

    def ask(self, raw: bytes) -> int:
        """Send bytes; return the status of the answer."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(raw)
            return int(connection.makefile("rb").readline().split()[1])

    def post(self, body: bytes, headers: str = "", length: int | None = None) -> int:
        """POST a body with headers; return the status of the answer."""
        size = len(body) if length is None else length
        head = f"POST {PODS} HTTP/1.1\r\nHost: x\r\n{JSON}{headers}Content-Length: {size}\r\n\r\n"
        return self.ask(head.encode() + body)


@pytest.fixture
def place(caplog: pytest.LogCaptureFixture) -> Iterator[Place]:
    """A simulation whose end raises nothing, and which logs nothing."""
    caplog.set_level(logging.DEBUG)
    sim = Simulation().start()
    yield Place(sim)
    sim.stop()
    assert [record.name for record in caplog.get_records("call") if record.levelno > logging.DEBUG] == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no gzip", "Content-Encoding: gzip\r\n"),
        (b"no deflate", "Content-Encoding: deflate\r\n"),
        (gzip.compress(TOO_LARGE), "Content-Encoding: gzip\r\n"),
        (b"no JSON", ""),
        (b"[" * 10**5, ""),
        (b"{}", "Authorization: Bearer \xff\r\n"),
        (b"{}", "Authorization: Basic eDp5\r\n"),
    ],
    ids=["gzip", "deflate", "bomb", "JSON", "nested", "no ASCII", "basic"],
)
def test_a_stranger_is_unauthorized_whatever_he_sends(place: Place, body: bytes, headers: str) -> None:
    assert place.post(body, headers) == 401


def test_a_strangers_body_is_not_waited_for(place: Place) -> None:
    assert place.post(b"", length=2 * 2**20) == 401


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
        b"GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["words", "TLS", "header", "path", "length"],
)
def test_what_is_no_http_is_a_bad_request(place: Place, raw: bytes) -> None:
    assert place.ask(raw) == 400


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no gzip", "Content-Encoding: gzip\r\n", 400),
        (b"no deflate", "Content-Encoding: deflate\r\n", 400),
        (TOO_LARGE, "", 413),
        (gzip.compress(TOO_LARGE), "Content-Encoding: gzip\r\n", 413),
        (b"no JSON", "", 400),
        (b"[" * 10**5, "", 400),
    ],
    ids=["gzip", "deflate", "large", "bomb", "JSON", "nested"],
)
def test_the_owners_bad_body_is_refused_and_breaks_nothing(
    place: Place, body: bytes, headers: str, status: int
) -> None:
    assert place.post(body, place.owner + headers) == status


def test_a_token_before_the_path_lets_in_kubectl_which_sends_no_header_without_tls(place: Place) -> None:
    (key,) = re.findall(r"Bearer (\S+)", place.owner)
    for before, status in ((f"/{key}", 200), (f"/{key}x", 401), ("/", 401)):
        assert place.ask(f"GET {before}{PODS} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == status
