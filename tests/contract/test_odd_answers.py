"""Answers that are none: each ends as lost or odd, within its limits, in words that name it."""

import asyncio
import gzip
import json
import logging
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from cipp_tui.api import bodies
from cipp_tui.api import http as http_module
from cipp_tui.api.batch import _parse as parse_batch
from cipp_tui.api.credentials import ClientSecret
from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.api.http import Answer, Call, HttpClient
from cipp_tui.api.sign_in import MsalSignIn
from cipp_tui.api.wire import Collection, TokenAnswer
from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    NotUnderstood,
    Problem,
    Side,
    SignInProblem,
    Throttled,
    Unreachable,
)
from cipp_tui.domain.tenants import TenantId
from tests.contract.raw_host import RawHost, always, client_of, http, raw_host
from tests.support import HurriedClock

PARTNER = TenantId("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3")
ACCESS = "eyJ0eXAiOiJKV1QifQ.canaryaccesscanaryaccesscanaryaccesscanaryaccess.c2ln"
REFRESH = "0.AXcanaryrefreshcanaryrefreshcanaryrefreshcanaryrefreshcanaryrefresh"
GOOD = {
    "token_type": "Bearer",
    "expires_in": 3600,
    "access_token": ACCESS,
    "refresh_token": REFRESH,
    "scope": "x/.default",
}
PAGE = b"<!DOCTYPE html><html><body>Welcome to the guest network</body></html>"


def good(**other: object) -> bytes:
    return json.dumps(GOOD | other).encode()


ODD = {
    "html-200": (http(PAGE), "HTML instead of JSON"),
    "html-400": (http(PAGE, status=400), "HTML instead of JSON"),
    "html-403": (http(PAGE, status=403), "HTML instead of JSON"),
    "html-407": (http(PAGE, status=407), "asks for credentials"),
    "html-502": (http(PAGE, status=502), "HTML instead of JSON"),
    "empty": (http(b""), "an empty answer"),
    "empty-400": (http(b"", status=400), "an empty answer"),
    "null": (http(b"null"), "null instead of a JSON object"),
    "list": (http(b"[]"), "a list instead of a JSON object"),
    "text": (http(b'"hello"'), "a text instead of a JSON object"),
    "cut": (http(good()[:-30]), "cut short"),
    "extra": (http(good() + b"<!-- proxy -->"), "something behind its end"),
    "byte": (http(b"\x1f\x8b" + good()), "byte 0x8b at position 1"),
    "sign": (http(b"%" + good()), "'%' at position 0"),
    "deep": (http(b"[" * 200_000), "JSON"),
    "redirect": (http(b"", status=302, headers="Location: http://a.example/\r\n"), "redirect"),
    "no-error": (http(b"{}", status=400), "names no error"),
    "error-list": (http(b'{"error":["x"]}', status=400), "names no error"),
    "no-token": (http(b"{}"), "access_token is missing"),
    "token-number": (http(good(access_token=5)), "access_token is missing or no text"),
    "refresh-list": (http(good(refresh_token=["x"])), "refresh_token is no text"),
    "expires-text": (http(good(expires_in="soon")), "expires_in is no number"),
    "expires-nan": (http(good(expires_in=float("nan"))), "expires_in is no number"),
    "expires-huge": (http(good(expires_in=10**40)), "expires_in is no number"),
    "expires-past": (http(good(expires_in=-5)), "expires_in is no number"),
    "refresh-in": (http(good(refresh_in="later")), "refresh_in is no number"),
    "id-token": (http(good(id_token="a.b.c")), "id_token cannot be read"),
    "id-token-list": (http(good(id_token=[])), "id_token cannot be read"),
    "client-info": (http(good(client_info="%%")), "client_info cannot be read"),
    "broken-gzip": (http(b"\x1f\x8b" + b"\0" * 40, headers="Content-Encoding: gzip\r\n"), "unpack"),
    "cut-gzip": (
        http(gzip.compress(good())[:-12], headers="Content-Encoding: gzip\r\n"),
        "cut short",
    ),
    "gzip-twice": (
        http(gzip.compress(gzip.compress(good())), headers="Content-Encoding: gzip, gzip\r\n"),
        "a coding nobody asked for",
    ),
    "brotli": (http(b"\x0b\x02\x80", headers="Content-Encoding: br\r\n"), "a coding nobody"),
    "closed": (b"", "did not answer"),
    "no-http": (b"SSH-2.0-OpenSSH_9.6\r\n", "did not answer"),
    "no-status": (b"HTTP/1.1 abc\r\n\r\n", "did not answer"),
}  # fmt: skip


