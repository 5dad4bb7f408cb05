"""Signing in, by MSAL in a thread: redeem the refresh token, or a device code for a new one."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from cipp_tui.api.backend import DeviceSignIn
from cipp_tui.api.credentials import Credential, CredentialKind, for_msal
from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.api.errors import problem_from
from cipp_tui.api.http import HttpClient
from cipp_tui.api.pace import back_off, retry_after
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.problems import (
    Broken,
    DeviceSignInProblem,
    LostReply,
    Problem,
    Refused,
    Side,
    SignInProblem,
    Throttled,
    Unreachable,
    retold,
)
from cipp_tui.domain.tenants import TenantId
from cipp_tui.domain.text import clean

LOG = logging.getLogger("cipp_tui.sign_in")
_MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A successful sign-in of our own user."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    user: str | None
    user_id: str = ""  # the object id in our own tenant, where it was told


class MsalSignIn:
    """MSAL for the partner tenant. One application object per call: MSAL replays a 400 for 60 s.

    Source: MSAL for Python 1.39, application.py and throttled_http_client.py.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        http: HttpClient,
        *,
        partner: TenantId,
        client_id: str,
        credential: Credential,
        clock: Clock,
        ca_bundle: str | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._http = http
        self._partner = partner
        self._client_id = client_id
        self._credential = credential
        self._clock = clock
        self._ca_bundle = ca_bundle
        self._flow: dict[str, Any] | None = None
        self._flow_app: Any = None
        self._flow_door: _MsalDoor | None = None

    async def redeem(self, refresh_token: str, scope: str) -> SignedIn:
        """A token for our own tenant from the refresh token.

        Raises: SignInProblem when the sign-in no longer works; Unreachable, Throttled, Broken.
        Source: MSAL for Python, acquire_token_by_refresh_token.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await asyncio.to_thread(self._redeem, refresh_token, scope)
            except (Throttled, Broken, Unreachable, LostReply) as problem:
                if attempt >= _MOST_ATTEMPTS:
                    raise
                await self._clock.sleep(problem.wait_s or back_off(attempt))

    async def begin(self, scope: str) -> DeviceSignIn:
        """Ask for a device code. Raises: SignInProblem and remote problems.

        Source: Entra, "OAuth 2.0 device authorization grant flow".
        """
        flow = await asyncio.to_thread(self._begin, scope)
        return DeviceSignIn(
            user_code=clean(flow["user_code"]),
            verification_uri=clean(flow["verification_uri"]),
            expires_at=datetime.fromtimestamp(float(flow["expires_at"]), UTC),
            message=clean(flow.get("message", "")),
        )

    async def finish(self) -> SignedIn:
        """Wait until the code was used. Raises: SignInProblem.

        Source: MSAL for Python, acquire_token_by_device_flow.
        """
        return await asyncio.to_thread(self._finish)

    def cancel(self) -> None:
        """End the wait for the device code."""
        if self._flow is not None:
            self._flow["expires_at"] = 0

    def _redeem(self, refresh_token: str, scope: str) -> SignedIn:
        door = self._door()
        try:
            app = self._application(door, public=self._is_public)
            result = self._ask(
                door, lambda: app.acquire_token_by_refresh_token(refresh_token, scopes=[scope])
            )
            return self._signed_in(result, door)
        finally:
            door.close()

    def _begin(self, scope: str) -> dict[str, Any]:
        self._flow_door = self._door(DeviceSignInProblem)
        self._flow_app = self._application(self._flow_door, public=True)
        flow: dict[str, Any] = self._ask(
            self._flow_door, lambda: self._flow_app.initiate_device_flow(scopes=[scope])
        )
        if "user_code" not in flow:
            raise self._flow_door.problem(flow)
        self._flow = flow
        return flow

    def _finish(self) -> SignedIn:
        if self._flow is None or self._flow_door is None:
            raise SignInProblem("No sign-in is under way", code="not-started")
        flow, door = self._flow, self._flow_door
        try:
            result = self._ask(door, lambda: self._flow_app.acquire_token_by_device_flow(flow))
            return self._signed_in(result, door)
        finally:
            door.close()
            self._flow = self._flow_app = self._flow_door = None

    def _application(self, door: "_MsalDoor", *, public: bool) -> Any:
        import msal

        options: dict[str, Any] = {
            "authority": f"{self._endpoints.authority}/{self._partner}",
            "http_client": door,
            "instance_discovery": False,
        }
        if public:
            return msal.PublicClientApplication(self._client_id, **options)
        proof = for_msal(self._credential, self._endpoints.token_endpoint(self._partner))
        return msal.ConfidentialClientApplication(
            self._client_id, client_credential=proof, **options
        )

    @property
    def _is_public(self) -> bool:
        return self._credential.kind is CredentialKind.NONE

    def _ask(self, door: "_MsalDoor", ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        from msal.exceptions import MsalServiceError

        try:
            return ask()
        except MsalServiceError as error:
            raise door.problem({}) from error
        except httpx.ConnectError as error:
            raise Unreachable(f"{door.host} cannot be reached: {error}", host=door.host) from error
        except httpx.TransportError as error:
            raise LostReply(f"{door.host} did not answer: {error}", host=door.host) from error

    def _signed_in(self, result: Mapping[str, Any], door: "_MsalDoor") -> SignedIn:
        if "access_token" not in result:
            raise door.problem(result)
        claims = result.get("id_token_claims") or {}
        name = claims.get("preferred_username") or claims.get("upn")
        return SignedIn(
            access_token=str(result["access_token"]),
            refresh_token=str(result.get("refresh_token") or ""),
            expires_in=int(result.get("expires_in") or 3600),
            user=clean(name) if name else None,
            user_id=clean(claims.get("oid") or "")[:64],
        )

    def _door(self, refusal: type[SignInProblem] = SignInProblem) -> "_MsalDoor":
        return _MsalDoor(self._endpoints, self._http, self._clock, self._ca_bundle, refusal)


class _MsalDoor:
    """MSAL's way to the network: goes where the profile says, and answers discovery by itself."""

    def __init__(
        self,
        endpoints: Endpoints,
        http: HttpClient,
        clock: Clock,
        ca_bundle: str | None,
        refusal: type[SignInProblem],
    ) -> None:
        self._refusal = refusal
        self._endpoints = endpoints
        self._http = http
        self._clock = clock
        context = ssl.create_default_context(cafile=ca_bundle)
        self._client = httpx.Client(verify=context, timeout=30.0, follow_redirects=False)
        self._last: httpx.Response | None = None

    @property
    def host(self) -> str:
        return httpx.URL(self._endpoints.login).host

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> httpx.Response:
        """Discovery documents are known beforehand; nothing else is asked for by GET."""
        if url.endswith("/.well-known/openid-configuration"):
            return httpx.Response(200, text=json.dumps(_discovery(url)))
        return self._send("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> httpx.Response:
        if isinstance(data, Mapping):
            data = {key: value for key, value in data.items() if value is not None}
            return self._send("POST", url, params=params, data=data, headers=headers)
        return self._send("POST", url, params=params, content=data, headers=headers)

    def close(self) -> None:
        self._client.close()

    def problem(self, result: Mapping[str, Any]) -> Problem:
        """What the last answer means for our own sign-in."""
        last = self._last
        body = last.content if last is not None else json.dumps(dict(result)).encode()
        if result.get("error") and last is None:
            body = json.dumps(dict(result)).encode()
        problem = problem_from(
            Service.LOGIN,
            host=self.host,
            status=last.status_code if last is not None else 400,
            body=body,
            request_id=last.headers.get("x-ms-request-id") if last is not None else None,
            at=self._clock.now().isoformat(timespec="seconds"),
            side=Side.OWN,
        )
        if last is not None:
            problem.wait_s = retry_after(last.headers.get("Retry-After"), self._clock.now())
        if not isinstance(problem, Refused) or problem.entra is EntraKind.SERVICE:
            return problem  # a service that is not there is not mended by signing in
        return retold(problem, self._refusal)

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        if not url.startswith(self._endpoints.authority):
            raise httpx.UnsupportedProtocol("MSAL asked for a host that is not the login host")
        real = self._endpoints.login + url.removeprefix(self._endpoints.authority)
        self._http.sent += 1
        self._last = self._client.request(method, real, **options)
        LOG.info("%s %s %d", method, httpx.URL(real).path, self._last.status_code)
        return self._last


def _discovery(url: str) -> dict[str, str]:
    """Source: Entra, "OpenID Connect on the Microsoft identity platform"."""
    authority = url.removesuffix("/v2.0/.well-known/openid-configuration")
    return {
        "issuer": f"{authority}/v2.0",
        "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
        "token_endpoint": f"{authority}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
    }
