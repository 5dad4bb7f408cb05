"""A host on loopback that answers with bytes as they are: what no well-behaved server sends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cipp_tui.api.endpoints import Endpoints, endpoints_for
from cipp_tui.api.http import HttpClient
from tests.support import HurriedClock

Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes, *, status: int = 200, headers: str = "") -> bytes:
    """A whole answer."""
    head = (
        f"HTTP/1.1 {status} As It Is\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    )
    return head.encode() + body


def always(answer: bytes) -> Answering:
    """The same for every request; then the line is cut."""

    async def answering(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return answering


class RawHost:
    """Where it listens, and what it was sent."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answering: Answering = always(b"")
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoints(self) -> Endpoints:
        """All services at this host."""
        return endpoints_for("global", login=self.url, graph=self.url, partner_center=self.url)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.partition(b":")[2])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            self.requests.append(head + await reader.readexactly(length))
            await self.answering(self.requests[-1], writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has had enough
        finally:
            writer.close()


@asynccontextmanager
async def raw_host() -> AsyncIterator[RawHost]:
    """Listen until the block is left."""
    host = RawHost()
    server = await asyncio.start_server(host._serve, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def client_of(host: RawHost) -> AsyncIterator[HttpClient]:
    """The real client, all of whose services are at this host."""
    client = HttpClient(host.endpoints, clock=HurriedClock())
    try:
        yield client
    finally:
        await client.aclose()