def sign_in_at(client: HttpClient) -> MsalSignIn:
    return MsalSignIn(
        client.endpoints,
        client,
        partner=PARTNER,
        client_id=PARTNER,
        credential=ClientSecret(lambda: None),
        clock=HurriedClock(),
    )


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("what", ["redeem", "begin"])
async def test_an_odd_answer_of_the_login_host_is_told(
    name: str, what: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    answer, words = ODD[name]
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = always(answer)
        sign_in = sign_in_at(client)
        with pytest.raises(Problem) as told:
            if what == "redeem":
                await sign_in.redeem(REFRESH, "https://graph.microsoft.com/.default")
            else:
                await sign_in.begin("https://graph.microsoft.com/.default")

    assert isinstance(told.value, NotUnderstood | LostReply | Unreachable | Broken)
    if what == "redeem" or name not in FOR_TOKENS:
        assert words in str(told.value)
    shown = f"{told.value!r} {caplog.text} {capfd.readouterr()}"
    assert "canary" not in shown
    assert "guest network" not in shown
    assert "\n" not in str(told.value)


FOR_TOKENS = {name for name in ODD if name.startswith(("no-token", "token-", "refresh", "exp"))}
FOR_TOKENS |= {"id-token", "id-token-list", "client-info", "no-error", "error-list"}


@pytest.mark.parametrize("field", ["device_code", "user_code", "verification_uri"])
async def test_a_device_code_without_its_parts_is_told(field: str) -> None:
    flow = {
        "device_code": "d" * 20,
        "user_code": "ABC",
        "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900,
        "interval": 5,
    }
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        sign_in = sign_in_at(client)
        for odd in ({k: v for k, v in flow.items() if k != field}, flow | {field: 5}):
            host.answering = always(http(json.dumps(odd).encode()))
            with pytest.raises(NotUnderstood, match=rf"{field}|access_token"):
                await sign_in.begin("scope")
        host.answering = always(http(json.dumps(flow).encode()))
        assert (await sign_in.begin("scope")).user_code == "ABC"


async def test_a_number_of_seconds_may_be_a_text() -> None:
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = always(http(good(expires_in="3599")))
        signed_in = await sign_in_at(client).redeem(REFRESH, "scope")

    assert signed_in.expires_in == 3599
    assert signed_in.access_token == ACCESS


async def test_a_refusal_of_the_login_host_is_still_a_refusal() -> None:
    refusal = {"error": "invalid_grant", "error_description": "AADSTS700082: expired"}
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = always(http(json.dumps(refusal).encode(), status=400))
        with pytest.raises(SignInProblem) as told:
            await sign_in_at(client).redeem(REFRESH, "scope")

    assert told.value.aadsts == 700082


def call(service: Service = Service.GRAPH, **facts: object) -> Call:
    return Call(service=service, method="POST", path="/v1.0/x", **facts)  # type: ignore[arg-type]


SMALL: dict[str, tuple[bytes, Callable[[Answer], Any]]] = {
    "token": (good(), lambda answer: answer.parsed(TokenAnswer)),
    "batch": (
        b'{"responses":[{"id":"own","status":200,"headers":{},"body":{"value":[]}}]}',
        lambda answer: parse_batch(answer, HurriedClock(), Side.OWN),
    ),
    "page": (
        b'{"value":[{"id":"a"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/x?$skiptoken=y"}',
        lambda answer: answer.parsed(Collection),
    ),
    "consent": (b'{"applicationId":"9b895d92"}', lambda answer: answer),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
async def test_an_answer_cut_at_any_byte_is_never_taken_for_success(name: str) -> None:
    body, read = SMALL[name]
    whole = http(body)
    async with asyncio.timeout(60), raw_host() as host, client_of(host) as client:
        for length in range(len(whole)):
            host.answering = always(whole[:length])
            with pytest.raises((LostReply, NotUnderstood)):
                read(await client.send(call()))
        host.answering = always(whole)
        assert read(await client.send(call()))
    assert len(host.requests) == len(whole) + 1, "nothing was sent twice"


@pytest.mark.parametrize("name", ["token", "batch", "page"])
def test_a_body_cut_before_its_end_is_odd_where_no_length_was_told(name: str) -> None:
    body, read = SMALL[name]
    answer = Answer(200, httpx.Headers(), body, "host", "id")
    assert read(answer)
    for length in range(len(body)):
        cut = Answer(200, answer.headers, body[:length], "host", "id")
        with pytest.raises(NotUnderstood, match=r"cut short|empty"):
            read(cut)


def bomb(layers: int, size: int) -> bytes:
    """A little that becomes very much."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


@pytest.mark.parametrize("layers", [1, 2])
async def test_what_is_inflated_is_never_too_much(
    layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LARGEST_BODY", 4 << 20)
    inflated: list[int] = []
    real = zlib.decompressobj

    class Counting:
        def __init__(self, wbits: int) -> None:
            self._inflater = real(wbits)

        def decompress(self, data: bytes, most: int) -> bytes:
            piece = self._inflater.decompress(data, most)
            inflated.append(len(piece))
            return piece

        def __getattr__(self, name: str) -> object:
            return getattr(self._inflater, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    coding = ", ".join(["gzip"] * layers)
    packed = bomb(layers, 64 << 20)
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = always(http(packed, headers=f"Content-Encoding: {coding}\r\n"))
        for ask in (
            lambda: client.send(call()),
            lambda: sign_in_at(client).redeem(REFRESH, "scope"),
        ):
            with pytest.raises(NotUnderstood) as told:
                await ask()
            assert told.value.code == ("too-large" if layers == 1 else "coding")

    assert sum(inflated) <= 2 * ((4 << 20) + (1 << 20))


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda b: zlib.compress(b)[2:-4]])
async def test_one_coding_is_undone(pack: Callable[[bytes], bytes]) -> None:
    body = good(padding="x" * 3_000_000)
    packed = pack(body)
    coding = "gzip" if pack is gzip.compress else "deflate"
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = always(http(packed, headers=f"Content-Encoding: {coding}\r\n"))
        answer = await client.send(call())
        assert answer.body == body
        for head in host.requests:
            asked = head.lower().partition(b"accept-encoding:")[2].partition(b"\r\n")[0]
            assert asked.strip() == b"gzip, deflate"
        host.answering = always(http(packed + b"more", headers=f"Content-Encoding: {coding}\r\n"))
        with pytest.raises(NotUnderstood, match="more behind its end"):
            await client.send(call())


@pytest.mark.parametrize("place", ["head", "body"])
async def test_a_trickle_of_bytes_does_not_hold_a_call_for_ever(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "CALL_LIMIT_S", 0.1)

    async def trickle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if place == "body" else b"X-A: "))
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.005)

    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = trickle
        with pytest.raises(LostReply, match="no whole answer came in time"):
            await client.send(call())
        with pytest.raises(LostReply, match="no whole answer came in time"):
            await sign_in_at(client).begin("scope")


@pytest.mark.parametrize("ahead_s", [-3600, 0, 3600])
async def test_a_date_to_wait_for_is_told_by_the_clock_of_who_answers(ahead_s: int) -> None:
    answered = HurriedClock().now().timestamp() + ahead_s
    date, until = (
        format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)
        for at in (answered, answered + 3)
    )
    async with asyncio.timeout(30), raw_host() as host, client_of(host) as client:
        host.answering = always(
            http(b"{}", status=429, headers=f"Date: {date}\r\nRetry-After: {until}\r\n")
        )
        with pytest.raises(Throttled) as told:
            await client.send(call(patience_s=1.0))

    assert told.value.wait_s == 3.0


async def test_a_proxy_that_wants_credentials_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with asyncio.timeout(30), raw_host() as proxy:
        proxy.answering = always(http(PAGE, status=407, headers="Proxy-Authenticate: Basic\r\n"))
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        host = RawHost()
        client = HttpClient(
            Endpoints(
                login="https://login.invalid",
                graph="https://graph.invalid",
                partner_center="https://partner.invalid",
                authority="https://login.invalid",
                graph_scope="g",
                partner_center_scope="p",
            ),
            clock=HurriedClock(),
        )
        try:
            for ask in (
                lambda: client.send(call(repeatable=True)),
                lambda: sign_in_at(client).redeem(REFRESH, "scope"),
            ):
                proxy.requests.clear()
                with pytest.raises(Unreachable) as told:
                    await ask()
                assert told.value.code == "proxy-credentials"
                assert "nothing was sent" in str(told.value)
                assert not told.value.maybe_applied
                assert len(proxy.requests) == 1
                assert proxy.requests[0].startswith(b"CONNECT ")
        finally:
            await client.aclose()
    assert not host.requests
