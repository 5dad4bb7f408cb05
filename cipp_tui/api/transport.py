"""The connections: one pool for all services, proxies found once, and what a failure may mean."""

import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Final

import aiohttp
import httpx

from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.api.proxies import proxy_for
from cipp_tui.api.tls import tls_context
from cipp_tui.domain.problems import LostReply, RemoteProblem, Unreachable

TIMEOUT: Final = aiohttp.ClientTimeout(sock_connect=10.0, sock_read=30.0)
"""Between two bytes; the limit for a whole call is `CALL_LIMIT_S` of the client."""

PROXY_CREDENTIALS: Final = "proxy-credentials"
PROXY_AUTHENTICATION_REQUIRED: Final = 407
"""Only a proxy says so, of a request that it does not pass on. Source: RFC 9110, 15.5.8."""

FOREIGN_ERRORS: Final = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    OSError,  # TimeoutError and ssl.SSLError are such
    ValueError,  # UnicodeError is one
    RuntimeError,  # "Session is closed", for one
    LookupError,
    TypeError,
    AttributeError,
)
"""Whatever a client library was seen to raise, or may: nothing of it may pass this door."""


def transports(
    endpoints: Endpoints, *, ca_bundle: str | None
) -> Mapping[Service, httpx.AsyncBaseTransport]:
    """How each service is reached, all over one pool: as many connections as there are requests.

    Raises: ConfigProblem when the certificates or a proxy that are named are none.

    The proxy of each host is looked up here, once: to look it up for every request, as the pool
    would by itself, takes longer than the request's own work.
    """
    pool = _Pool(tls_context(ca_bundle))
    return {
        service: Connections(pool, endpoints.base(service), proxy_for(endpoints.base(service)))
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


class ProxyRefusedError(httpx.ConnectError):
    """The proxy does not let us through."""

    def __init__(self, status: int, request: httpx.Request) -> None:
        super().__init__(f"the proxy answers {status}", request=request)
        self.status = status


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
        except aiohttp.ClientHttpProxyError as error:  # the answer to CONNECT: nothing went through
            raise ProxyRefusedError(error.status, request) from error
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
        ) as error:
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


def transport_problem(error: BaseException, host: str, request_id: str) -> RemoteProblem:
    """Whether the request can have arrived: only a connection that never stood is certain."""
    if isinstance(error, ProxyRefusedError):
        return proxy_problem(error.status, host, request_id)
    if isinstance(error, httpx.ConnectError):
        return Unreachable(
            f"{host} cannot be reached: {_reason(error.__cause__ or error)}",
            code="unreachable",
            host=host,
            request_id=request_id,
        )
    if isinstance(error, httpx.TransportError):
        why = _reason(error.__cause__ or error)
    else:
        late = isinstance(error, TimeoutError)
        why = "no whole answer came in time" if late else type(error).__name__
    return LostReply(
        f"{host} did not answer: {why}", code="lost-reply", host=host, request_id=request_id
    )


def proxy_problem(status: int, host: str, request_id: str) -> Unreachable:
    """What it means that a proxy does not pass a request on: certainly nothing has happened."""
    asks = status == PROXY_AUTHENTICATION_REQUIRED
    return Unreachable(
        f"The proxy on the way to {host} asks for credentials ({status}); nothing was sent"
        if asks
        else f"The proxy on the way to {host} refuses to connect ({status}); nothing was sent",
        code=PROXY_CREDENTIALS if asks else "unreachable",
        host=host,
        status=status,
        request_id=request_id,
    )


def _reason(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
