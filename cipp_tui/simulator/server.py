"""The network doors: three loopback ports that pass requests to the simulator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from cipp_tui.simulator.messages import Addresses, Service
from cipp_tui.simulator.wire import Connection, Crowd, Handle

SERVICES: Final[tuple[Service, ...]] = ("login", "graph", "partner_center")


@asynccontextmanager
async def serve(
    handle: Handle, latency_s: float, host: str, port: int, crowd: Crowd
) -> AsyncIterator[Addresses]:
    """Serve the three services while entered; `crowd` counts what is answered at once.

    Raises: ValueError for a host that is not loopback, OSError for a port that is taken.
    """
    check_loopback(host)
    loop = asyncio.get_running_loop()
    servers: list[asyncio.Server] = []
    connections: set[Connection] = set()
    try:
        for offset, service in enumerate(SERVICES):
            server = await loop.create_server(
                _door(handle, service, latency_s, connections, crowd),
                host,
                port + offset if port else 0,
                backlog=1024,
            )
            servers.append(server)
        yield Addresses(*(_base(host, server) for server in servers))
    finally:
        for server in servers:
            server.close()
        for connection in list(connections):
            connection.abort()
        for server in servers:
            await server.wait_closed()


def check_loopback(host: str) -> None:
    """Refuse to be reachable from elsewhere.

    Raises: ValueError for a host that is not loopback.
    """
    if not (host.startswith("127.") or host in ("localhost", "::1")):
        raise ValueError(f"the simulator serves loopback only, not {host!r}; use 127.0.0.1")


def _door(
    handle: Handle,
    service: Service,
    latency_s: float,
    connections: set[Connection],
    crowd: Crowd,
) -> Callable[[], Connection]:
    return lambda: Connection(handle, service, latency_s, connections, crowd)


def _base(host: str, server: asyncio.Server) -> str:
    port: int = server.sockets[0].getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
