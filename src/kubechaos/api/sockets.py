"""Connections that keep to a deadline down to the last byte, and that leave no socket open."""

from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from ssl import SSLSocket
from traceback import walk_tb
from typing import Any, Final

AT_ONCE: Final = 2**18
"""How many bytes are taken from the socket at once, at most: every turn costs a call, and the interpreter's lock."""


class _Answer(HTTPResponse):
    """An answer that is read for no longer than `patience` says when the next bytes of it are waited for."""

    def __init__(self, sock: Any, *args: Any, patience: Callable[[], float], **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = BufferedReader(_Bytes(sock, patience), AT_ONCE)


class _Bytes(RawIOBase):
    """The bytes of a socket: a timeout alone is defeated by a byte a second, in headers and inside a chunk too."""

    def __init__(self, sock: Any, patience: Callable[[], float]) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._patience()
        if left <= 0:
            raise TimeoutError("the answer was not complete at the deadline")
        if self._sock.gettimeout() != left:
            self._sock.settimeout(left)
        count: int | None = self._sock.recv_into(buffer)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Closing:
    """A connection that leaves no socket open where it could not be made.

    Python's ssl does (`SSLSocket._create`) where the server is gone between the connect and the handshake, and the
    ResourceWarning would come in the midst of a user's test.
    """

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]  # of urllib3's connection
        except OSError as error:
            for frame, _ in walk_tb(error.__traceback__):
                if isinstance(made := frame.f_locals.get("self"), SSLSocket):
                    made.close()
            raise


def hurried(pools: Mapping[str, Any], patience: Callable[[], float]) -> dict[str, Any]:
    """Return urllib3's connection pools, whose answers are read with our patience."""

    def one(pool: Any) -> Any:
        answer = staticmethod(partial(_Answer, patience=patience))
        connection = type("_Connection", (_Closing, pool.ConnectionCls), {"response_class": answer})
        return type(pool.__name__, (pool,), {"ConnectionCls": connection})

    return {scheme: one(pool) for scheme, pool in pools.items()}
