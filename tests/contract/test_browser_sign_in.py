"""Signing in with a browser: it comes back to loopback, or the address it ended on is pasted."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cipp_tui.api.backend import BrowserSignIn
from cipp_tui.api.token_store import MemoryTokenStore
from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.problems import DeviceSignInProblem, Problem, SignInProblem
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.browser import is_browser_at_hand
from cipp_tui.services.views import SignInState
from cipp_tui.simulator import Faults, Knobs, Simulator, build_world
from cipp_tui.simulator.knobs import DEFAULT_KNOBS
from cipp_tui.simulator.messages import Request, Response
from tests.contract.lab import Lab, lab_of
from tests.support import House, PatientClock, running_house, simulator_for


@asynccontextmanager
async def strangers(
    folder: Path,
    *,
    public: bool = False,
    platform: str = "web",
    knobs: Knobs | None = None,
    store: MemoryTokenStore | None = None,
) -> AsyncIterator[tuple[House, PatientClock]]:
    """Nobody is signed in; the registration has http://localhost under this platform."""
    clock = PatientClock()
    simulator = simulator_for(clock, tenants=2, up_to_date=1.0, knobs=knobs)
    simulator.world.application.redirect_platform = platform  # type: ignore[assignment]
    async with running_house(
        folder,
        simulator,
        clock=clock,
        signed_in=False,
        public_client=public,
        ready=False,
        store=store,
    ) as house:
        with pytest.raises(SignInProblem):
            await house.session.ready()
        yield house, clock


async def browse(started: BrowserSignIn) -> httpx.Response:
    """Open the address and follow it to the end, as a browser does."""
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        return await browser.get(started.address)


