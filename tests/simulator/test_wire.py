"""The bytes of HTTP/1.1, as a client that is not polite sends and reads them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from cipp_tui.simulator.messages import Request, Response
from cipp_tui.simulator.server import serve
from cipp_tui.simulator.wire import Crowd

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Desk:
    """Answers requests and remembers them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.asked = asyncio.Event()
        self.answer = Response(200, {"X-Word": "yes"}, b"ok")

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        self.asked.set()
        return self.answer


@pytest.fixture(name="desk")
def remembering_desk() -> Desk:
    return Desk()


@asynccontextmanager
async def line(desk: Desk, latency_s: float = 0.0) -> AsyncIterator[Streams]:
    async with serve(desk.handle, latency_s, "127.0.0.1", 0, Crowd()) as addresses:
        port = int(addresses.graph.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):  # some tests are hung up on
                await writer.wait_closed()


async def answer(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """One answer with a Content-Length: status line, header, body."""
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
    first, *lines = head.strip().split("\r\n")
    header = dict(one.split(": ", 1) for one in lines)
    return first, header, await reader.readexactly(int(header.get("Content-Length", "0")))


async def test_a_request_arrives_piece_by_piece(desk: Desk) -> None:
    raw = (
        b"POST /v1.0/me?$top=1 HTTP/1.1\r\nHost: a\r\nX-Name:  v \r\nContent-Length: 5\r\n\r\nhello"
    )
    async with line(desk) as (reader, writer):
        for position in range(len(raw)):
            writer.write(raw[position : position + 1])
            await writer.drain()
        first, header, body = await answer(reader)

    request = desk.requests[0]
    assert (first, header["X-Word"], body) == ("HTTP/1.1 200 OK", "yes", b"ok")
    assert header["Date"].endswith("GMT")
    assert (request.method, request.path, request.query) == ("POST", "/v1.0/me", "$top=1")
    assert (request.headers["x-name"], request.body) == ("v", b"hello")


async def test_requests_that_come_at_once_are_answered_in_order(desk: Desk) -> None:
    raw = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(5))
    async with line(desk, latency_s=0.01) as (reader, writer):
        writer.write(raw)
        statuses = [(await answer(reader))[0] for _ in range(5)]

    assert statuses == ["HTTP/1.1 200 OK"] * 5
    assert [request.path for request in desk.requests] == ["/0", "/1", "/2", "/3", "/4"]


async def test_a_body_in_chunks_is_put_together(desk: Desk) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with line(desk) as (reader, writer):
        writer.write(head + b"4\r\nbatc\r\n1;note=x\r\nh\r\n")
        await writer.drain()
        writer.write(b"0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        await answer(reader)
        await answer(reader)

    assert [request.body for request in desk.requests] == [b"batch", b""]


async def test_a_client_that_asks_first_is_told_to_go_on(desk: Desk) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    async with line(desk) as (reader, writer):
        writer.write(head)
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.write(b"hi")
        await answer(reader)

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert desk.requests[0].body == b"hi"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000, 431),
    ],
)
async def test_what_is_no_request_is_refused_and_hung_up_on(
    desk: Desk, raw: bytes, status: int
) -> None:
    async with line(desk) as (reader, writer):
        writer.write(raw)
        first, header, _ = await answer(reader)
        rest = await asyncio.wait_for(reader.read(), 10)

    assert first.split()[1] == str(status)
    assert (header["Connection"], rest, desk.requests) == ("close", b"", [])


@pytest.mark.parametrize(
    "request_head", [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"]
)
async def test_a_client_that_wants_no_more_is_hung_up_on(desk: Desk, request_head: bytes) -> None:
    async with line(desk) as (reader, writer):
        writer.write(request_head)
        _, header, body = await answer(reader)
        rest = await asyncio.wait_for(reader.read(), 10)

    assert (header["Connection"], body, rest) == ("close", b"ok", b"")


async def test_the_answer_to_head_has_a_length_and_no_body(desk: Desk) -> None:
    async with line(desk) as (reader, writer):
        writer.write(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        raw = await asyncio.wait_for(reader.read(), 10)

    assert b"Content-Length: 2\r\n" in raw
    assert raw.endswith(b"\r\n\r\n")


async def test_no_content_says_no_length(desk: Desk) -> None:
    desk.answer = Response(204, {"request-id": "1"})
    async with line(desk) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        raw = await asyncio.wait_for(reader.read(), 10)

    assert raw.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"Content-Length" not in raw


async def test_answers_wait_their_latency_side_by_side(desk: Desk) -> None:
    crowd = Crowd()
    async with serve(desk.handle, 0.05, "127.0.0.1", 0, crowd) as addresses:
        port = int(addresses.login.rpartition(":")[2])
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        began = time.perf_counter()
        for _, writer in lines:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for reader, _ in lines:
            await answer(reader)
        took = time.perf_counter() - began
        for _, writer in lines:
            writer.close()
            await writer.wait_closed()

    assert 0.05 <= took < 20 * 0.05
    assert (crowd.most, crowd.now) == (20, 0)


async def test_the_end_of_serving_cuts_every_connection(desk: Desk) -> None:
    desk.answer = Response(200, {}, b"late", delay_s=60)
    async with serve(desk.handle, 0, "127.0.0.1", 0, Crowd()) as addresses:
        port = int(addresses.graph.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(desk.asked.wait(), 10)

    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    await writer.wait_closed()


async def test_a_long_answer_waits_for_a_slow_reader(desk: Desk) -> None:
    desk.answer = Response(200, {}, b"{}", padding=5_000_000)
    async with line(desk) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        size = 0
        while part := int(await reader.readuntil(b"\r\n"), 16):
            size += len((await reader.readexactly(part + 2))[:-2])

    assert size == 5_000_002
