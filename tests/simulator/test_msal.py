"""MSAL itself, unmodified, against the simulator through an HTTP client that leads it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal

from cipp_tui.simulator.messages import Request
from tests.simulator.desk import GRAPH_DEFAULT, Desk, a_desk

HOST = "https://login.microsoftonline.com"


@dataclass(frozen=True, slots=True)
class Reply:
    """What MSAL expects of a response."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        assert self.status_code < 400, self.text


@dataclass(frozen=True, slots=True)
class Door:
    """An HTTP client for MSAL that calls the simulator."""

    desk: Desk

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Reply:
        return self._send("GET", url, params, b"", headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> Reply:
        form = {k: v for k, v in (data or {}).items() if v is not None}
        return self._send("POST", url, params, urlencode(form).encode(), headers)

    def close(self) -> None:
        """Nothing is open."""

    def _send(self, method: str, url: str, params: Any, body: bytes, headers: Any) -> Reply:
        parts = urlsplit(url)
        assert parts.netloc == "login.microsoftonline.com"
        query = parts.query or urlencode(params or {})
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        request = Request(method, "login", parts.path, query, sent, body)
        response = self.desk.simulator.handle(request)
        return Reply(response.status, response.body.decode(), response.headers)


def confidential(desk: Desk, tenant: str, cache: msal.TokenCache) -> Any:
    return msal.ConfidentialClientApplication(
        desk.app_id,
        client_credential=desk.simulator.world.application.secret,
        authority=f"{HOST}/{tenant}",
        http_client=Door(desk),
        token_cache=cache,
    )


def test_the_partners_refresh_token_is_redeemed_silently_at_a_customer() -> None:
    desk = a_desk()
    cache = msal.TokenCache()
    home = confidential(desk, desk.partner.id, cache)

    at_home = home.acquire_token_by_refresh_token(desk.simulator.refresh_token(), [GRAPH_DEFAULT])
    account = home.get_accounts()[0]
    abroad = confidential(desk, desk.customer.id, cache)
    first = abroad.acquire_token_silent([GRAPH_DEFAULT], account)
    second = abroad.acquire_token_silent([GRAPH_DEFAULT], account)

    assert "access_token" in at_home
    assert account["username"] == desk.simulator.world.service_user.upn
    assert first["access_token"] != at_home["access_token"]
    assert second["token_source"] == "cache"
    assert desk.graph("GET", "me", token=first["access_token"]).status == 200


def test_a_refusal_keeps_its_code_and_classification() -> None:
    desk = a_desk(up_to_date=0.0)
    cache = msal.TokenCache()
    home = confidential(desk, desk.partner.id, cache)
    home.acquire_token_by_refresh_token(desk.simulator.refresh_token(), [GRAPH_DEFAULT])

    abroad = confidential(desk, desk.customer.id, cache)
    result = abroad.acquire_token_silent_with_error([GRAPH_DEFAULT], home.get_accounts()[0])

    assert result["error_codes"] == [65001]
    assert result["classification"] == "consent_required"


def test_an_application_signs_in_by_itself() -> None:
    desk = a_desk()
    abroad = confidential(desk, desk.customer.id, msal.TokenCache())

    result = abroad.acquire_token_for_client([GRAPH_DEFAULT])

    assert result["token_source"] == "identity_provider"


def test_a_device_sign_in_works_for_a_public_client() -> None:
    desk = a_desk()
    public = msal.PublicClientApplication(
        desk.app_id, authority=f"{HOST}/organizations", http_client=Door(desk)
    )

    flow = public.initiate_device_flow([GRAPH_DEFAULT])
    desk.simulator.approve_device_codes()
    result = public.acquire_token_by_device_flow(flow)

    assert "access_token" in result
    assert result["refresh_token"].startswith("1.")
