"""The network door: three loopback ports that pass requests to the simulator."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Final

from aiohttp import web

from cipp_tui.simulator.messages import Addresses, Request, Response, Service

SERVICES: Final[tuple[Service, ...]] = ("login", "graph", "partner_center")
CHUNK: Final = b" " * 65_536
# A token with every scope is longer than the usual limit of a header.
MAX_HEADER: Final = 65_536

Handle = Callable[[Request], Response]


@asynccontextmanager
async def serve(handle: Handle, latency_s: float, host: str, port: int) -> AsyncIterator[Addresses]:
    """Serve the three services while entered.

    Raises: ValueError for a host that is not loopback.
    """
    check_loopback(host)
    runners: list[web.ServerRunner] = []
    try:
        bases: list[str] = []
        for offset, service in enumerate(SERVICES):
            server = web.Server(
                _door(handle, service, latency_s),
                access_log=None,
                max_field_size=MAX_HEADER,
                max_line_size=MAX_HEADER,
            )
            runner = web.ServerRunner(server, shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            site = web.TCPSite(runner, host, port + offset if port else 0, backlog=1024)
            await site.start()
            bases.append(_base(host, runner))
        yield Addresses(*bases)
    finally:
        for runner in runners:
            await runner.cleanup()


def check_loopback(host: str) -> None:
    """Refuse to be reachable from elsewhere.

    Raises: ValueError for a host that is not loopback.
    """
    if not (host.startswith("127.") or host in ("localhost", "::1")):
        raise ValueError(f"the simulator serves loopback only, not {host!r}; use 127.0.0.1")


def _base(host: str, runner: web.ServerRunner) -> str:
    address = runner.addresses[0]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{address[1]}"


def _door(
    handle: Handle, service: Service, latency_s: float
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def answer(incoming: web.BaseRequest) -> web.StreamResponse:
        path, _, query = incoming.raw_path.partition("?")
        request = Request(
            incoming.method,
            service,
            path,
            query,
            {name.lower(): value for name, value in incoming.headers.items()},
            await incoming.read(),
        )
        response = handle(request)
        if latency_s or response.delay_s:
            await asyncio.sleep(latency_s + response.delay_s)
        if response.dropped:
            return _hang_up(incoming)
        response.headers.setdefault("Date", formatdate(usegmt=True))
        if response.padding:
            return await _stream(incoming, response)
        return web.Response(
            body=response.body or None, status=response.status, headers=response.headers
        )

    return answer


def _hang_up(incoming: web.BaseRequest) -> web.StreamResponse:
    if incoming.transport is not None:
        incoming.transport.abort()
    return web.Response(status=500)


async def _stream(incoming: web.BaseRequest, response: Response) -> web.StreamResponse:
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    await stream.prepare(incoming)
    try:
        await stream.write(response.body[:-1])
        left = response.padding
        while left > 0:
            await stream.write(CHUNK[:left])
            left -= len(CHUNK)
        await stream.write(response.body[-1:])
        await stream.write_eof()
    except ConnectionError:
        # The client has had enough; that is what such a body is for.
        return stream
    return stream
