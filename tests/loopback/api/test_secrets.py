"""No frame of a traceback, and no frame of a thread that waits, shows the credentials."""

import base64
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

import pytest

from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
from kubechaos.api.mutate import send
from kubechaos.api.official import Official
from kubechaos.errors import ApiError, UnreachableError
from tests.loopback.rawserver import Exchange, RawServer, failure, reply, reset

CANARY = "canary-of-a-secret"
BASIC = base64.b64encode(f"me:{CANARY}".encode()).decode()
USERS = {
    "token": {"token": CANARY},
    "password": {"username": "me", "password": CANARY},
}


@pytest.fixture(params=USERS)
def client(request: pytest.FixtureRequest, server: RawServer) -> Iterator[Client]:
    """A client with a secret, of a scripted server behind a proxy that wants a password, or of none."""
    user = USERS[request.param]
    made = Client(PinnedContext(Connection(context="raw", namespace="shop", server=server.url, **user)))  # type: ignore[arg-type]  # texts
    yield made
    made.close()


@pytest.fixture
def proxied(server: RawServer) -> Iterator[Client]:
    """A client whose proxy wants a password."""
    proxy = server.url.replace("//", f"//me:{CANARY}@")
    made = Client(PinnedContext(Connection(context="raw", namespace="shop", server="http://example.org", proxy=proxy)))
    yield made
    made.close()


Handler = Callable[[int, FrameType | None], object]


@pytest.fixture
def on_signal() -> Iterator[Callable[[Handler], object]]:
    """Sets what SIGUSR1 calls, with the frame that it has interrupted."""
    before = signal.getsignal(signal.SIGUSR1)
    yield lambda handler: signal.signal(signal.SIGUSR1, handler)
    signal.signal(signal.SIGUSR1, before)


def leaks(frame: FrameType) -> list[str]:
    """The local variables of a frame, as pytest's --showlocals prints them, that show a secret."""
    shown = {name: repr(value) for name, value in frame.f_locals.items()}
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return [f"{place} {name}" for name, text in shown.items() if CANARY in text or BASIC in text]


def all_leaks(error: BaseException) -> list[str]:
    """Those of every frame of an error, and of the errors that it was made of."""
    if error is None:
        return []
    assert CANARY not in str(error)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_globals["__name__"] != __name__]
    chain = [each for each in (error.__cause__, error.__context__) if each is not None]
    return [*(leak for frame in frames for leak in leaks(frame)), *(leak for each in chain for leak in all_leaks(each))]


def in_package(error: BaseException) -> list[str]:
    """The modules of the frames of an error."""
    return [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(error.__traceback__)]


CALLS: dict[str, Callable[[Client], Any]] = {
    "get": lambda client: client.get("/x"),
    "write": lambda client: send(client, "PATCH", "/x", {"spec": {}}),
    "watch": lambda client: client.stream("/x", {"watch": "1"}).__enter__(),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_waits_for_its_answer_shows_no_credentials(
    server: RawServer, client: Client, call: str, on_signal: Callable[[Handler], object]
) -> None:
    looked = threading.Event()
    seen: list[str] = []

    def look(number: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_globals["__name__"] != __name__:
                seen.extend(leaks(frame))
            frame = frame.f_back
        looked.set()

    def reset_once_looked_at(exchange: Exchange) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        looked.wait(20)
        reset(exchange)

    on_signal(look)
    for method in ("GET", "PATCH", "WATCH"):
        server.on(method, "/x", reset_once_looked_at)
    with pytest.raises(UnreachableError) as raised:
        CALLS[call](client)
    assert looked.is_set()
    assert seen == []
    assert all_leaks(raised.value) == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError, ValueError, MemoryError])
def test_no_traceback_of_a_call_shows_credentials_or_the_frames_that_handle_them(
    server: RawServer, client: Client, call: str, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error("from below")

    monkeypatch.setattr("kubechaos.api.sockets.Tcp.sendall", fail)
    with pytest.raises((UnreachableError, error)) as raised:
        CALLS[call](client)
    assert all_leaks(raised.value) == []
    assert not {"kubechaos.api.http", "kubechaos.api.sockets", "http.client"} & {*in_package(raised.value)}


def test_where_an_error_that_is_not_ours_was_raised_is_said_without_its_frames(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("kubechaos.api.http.Http.open", fail)
    with pytest.raises(ValueError, match="a bug") as raised:
        client.get("/x")
    (note,) = raised.value.__notes__
    assert "client.py" in note
    assert "in exchange" in note


def test_an_error_that_is_being_handled_outside_keeps_its_frames(client: Client, server: RawServer) -> None:
    server.on("GET", "/x", reset)
    with pytest.raises(UnreachableError) as raised:
        _ask_while_handling_an_error(client)
    context = raised.value.__context__
    while context is not None and not isinstance(context, RuntimeError):
        context = context.__context__
    assert context is not None
    assert isinstance(context.__traceback__, TracebackType)


def test_the_password_of_a_proxy_is_shown_by_no_traceback(server: RawServer, proxied: Client) -> None:
    server.on("GET", "*", reset)
    with pytest.raises(UnreachableError) as raised:
        proxied.get("/x")
    assert all_leaks(raised.value) == []
    (request,) = server.requests
    assert request.headers["Proxy-Authorization"] == f"Basic {BASIC}"


def test_the_official_client_sends_the_token_and_shows_it_in_no_local_variable(server: RawServer) -> None:
    server.on("GET", "/version/", reply({"kind": "Status", "code": 500}, 500))
    pinned = PinnedContext(Connection(context="raw", namespace="shop", server=server.url, token=CANARY))
    official = Official(pinned)
    with pytest.raises(Exception, match="500") as raised:
        _version(official)
    official.close()
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {CANARY}"
    assert all_leaks(raised.value) == []


def _ask_while_handling_an_error(client: Client) -> None:
    try:
        raise RuntimeError("of the test")
    except RuntimeError:
        client.get("/x")


def _version(official: Official) -> Any:
    from kubernetes.client import VersionApi

    return VersionApi(official.client()).get_code()


QUOTED = {
    "JSON": (
        'Deployment.apps "" is invalid: patch: Invalid value: "{\\"env\\":[{\\"value\\":\\"hunter2\\"}]}": '
        "json: cannot unmarshal string",
        'Deployment.apps "" is invalid: patch: Invalid value: {...}: json: cannot unmarshal string',
    ),
    "Go": (
        "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{hunter2}}: field is immutable",
        "spec.selector: Invalid value: {...}: field is immutable",
    ),
    "a map": ("unknown patch type: nope in map: map[value:hunter2]", "unknown patch type: nope in map: {...}"),
    "a difference": (
        "spec: Forbidden: pod updates may not change fields other than image\n@@ -1 +1 @@\n- hunter2",
        "spec: Forbidden: pod updates may not change fields other than image",
    ),
}


@pytest.mark.parametrize("kind", QUOTED)
def test_an_object_that_the_server_quotes_is_left_out_as_its_environment_may_have_a_password(
    server: RawServer, kind: str
) -> None:
    message, shown = QUOTED[kind]
    server.on("GET", "/x", failure(422, message, "Invalid"))
    client = Client(PinnedContext(Connection(context="raw", namespace="shop", server=server.url)))
    with pytest.raises(ApiError) as caught:
        client.get("/x")
    client.close()
    assert str(caught.value) == f"GET /x: 422 {shown}"
