"""HTTP/1.1 as the simulator's doors speak it: a connection reads requests and writes answers.

Small on purpose: a client is measured against the simulator, so the simulator must cost less than
the client does. What is not understood is refused and the connection closed.

Source: RFC 9112.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from cipp_tui.simulator.messages import Request, Response, Service

# A token with every scope is longer than the usual limit of a header.
MAX_HEAD: Final = 65_536
MAX_BODY: Final = 16 * 1024 * 1024
PADDING: Final = b" " * 65_536
HEAD_END: Final = b"\r\n\r\n"

Handle = Callable[[Request], Response]


class MalformedError(Exception):
    """The bytes are no HTTP request; `status` says what is wrong with them."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


class Head:
    """The request line and the header of one request."""

    __slots__ = ("chunked", "headers", "keep_alive", "length", "method", "target")

    def __init__(self, raw: bytes) -> None:
        lines = raw.decode("utf-8", "surrogateescape").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        target, _, version = rest.partition(" ")
        if not target.startswith("/") or version not in ("HTTP/1.1", "HTTP/1.0"):
            raise MalformedError(400)
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or "\n" in value or "\r" in value:
                raise MalformedError(400)
            headers[name.lower()] = value.strip(" \t")
        self.method = method
        self.target = target
        self.headers = headers
        self.chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self.length = _length(headers.get("content-length", "0"))
        connection = headers.get("connection", "").lower()
        self.keep_alive = connection != "close" if version == "HTTP/1.1" else False


@dataclass(slots=True)
class Crowd:
    """How many requests are being answered at this moment, and how many were at most."""

    now: int = 0
    most: int = 0

    def come(self) -> None:
        """One more."""
        self.now += 1
        self.most = max(self.most, self.now)


class Connection(asyncio.Protocol):
    """One connection to one service; requests are answered in the order they came."""

    def __init__(
        self,
        handle: Handle,
        service: Service,
        latency_s: float,
        open_now: set["Connection"],
        crowd: Crowd,
    ) -> None:
        self._handle = handle
        self._service = service
        self._latency_s = latency_s
        self._open_now = open_now
        self._crowd = crowd
        self._received = bytearray()
        self._head: Head | None = None
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._rest: Iterator[bytes] | None = None
        self._may_write = True
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_now.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was still to be sent."""
        self._open_now.discard(self)
        self._transport = None
        self._rest = None
        self._answered()
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Read as many requests as are complete."""
        self._received += data
        self._read_on()

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self._may_write = False

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._may_write = True
        if self._rest is not None:
            self._pour()

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _read_on(self) -> None:
        try:
            while not self._busy and self._transport is not None:
                if (read := self._request()) is None:
                    return
                self._serve(*read)
        except MalformedError as error:
            self._busy = True
            self._crowd.come()
            self._send(Response(error.status), keep_alive=False)

    def _request(self) -> tuple[Head, Request] | None:
        """Take the next complete request out of what was received."""
        head = self._head
        if head is None:
            end = self._received.find(HEAD_END)
            if end < 0 or end > MAX_HEAD:
                if len(self._received) > MAX_HEAD:
                    raise MalformedError(431)
                return None
            head = self._head = Head(bytes(self._received[:end]))
            del self._received[: end + 4]
            if head.headers.get("expect", "").lower() == "100-continue":
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = unchunked(self._received) if head.chunked else self._plain(head.length)
        if body is None:
            return None
        self._head = None
        path, _, query = head.target.partition("?")
        return head, Request(head.method, self._service, path, query, head.headers, body)

    def _plain(self, length: int) -> bytes | None:
        received = self._received
        if len(received) < length:
            return None
        body = bytes(received[:length])
        del received[:length]
        return body

    def _answered(self) -> None:
        if self._busy:
            self._busy = False
            self._crowd.now -= 1

    def _serve(self, head: Head, request: Request) -> None:
        self._busy = True
        self._crowd.come()
        loop = asyncio.get_running_loop()
        came = loop.time()
        response = self._handle(request)
        delay = self._latency_s + response.delay_s
        is_head = head.method == "HEAD"
        if delay <= 0:
            self._send(response, keep_alive=head.keep_alive, bodiless=is_head)
            return
        # Latency is from coming to going: the time we took to think is part of it.
        self._timer = loop.call_at(
            came + delay, self._send_late, response, head.keep_alive, is_head
        )

    def _send_late(self, response: Response, keep_alive: bool, bodiless: bool) -> None:
        self._send(response, keep_alive=keep_alive, bodiless=bodiless)
        if self._received:
            self._read_on()

    def _send(self, response: Response, *, keep_alive: bool, bodiless: bool = False) -> None:
        if response.dropped:
            self.abort()
            return
        if response.padding and not bodiless:
            self._rest = _padded(response)
            self._pour()
            return
        self._write(rendered(response, keep_alive=keep_alive, bodiless=bodiless))
        if not keep_alive and self._transport is not None:
            self._transport.close()
            return
        self._answered()

    def _pour(self) -> None:
        """Write a long answer as fast as the client takes it."""
        while self._may_write and self._rest is not None:
            chunk = next(self._rest, None)
            if chunk is None:
                self._rest = None
                self._answered()
                self._read_on()
                return
            self._write(chunk)

    def _write(self, raw: bytes) -> None:
        if self._transport is not None:
            self._transport.write(raw)


