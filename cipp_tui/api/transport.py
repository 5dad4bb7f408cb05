"""The connections: one pool for all services, proxies found once, and what a failure may mean."""

import ssl
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx

from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.domain.problems import LostReply, NotUnderstood, RemoteProblem, Unreachable

LARGEST_BODY: Final = 32 * 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(sock_connect=10.0, sock_read=30.0)


def transports(
    endpoints: Endpoints, *, ca_bundle: str | None
) -> Mapping[Service, httpx.AsyncBaseTransport]:
    """How each service is reached, all over one pool: as many connections as there are requests.

    The proxy of each host is looked up here, once: to look it up for every request, as the pool
    would by itself, takes longer than the request's own work.
    """
    pool = _Pool(ssl.create_default_context(cafile=ca_bundle))
    return {
        service: Connections(pool, endpoints.base(service), _proxy_for(endpoints.base(service)))
        for service in Service
    }


class _Pool:
    """aiohttp's connections, opened with the first request: they need a running loop."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._context),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
            # aiohttp would send a GET or DELETE a second time by itself when a kept connection
            # breaks. Whether something is sent again is decided in `HttpClient.send` alone: a
            # DELETE never is.
            self._session._retry_connection = False
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class Connections(httpx.AsyncBaseTransport):
    """Carries httpx's requests to one service over the pool.

    What is asked for is the extension `target`, as httpx documents it, and not the URL's path: an
    address that names a tenant need not be taken apart to be put together again.
    Raises: httpx.ConnectError when the request has certainly not arrived; httpx.ReadError.
    """

    def __init__(self, pool: _Pool, base: str, proxy: str | None) -> None:
        self._pool = pool
        self._base = base
        self._proxy = proxy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, and come back with the head of the answer."""
        target: bytes = request.extensions["target"]
        try:
            response = await self._pool.session.request(
                request.method,
                self._base + target.decode(),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=TIMEOUT,
                proxy=self._proxy,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(
            response.status, headers=response.raw_headers, stream=_Body(response), request=request
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it comes in, not decoded."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise httpx.ReadError(str(error)) from error

    async def aclose(self) -> None:
        self._response.release()


def _proxy_for(base: str) -> str | None:
    """The proxy the environment names for a service; none for this very machine."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if host == "localhost" or _is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    return (url if "://" in url else f"http://{url}") if url else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def bounded_body(response: httpx.Response, host: str, request_id: str) -> bytes:
    """The whole body. Raises: NotUnderstood when it is too large to be an answer."""
    chunks: list[bytes] = []
    size = 0
    coded = "content-encoding" in response.headers
    stream = response.aiter_bytes() if coded else response.stream
    assert isinstance(stream, AsyncIterable)
    async for chunk in stream:
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


def transport_problem(error: httpx.TransportError, host: str, request_id: str) -> RemoteProblem:
    """Whether the request can have arrived: only a connection that never stood is certain."""
    why = _reason(error.__cause__ or error)
    if isinstance(error, httpx.ConnectError):
        return Unreachable(
            f"{host} cannot be reached: {why}",
            code="unreachable",
            host=host,
            request_id=request_id,
        )
    return LostReply(
        f"{host} did not answer: {why}", code="lost-reply", host=host, request_id=request_id
    )


def _reason(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
