"""Bodies of answers: taken in with limits, at most one coding undone, and odd ones described."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterable
from typing import Any, Final

import httpx

from cipp_tui.domain.problems import LostReply, NotUnderstood, RemoteProblem

LARGEST_BODY: Final = 32 * 1024 * 1024
ACCEPTED_CODINGS: Final = b"gzip, deflate"
"""What is asked for. Source: RFC 9110, section 8.4.1."""

_PIECE: Final = 1024 * 1024
"""So much is inflated at a time: a few milliseconds, then others have their turn."""

_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_BARE_DEFLATE: Final = -zlib.MAX_WBITS


async def bounded_body(response: httpx.Response, host: str, request_id: str) -> bytes:
    """The whole body, decoded.

    Raises: NotUnderstood when it is too large or in a coding nobody asked for; LostReply when it
    was cut short; whatever the connection raises.
    """
    facts: dict[str, Any] = {
        "host": host,
        "status": response.status_code,
        "request_id": request_id,
    }
    stream = response.stream
    assert isinstance(stream, AsyncIterable)
    coding = response.headers.get("Content-Encoding")
    if coding is None:
        return await _as_it_is(stream, facts)
    codings = [name for part in coding.split(",") if (name := part.strip().lower()) != "identity"]
    if not codings:
        return await _as_it_is(stream, facts)
    if codings[0] not in ("gzip", "x-gzip", "deflate") or len(codings) > 1:
        raise NotUnderstood(
            f"The answer is in a coding nobody asked for (Content-Encoding: {coding[:60]})",
            code="coding",
            **facts,
        )
    return await _inflated(stream, codings[0], facts)


async def _as_it_is(stream: AsyncIterable[bytes], facts: dict[str, Any]) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > LARGEST_BODY:
            raise _too_large(facts)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _inflated(stream: AsyncIterable[bytes], coding: str, facts: dict[str, Any]) -> bytes:
    """Inflate piece by piece: however small the body, what comes out of it is never too large."""
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    chunks: list[bytes] = []
    size, came = 0, False
    async for chunk in stream:
        if not came and chunk:
            came = True
            if coding == "deflate" and not _has_zlib_head(chunk):
                inflater = zlib.decompressobj(_BARE_DEFLATE)  # as many servers send it
        while chunk:
            if inflater.eof:
                raise _undecodable("there is more behind its end", facts)
            try:
                piece = inflater.decompress(chunk, _PIECE)
            except zlib.error:
                raise _undecodable("its data are damaged", facts) from None
            size += len(piece)
            if size > LARGEST_BODY:
                raise _too_large(facts)
            chunks.append(piece)
            chunk = inflater.unconsumed_tail or inflater.unused_data
            if len(piece) == _PIECE:
                await asyncio.sleep(0)
    if came and not inflater.eof:
        raise LostReply("The answer was cut short", code="lost-reply", **facts)
    return b"".join(chunks)


def _has_zlib_head(chunk: bytes) -> bool:
    """Source: RFC 1950, section 2.2."""
    return chunk[0] & 0x0F == 8 and (len(chunk) < 2 or (chunk[0] * 256 + chunk[1]) % 31 == 0)


def _too_large(facts: dict[str, Any]) -> RemoteProblem:
    return NotUnderstood(
        f"The answer is larger than {LARGEST_BODY // (1024 * 1024)} MB", code="too-large", **facts
    )


def _undecodable(why: str, facts: dict[str, Any]) -> RemoteProblem:
    return NotUnderstood(f"The answer cannot be unpacked: {why}", code="coding", **facts)


def oddity(body: bytes) -> str:
    """What a body is that should be a JSON object: in words, and none of its own.

    Empty when it is one.
    """
    head = body.lstrip()[:1]
    if not head:
        return "an empty answer"
    if head == b"<":
        return "HTML instead of JSON"
    try:
        found = json.loads(body)
    except json.JSONDecodeError as error:
        return _where_it_breaks(error)
    except UnicodeDecodeError as error:
        return f"byte 0x{body[error.start]:02x} at position {error.start} is no text"
    except (ValueError, RecursionError) as error:  # digits without end, or too deep
        return f"JSON that cannot be read ({type(error).__name__})"
    if isinstance(found, dict):
        return ""
    return f"{_KINDS[type(found)]} instead of a JSON object"


def _where_it_breaks(error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return f"JSON with something behind its end, at position {error.pos}"
    if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
        return "JSON that was cut short"
    sign = error.doc[error.pos]
    return f"{sign!a} at position {error.pos} is not JSON"


_KINDS: Final = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