def rendered(response: Response, *, keep_alive: bool, bodiless: bool) -> bytes:
    """Return the bytes of an answer, Date and Content-Length included."""
    lines = [_status_line(response.status)]
    lines += [f"{name}: {value}\r\n" for name, value in response.headers.items()]
    if "Date" not in response.headers:
        lines.append(_date_line(int(time.time())))
    if response.status not in (204, 304):
        lines.append(f"Content-Length: {len(response.body)}\r\n")
    if not keep_alive:
        lines.append("Connection: close\r\n")
    lines.append("\r\n")
    head = "".join(lines).encode("utf-8", "surrogateescape")
    return head if bodiless or response.status in (204, 304) else head + response.body


def unchunked(received: bytearray) -> bytes | None:
    """Take a chunked body out of what was received; None while it is not complete.

    Raises: MalformedError for a chunk without a size. Source: RFC 9112, section 7.1.
    """
    body = bytearray()
    position = 0
    while True:
        end = received.find(b"\r\n", position)
        if end < 0:
            return None
        try:
            size = int(bytes(received[position:end]).partition(b";")[0], 16)
        except ValueError as error:
            raise MalformedError(400) from error
        if not 0 <= size <= MAX_BODY - len(body):
            raise MalformedError(413)
        start = end + 2
        if size == 0:
            trailer = received.find(b"\r\n", start)
            if trailer < 0:
                return None
            del received[: trailer + 2]
            return bytes(body)
        if len(received) < start + size + 2:
            return None
        body += received[start : start + size]
        position = start + size + 2


def _padded(response: Response) -> Iterator[bytes]:
    lines = [_status_line(response.status)]
    lines += [f"{name}: {value}\r\n" for name, value in response.headers.items()]
    lines += [_date_line(int(time.time())), "Transfer-Encoding: chunked\r\n\r\n"]
    yield "".join(lines).encode()
    yield b"%x\r\n%b\r\n" % (len(response.body) - 1, response.body[:-1])
    left = response.padding
    while left > 0:
        part = PADDING[:left]
        left -= len(part)
        yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"1\r\n%b\r\n0\r\n\r\n" % response.body[-1:]


def _length(text: str) -> int:
    if not text.isdecimal():
        raise MalformedError(400)
    length = int(text)
    if length > MAX_BODY:
        raise MalformedError(413)
    return length


@lru_cache(maxsize=128)
def _status_line(status: int) -> str:
    known = status in HTTPStatus.__members__.values()
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase if known else 'Unknown'}\r\n"


@lru_cache(maxsize=2)
def _date_line(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"