async def ended_on(started: BrowserSignIn) -> str:
    """Where a browser on another machine ends: nobody listens there."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        return (await browser.get(started.address)).headers["Location"]


async def visit(started: BrowserSignIn, query: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as browser:
        return (await browser.get(f"{started.redirect}/?{query}")).status_code


WAYS = [(True, "publicClient"), (False, "web"), (False, "publicClient")]


@pytest.mark.parametrize(("public", "platform"), WAYS)
async def test_the_browser_comes_back_and_the_code_is_redeemed_as_the_registration_asks(
    tmp_path: Path, public: bool, platform: str
) -> None:
    store = MemoryTokenStore()
    async with strangers(tmp_path, public=public, platform=platform, store=store) as (house, _):
        started = await house.session.signing.begin_browser()
        asked = parse_qs(urlsplit(started.address).query)

        page = await browse(started)
        await house.session.ready()

        assert page.status_code == 200
        assert "Go back to cipp-tui" in page.text
        assert house.session.signing.state is SignInState.SIGNED_IN
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == [started.redirect]
        assert started.redirect.startswith("http://localhost:")
        assert started.address.startswith(house.addresses.login)
        kept = store.load()
        assert kept is not None
        assert kept.user_id == house.world.service_user.id
        await house.read_list()


@pytest.mark.parametrize("how", ["whole", "blanks around it", "broken over lines"])
async def test_the_address_the_browser_ended_on_can_be_pasted(tmp_path: Path, how: str) -> None:
    async with strangers(tmp_path) as (house, _):
        started = await house.session.signing.begin_browser()
        address = await ended_on(started)
        text = {
            "whole": address,
            "blanks around it": f"  {address}\n",
            "broken over lines": f"{address[:60]}\n{address[60:]}",
        }[how]

        house.session.signing.paste(text)
        await house.session.ready()

        assert house.session.signing.state is SignInState.SIGNED_IN


RUBBISH = [
    "",
    "rubbish",
    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=x&state=y",
    "http://localhost:1/",
    "http://localhost:1/?code=",
    "http://evil.example/?code=abc&state=def",
    "http://localhost:1/?code=abc",
    "http://localhost:1/?code=abc&state=of-another-sign-in",
    "http://localhost:1/?error=access_denied&state=of-another-sign-in",
    "http://[localhost/?code=a",
    "http://localhost:1/?code=" + "x" * 20_000,
    "http://localhost:1/?" + "&".join(f"a{n}=b" for n in range(100)),
    "\x1b[200~http://localhost:1/?code=abc\x1b[201~",
]


@pytest.mark.parametrize("text", RUBBISH, ids=range(len(RUBBISH)))
async def test_rubbish_is_told_and_the_sign_in_waits_on(tmp_path: Path, text: str) -> None:
    async with strangers(tmp_path) as (house, _):
        started = await house.session.signing.begin_browser()

        with pytest.raises(SignInProblem, match=r"address|sign-in"):
            house.session.signing.paste(text)

        assert house.session.signing.state is SignInState.PENDING
        house.session.signing.paste(await ended_on(started))
        await house.session.ready()


async def test_a_visitor_with_another_state_is_turned_away_and_a_second_one_told_it_is_over(
    tmp_path: Path,
) -> None:
    async with strangers(tmp_path) as (house, _):
        started = await house.session.signing.begin_browser()
        address = await ended_on(started)
        query = urlsplit(address).query

        statuses = [
            await visit(started, "code=abc&state=wrong"),
            await visit(started, "error=access_denied"),
            await visit(started, "nothing=here"),
            await visit(started, query),
        ]
        async with asyncio.timeout(5):
            await house.session.ready()

        assert statuses == [400, 400, 404, 200]
        assert house.session.signing.state is SignInState.SIGNED_IN
        with pytest.raises(SignInProblem):
            house.session.signing.paste(address)


async def test_a_second_hit_while_the_code_is_redeemed_is_told_that_it_is_over(
    tmp_path: Path,
) -> None:
    async with strangers(tmp_path) as (house, _):
        sign_in = house.backend._browser
        started = await house.backend.begin_browser_sign_in()
        query = urlsplit(await ended_on(started)).query

        first, second = await visit(started, query), await visit(started, query)
        signed_in = await sign_in.finish()

        assert (first, second) == (200, 410)
        assert signed_in.user == house.world.service_user.upn


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\0\1\2\3\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /?code=a&state=b HTTP/1.1\r\n\r\n",
        b"GET /favicon.ico HTTP/1.1\r\n\r\n",
        b"GET //[ HTTP/1.1\r\n\r\n",
        b"GET /?" + b"a&" * 10_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 50_000,
        b"",
    ],
    ids=["bytes", "short", "POST", "favicon", "odd target", "many fields", "large", "nothing"],
)
async def test_odd_visitors_leave_the_sign_in_as_it_is(tmp_path: Path, rubbish: bytes) -> None:
    async with strangers(tmp_path) as (house, _):
        started = await house.session.signing.begin_browser()
        port = urlsplit(started.redirect).port
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(rubbish)
            writer.write_eof()
            told = await reader.read(200)
            writer.close()
            assert b" 200 " not in told
            assert b"favicon" not in told

        await browse(started)
        await house.session.ready()


async def test_what_is_declined_in_the_browser_is_told_with_the_next_step(tmp_path: Path) -> None:
    async with strangers(tmp_path, knobs=Knobs(browser_sign_in="declined")) as (house, _):
        started = await house.session.signing.begin_browser()

        page = await browse(started)
        with pytest.raises(SignInProblem) as caught:
            await house.session.ready()

        assert "refused" in page.text
        advice = advise(caught.value)
        assert advice.headline == "The sign-in was declined in the browser."
        assert "--method browser" in advice.next_step(Surface.COMMAND_LINE)


async def test_a_browser_that_never_comes_back_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async with strangers(tmp_path) as (house, clock):
        started = await house.session.signing.begin_browser()
        clock.long_over.set()

        with pytest.raises(SignInProblem) as caught:
            await house.session.ready()

        assert caught.value.code == "browser-timeout"
        with pytest.raises(httpx.ConnectError):
            await visit(started, "code=abc")


async def test_giving_up_ends_the_listening_and_another_way_can_be_begun(tmp_path: Path) -> None:
    async with strangers(tmp_path, public=True, platform="publicClient") as (house, _):
        signing = house.session.signing
        first = await signing.begin_browser()
        signing.cancel()
        given_up: SignInState = signing.state
        await asyncio.sleep(0)
        with pytest.raises(httpx.ConnectError):
            await visit(first, "code=abc")
        assert given_up is SignInState.NEEDED

        await signing.begin()
        second = await signing.begin_browser()  # the code is given up
        house.simulator.approve_device_codes()
        await browse(second)
        await house.session.ready()

        assert signing.state is SignInState.SIGNED_IN
        assert signing.problem is None


async def test_leaving_while_a_browser_is_waited_for_waits_for_nothing(tmp_path: Path) -> None:
    async with asyncio.timeout(5):
        async with strangers(tmp_path) as (house, _):
            started = await house.session.signing.begin_browser()
        with pytest.raises(httpx.ConnectError):
            await visit(started, "code=abc")


async def test_without_a_port_to_listen_on_the_address_is_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with strangers(tmp_path) as (house, _):

        async def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "not here")

        monkeypatch.setattr(asyncio, "start_server", refuse)
        started = await house.session.signing.begin_browser()

        assert not started.is_listening
        assert started.redirect == "http://localhost"
        house.session.signing.paste(await ended_on(started))
        await house.session.ready()


@pytest.mark.parametrize(
    "fault",
    [
        {"route": "token", "action": "status", "status": 503, "count": 9},
        {"route": "token", "action": "status", "status": 429, "count": 9},
        {"route": "token", "action": "drop", "count": 9},
    ],
    ids=["503", "429", "dropped"],
)
async def test_a_code_that_cannot_be_redeemed_ends_in_a_told_problem(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    async with strangers(tmp_path) as (house, _):
        started = await house.session.signing.begin_browser()
        house.simulator.faults = Faults.script([fault])

        await browse(started)
        async with asyncio.timeout(5):
            with pytest.raises(Problem):
                await house.session.ready()

        assert house.session.signing.state is SignInState.NEEDED


async def test_a_policy_that_blocks_device_codes_leads_to_the_browser(tmp_path: Path) -> None:
    knobs = Knobs(device_code_blocked="told", device_code_interval_s=0)
    async with strangers(tmp_path, public=True, knobs=knobs) as (house, _):
        await house.session.signing.begin()
        house.simulator.approve_device_codes()

        with pytest.raises(DeviceSignInProblem) as caught:
            await house.session.ready()

        assert caught.value.entra is EntraKind.POLICY
        advice = advise(caught.value)
        assert "block device codes" in advice.headline
        assert advice.next_step(Surface.COMMAND_LINE).endswith("(cipp-tui login --method browser).")
        assert advice.next_step(Surface.SCREEN).endswith("(b).")


@pytest.mark.parametrize(
    ("env", "platform", "at_hand"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", False),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_a_browser_is_at_hand_where_it_would_be_seen(
    env: dict[str, str], platform: str, at_hand: bool
) -> None:
    assert is_browser_at_hand(env, platform) is at_hand


# -- on the command line --------------------------------------------------------------------------
FAKE_BROWSER = """\
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(sys.argv[1], timeout=10).read()
"""


class Approving(Simulator):
    """Somebody signs in with every device code as soon as it was handed out."""

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        if request.path.endswith("/devicecode"):
            self.approve_device_codes()
        return response


@contextmanager
def stranger(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    knobs: Knobs = DEFAULT_KNOBS,
) -> Iterator[Lab]:
    """A profile that names no refresh token, and a browser that does what it is told."""
    script = folder / "browser.py"
    script.write_text(FAKE_BROWSER, encoding="utf-8")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {script} %s")
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", None)
    simulator = Approving(build_world(2, 7, up_to_date=1.0), knobs=knobs)
    with lab_of(simulator, folder, monkeypatch, capsys) as lab:
        text = lab.config.read_text(encoding="utf-8").splitlines()
        kept = [line for line in text if not line.startswith("refresh_token")]
        lab.config.write_text("\n".join([*kept, ""]), encoding="utf-8")
        yield lab


posix_only = pytest.mark.skipif(os.name != "posix", reason="names its browser as Unix does")


@posix_only
def test_login_opens_the_browser_and_ends_when_it_came_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stranger(tmp_path, monkeypatch, capsys) as lab:
        ended = lab.run("login", "--method", "browser")

        assert ended.code == 0, ended.err
        assert ended.out == f"Signed in as {lab.simulator.world.service_user.upn}.\n"
        assert "http://localhost:" in ended.err
        assert lab.run("sync").code == 0


@posix_only
@pytest.mark.parametrize("method", ["auto", "device-code"])
def test_where_a_policy_blocks_device_codes_login_goes_on_with_the_browser(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    method: str,
) -> None:
    knobs = Knobs(device_code_blocked="told", device_code_interval_s=0)
    with stranger(tmp_path, monkeypatch, capsys, knobs) as lab:
        ended = lab.run("login", "--method", method)

        assert "block device codes" in ended.err
        if method == "auto":
            assert ended.code == 0, ended.err
            assert ended.out.startswith("Signed in as ")
        else:  # the way was chosen: no other is taken unasked
            assert ended.code == 3
            assert "http://localhost" not in ended.err


def test_login_takes_a_pasted_address_and_asks_again_after_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    pasted = iter(["rubbish", ""])

    async def type_in(_question: str) -> str:
        address = next(word for text in told for word in text.split() if "/authorize?" in word)
        async with httpx.AsyncClient(trust_env=False) as browser:
            ended_on = (await browser.get(address)).headers["Location"]
        return next(pasted) or str(ended_on)

    with stranger(tmp_path, monkeypatch, capsys) as lab:
        monkeypatch.setattr("cipp_tui.cli.login.tell", told.append)
        monkeypatch.setattr("cipp_tui.cli.login.typed", type_in)
        monkeypatch.setattr("sys.stdin", io.StringIO())

        ended = lab.run("login", "--method", "paste")

        assert ended.code == 0, told
        assert any("not the address the browser ended on" in text for text in told)
        assert any(text.endswith("Still waiting.") for text in told)
