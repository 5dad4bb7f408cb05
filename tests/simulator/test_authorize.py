"""The authorization endpoint and the redemption of its codes."""

import base64
import hashlib
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from cipp_tui.simulator import Knobs
from tests.simulator.desk import GRAPH_DEFAULT, Answer, Desk, a_desk

VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
REDIRECT = "http://localhost:4711"


def opened(desk: Desk, **changed: str) -> Answer:
    query = {
        "client_id": desk.app_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": f"{GRAPH_DEFAULT} offline_access openid profile",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    path = f"/{desk.partner.id}/oauth2/v2.0/authorize"
    return desk.send("GET", "login", f"{path}?{urlencode(query, quote_via=quote)}")


def answer_of(desk: Desk, **changed: str) -> dict[str, str]:
    answer = opened(desk, **changed)
    assert answer.status == 302
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def redeemed(desk: Desk, code: str, **changed: str | None) -> Answer:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "refresh_token": None,
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **changed,
    }
    return desk.ask_token(desk.partner.id, **form)


def numbers(answer: Answer) -> list[int]:
    found: list[int] = answer.body["error_codes"]
    return found


def test_a_code_is_redeemed_once_with_its_verifier() -> None:
    desk = a_desk()
    told = answer_of(desk)

    first, second = redeemed(desk, told["code"]), redeemed(desk, told["code"])

    assert told["state"] == "s"
    assert first.status == 200
    assert first.body["refresh_token"]
    assert numbers(second) == [54005]


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"code_verifier": "w" * 43}, 501481),
        ({"code_verifier": None}, 501481),
        ({"redirect_uri": "http://localhost:4712"}, 500112),
        ({"code": "0.unknown"}, 9002313),
        ({"client_secret": None}, 7000218),
        ({"client_secret": "wrong"}, 7000215),
    ],
)
def test_a_code_alone_is_worth_nothing(changed: dict[str, str | None], number: int) -> None:
    desk = a_desk()
    code = answer_of(desk)["code"]
    given = {"code": code, **changed}

    refused = redeemed(desk, str(given.pop("code")), **given)

    assert numbers(refused) == [number]
    assert redeemed(desk, code).status == 200


def test_a_code_runs_out() -> None:
    desk = a_desk()
    code = answer_of(desk)["code"]
    desk.clock.advance(600)

    assert numbers(redeemed(desk, code)) == [70008]


def test_a_public_redirect_takes_no_secret() -> None:
    desk = a_desk()
    desk.simulator.world.application.redirect_platform = "publicClient"
    code = answer_of(desk)["code"]

    assert numbers(redeemed(desk, code)) == [700025]
    assert redeemed(desk, code, client_secret=None).status == 200


@pytest.mark.parametrize(
    ("redirect", "status"),
    [
        ("http://localhost", 302),
        ("http://localhost:1/", 302),
        ("http://localhost:1/elsewhere", 400),
        ("https://localhost:1", 400),
        ("http://127.0.0.1:1", 400),
        ("http://localhost.example", 400),
        ("http://kim@localhost:1", 400),
        ("", 400),
    ],
)
def test_the_browser_is_sent_to_a_registered_place_only(redirect: str, status: int) -> None:
    assert opened(a_desk(), redirect_uri=redirect).status == status


def test_what_a_policy_blocks_is_shown_in_the_browser_and_never_told_to_the_client() -> None:
    answer = opened(a_desk(knobs=Knobs(browser_sign_in="blocked")))

    assert numbers(answer) == [53003]
    assert "Location" not in answer.headers


def test_a_blocked_device_code_is_told_or_stays_pending() -> None:
    for how, number in (("told", 53003), ("silent", 70016)):
        desk = a_desk(knobs=Knobs(device_code_blocked=how))  # type: ignore[arg-type]
        code = desk.simulator._sign_in.devices.start(desk.app_id, GRAPH_DEFAULT, expires=1e12)
        desk.simulator.approve_device_codes()

        answer = desk.ask_token(
            desk.partner.id,
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
            device_code=code.device_code,
            client_secret=None,
            refresh_token=None,
        )

        assert numbers(answer) == [number]
