"""A listener on loopback that waits for the browser to come back from a sign-in.

Source: RFC 8252, "OAuth 2.0 for Native Apps", 7.3 and 8.3: the loopback interface only, any port.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

LOG = logging.getLogger("cipp_tui.loopback")

MOST_HEAD_BYTES: Final = 32 * 1024
MOST_AT_ONCE: Final = 16
HEAD_PATIENCE_S: Final = 10.0


class Page(Enum):
    """What the browser is shown: status and sentence. Nothing that it sent comes back to it."""

    TAKEN = (200, "You are signed in as far as the browser goes. Go back to cipp-tui.")
    REFUSED = (200, "The sign-in was refused. Go back to cipp-tui for the reason.")
    OTHER = (400, "This answer does not belong to the sign-in that cipp-tui waits for.")
    OVER = (410, "This sign-in is over. Go back to cipp-tui.")
    NOTHING = (404, "There is nothing here.")
    UNREADABLE = (400, "This request is not understood.")


class LoopbackListener:
    """Hands what a browser brings to `take`, which says what the browser is shown."""

    def __init__(self, take: Callable[[Mapping[str, str]], Page]) -> None:
        self._take = take
        self._server: asyncio.Server | None = None
        self._busy = 0

    async def open(self) -> int | None:
        """Listen on a free port of 127.0.0.1; the port, or None where that is not possible."""
        try:
            self._server = await asyncio.start_server(
                self._serve, "127.0.0.1", 0, limit=MOST_HEAD_BYTES
            )
        except OSError as error:
            LOG.warning("nothing can listen on loopback: %s", error.strerror)
            return None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Listen no more; what is being answered is answered."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._busy >= MOST_AT_ONCE:
                return
            self._busy += 1
            try:
                async with asyncio.timeout(HEAD_PATIENCE_S):
                    page = self._page(await reader.readuntil(b"\r\n\r\n"))
                    writer.write(_rendered(page))
                    await writer.drain()
            finally:
                self._busy -= 1
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            LOG.info("a visitor on loopback did not ask to the end")
        finally:
            writer.close()

    def _page(self, head: bytes) -> Page:
        """Read a request's first line; a query that answers a sign-in is handed on."""
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(words) != 3 or words[0] != "GET":
            return Page.UNREADABLE
        try:
            parts = urlsplit(words[1])
            query = dict(parse_qsl(parts.query, max_num_fields=64))
        except ValueError:
            return Page.UNREADABLE
        if parts.path != "/" or not ("code" in query or "error" in query):
            return Page.NOTHING
        return self._take(query)


def _rendered(page: Page) -> bytes:
    status, sentence = page.value
    body = f"<!doctype html><meta charset=utf-8><title>cipp-tui</title><p>{sentence}\n".encode()
    head = (
        f"HTTP/1.1 {status} {page.name}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
