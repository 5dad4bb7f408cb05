"""The connections: one pool for all services, proxies found once, and what a failure may mean."""

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.domain.problems import LostReply, NotUnderstood, RemoteProblem, Unreachable

LARGEST_BODY: Final = 32 * 1024 * 1024


def transports(
    endpoints: Endpoints, *, connections: int, ca_bundle: str | None
) -> Mapping[Service, httpx.AsyncBaseTransport]:
    """How each service is reached, all over one pool of connections.

    The proxy of each host is looked up here, once: to look it up for every request, as the pool
    would by itself, takes longer than the request's own work.
    """
    context = (
        ssl.create_default_context(cafile=ca_bundle) if ca_bundle else ssl.create_default_context()
    )
    pool: list[aiohttp.ClientSession] = []

    def session() -> aiohttp.ClientSession:
        if not pool:
            pool.append(_session(connections, context))
        return pool[0]

    return {
        service: AiohttpTransport(
            verify=context, client=session, proxy=_proxy_for(endpoints.base(service))
        )
        for service in Service
    }


def _session(connections: int, context: ssl.SSLContext) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    # aiohttp would send a GET or DELETE a second time by itself when a kept connection breaks.
    # Whether something is sent again is decided in `HttpClient.send` alone: a DELETE never is.
    session._retry_connection = False
    return session


def _proxy_for(base: str) -> httpx.Proxy | None:
    """The proxy the environment names for a service; none for this very machine."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if host == "localhost" or _is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    return httpx.Proxy(url if "://" in url else f"http://{url}") if url else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def bounded_body(response: httpx.Response, host: str, request_id: str) -> bytes:
    """The whole body. Raises: NotUnderstood when it is too large to be an answer."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise NotUnderstood(
                f"The answer is larger than {LARGEST_BODY // (1024 * 1024)} MB",
                code="too-large",
                host=host,
                status=response.status_code,
                request_id=request_id,
            )
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def transport_problem(error: BaseException, host: str, request_id: str) -> RemoteProblem:
    """Whether the request can have arrived: only a connection that never stood is certain."""
    cause = error.__cause__ or error
    if isinstance(error, httpx.ConnectError) or isinstance(
        cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    ):
        return Unreachable(
            f"{host} cannot be reached: {_reason(cause)}",
            code="unreachable",
            host=host,
            request_id=request_id,
        )
    return LostReply(
        f"{host} did not answer: {_reason(cause)}",
        code="lost-reply",
        host=host,
        request_id=request_id,
    )


def _reason(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
