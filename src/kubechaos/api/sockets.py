"""Connections that keep to a deadline down to the last byte, and that leave no socket open.

They replace `socket.makefile` and `SSLSocket` under http.client, which know a timeout for each read, but no deadline.
"""

import socket
import ssl
import time
from contextlib import suppress
from io import BufferedReader, RawIOBase
from math import inf
from typing import Any, Final, Protocol

AT_ONCE: Final = 2**18
"""Bytes taken from a socket at once, at most: each call hands over the interpreter's lock and must get it back."""


class Timer:
    """How long a connection may still wait: until a point on the monotonic clock, or `silence` seconds for each read.

    A call has a point, `until`; a watch, which is to last, has none, and its limit is `silence`.
    """

    def __init__(self) -> None:
        self.until = inf
        self.silence = inf

    def left(self) -> float:
        """Return the seconds that the next read may wait; raises TimeoutError where there are none left."""
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
    """A TCP connection whose every wait ends when the timer says so.

    A socket's own timeout begins anew with each read, so a server that sends one byte a second defeats it: the official
    client has waited 13 s for a body with a timeout of 2 s. Here each read gets what is left until the deadline.
    """

    def __init__(self, host: str, port: int, timer: Timer) -> None:
        self._timer = timer
        self._socket = _open_socket(host, port, timer)

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
        # The limit of a watch is always the same, and to set it is a system call.
        if self._socket.gettimeout() != left:
            self._socket.settimeout(None if left == inf else left)

    def is_quiet(self) -> bool:
        """Return whether the connection can be used again: nothing waits to be read.

        A server that is asked nothing sends something only to end the connection: its FIN, or TLS's close_notify.
        """
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def interrupt(self) -> None:
        """End the connection while another thread may be reading: that thread reads an end, and closes it."""
        # close() would free the descriptor's number while recv() waits on it. The next file or socket that this process
        # opens would get that number, and be read from.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _open_socket(host: str, port: int, timer: Timer) -> socket.socket:
    """Connect to the first address of the host that answers; each attempt may take what the timer has left.

    Looking up the name is not limited.
    """
    failure: OSError = OSError(f"{host} has no address")
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            left = timer.left()
            made = socket.create_connection((str(address[0]), port), timeout=None if left == inf else left)
        except OSError as error:
            failure = error
            continue
        # http.client sends the head and the body of a request one after the other. With Nagle's algorithm the body
        # would wait for the acknowledgement of the head, which the server may delay by 40 ms.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    raise failure


class Tls:
    """TLS over another stream: over TCP, or over the TLS of a proxy. It is spoken in memory, not by an SSLSocket."""

    # Three reasons for `wrap_bio`. The socket stays ours: SSLSocket detaches it first, and leaks it if the server is
    # gone before the handshake (python/cpython#113280). The deadline holds in the handshake, too. And a thread that
    # calls `interrupt` touches the socket alone, never the state of TLS, which is not made for two threads.
    #
    # There is no close(): the socket below is closed without a close_notify of our own. We close only a connection that
    # nothing more is expected from, and to send it could block on a server that does not read.

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
        count = self._below.recv_into(self._received)
        if count:
            self._incoming.write(self._received[:count])
        else:
            # The next read raises SSLEOFError. Only a close_notify is an end: a bare FIN can be forged by anybody on
            # the way, and would make a truncated answer look complete.
            self._incoming.write_eof()


class Channel:
    """The object that http.client takes for its socket; `reader` is the buffer that the current answer is read from."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.reader = self.makefile("rb")

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._stream.sendall(data)

    def makefile(self, mode: str) -> BufferedReader:
        """Return a new reader for one answer."""
        # What is left in the old one is nothing: no request is sent before the answer to the last has been read.
        self.reader = BufferedReader(_Bytes(self._stream), AT_ONCE)
        return self.reader

    def close(self) -> None:
        """Do nothing: http.client closes its socket once a head says "Connection: close", before the body is read."""


class _Bytes(RawIOBase):
    """The bytes of a stream as a raw file."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.recv_into(buffer)
