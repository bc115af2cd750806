"""Connections that keep to a deadline down to the last byte, and that leave no socket open."""

import socket
import ssl
import time
from contextlib import suppress
from io import BufferedReader, RawIOBase
from math import inf
from typing import Any, Final, Protocol

AT_ONCE: Final = 2**18
"""How many bytes are taken from a socket at once, at most: every turn costs a call, and the interpreter's lock."""


class Timer:
    """How long may still be waited: until a point on the monotonic clock, or `silence` seconds for the next byte."""

    def __init__(self) -> None:
        self.until = inf
        self.silence = inf

    def left(self) -> float:
        """Return the seconds that may still be waited; raises TimeoutError where there are none."""
        if self.until == inf:
            return self.silence
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not complete at the deadline")
        return left


class Stream(Protocol):
    """Bytes in both directions."""

    def sendall(self, data: bytes) -> None:
        """Send all of it."""

    def recv_into(self, buffer: Any) -> int:
        """Receive what there is, at least a byte; returns how many, 0 at the end."""


class Tcp:
    """A TCP connection; every wait of it ends when the timer says so.

    A socket's own timeout alone is defeated by a byte a second, in headers and inside a chunk too.
    """

    def __init__(self, host: str, port: int, timer: Timer) -> None:
        self._timer = timer
        self._socket = _connected(host, port, timer)

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._limit()
        self._socket.sendall(data)

    def recv_into(self, buffer: Any) -> int:
        """Receive what there is, at least a byte; returns how many, 0 at the end."""
        self._limit()
        return self._socket.recv_into(buffer)

    def _limit(self) -> None:
        left = self._timer.left()
        # A stream's limit never changes, and to set it is a system call.
        if self._socket.gettimeout() != left:
            self._socket.settimeout(None if left == inf else left)

    def is_quiet(self) -> bool:
        """Return whether nothing waits to be read: an idle connection has something to say only when it ends."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def interrupt(self) -> None:
        """End the connection while another thread may wait for it: that thread reads an end, and closes it."""
        # To close it here instead would free the descriptor's number, and the waiting thread could read from whatever
        # is opened next under that number.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _connected(host: str, port: int, timer: Timer) -> socket.socket:
    """Connect to the first address of the host that answers; one deadline holds for all of them together."""
    failure: OSError = OSError(f"{host} has no address")
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            left = timer.left()
            made = socket.create_connection((str(address[0]), port), timeout=None if left == inf else left)
        except OSError as error:
            failure = error
            continue
        # A request is its head and then its body: without this the second would wait for the first's acknowledgement.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    raise failure


class Tls:
    """TLS over another stream: over TCP, or over the TLS of a proxy.

    It is spoken in memory (`wrap_bio`) and not by an SSLSocket. So the socket stays ours: Python's ssl leaves one open
    where the server is gone before the handshake, the deadline holds within the handshake too, and a thread that
    interrupts us never touches the state of TLS, which is not made for two threads.
    """

    def __init__(self, below: Stream, context: ssl.SSLContext, name: str) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._received = memoryview(bytearray(AT_ONCE))
        self._handshake()

    def _handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._send()
                self._receive()
            else:
                self._send()
                return

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        left = memoryview(data)
        while left:
            left = left[self._tls.write(left) :]
            self._send()

    def recv_into(self, buffer: Any) -> int:
        """Receive what there is, at least a byte; returns how many, 0 at the end."""
        while True:
            try:
                return int(self._tls.read(len(buffer), buffer))
            except ssl.SSLWantReadError:
                self._send()
                self._receive()
            except ssl.SSLZeroReturnError:
                return 0

    def _send(self) -> None:
        if self._outgoing.pending:
            self._below.sendall(self._outgoing.read())

    def _receive(self) -> None:
        if count := self._below.recv_into(self._received):
            self._incoming.write(self._received[:count])
        else:
            # What is read next fails with SSLEOFError: an end that the other side has not announced is a cut.
            self._incoming.write_eof()


class Channel:
    """What http.client takes for its socket. The reader of the answer in hand is `reader`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.reader = self.makefile("rb")

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._stream.sendall(data)

    def makefile(self, mode: str) -> BufferedReader:
        """Return a reader for one answer; nothing is lost between two, as nothing is asked before an answer's end."""
        self.reader = BufferedReader(_Bytes(self._stream), AT_ONCE)
        return self.reader

    def close(self) -> None:
        """Leave the connection open: http.client closes it when an answer's head says so, before the body is read."""


class _Bytes(RawIOBase):
    """The bytes of a stream as a raw file."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.recv_into(buffer)
