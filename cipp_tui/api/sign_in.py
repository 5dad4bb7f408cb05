"""Signing in, by MSAL in a thread: redeem the refresh token, or a device code for a new one."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cipp_tui.api.backend import DeviceSignIn
from cipp_tui.api.claims import claims_from
from cipp_tui.api.credentials import Credential, for_msal
from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.api.errors import problem_from
from cipp_tui.api.http import HttpClient, json_bytes
from cipp_tui.api.msal_http import MsalHttp
from cipp_tui.api.pace import back_off, retry_after
from cipp_tui.api.transport import PROXY_CREDENTIALS
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.credentials import CredentialKind
from cipp_tui.domain.entra import EntraKind
from cipp_tui.domain.problems import (
    Broken,
    DeviceSignInProblem,
    LostReply,
    NotUnderstood,
    Problem,
    Refused,
    Side,
    SignInProblem,
    Throttled,
    Unreachable,
    retold,
)
from cipp_tui.domain.redaction import hide_from_now_on
from cipp_tui.domain.tenants import TenantId
from cipp_tui.domain.text import clean

LOG = logging.getLogger("cipp_tui.sign_in")
_MOST_ATTEMPTS = 5

_OF_MSAL = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, OSError)
"""What MSAL and what it stands on raise beside errors of its own (IdTokenError is a RuntimeError,
an odd signing key a ValueError or TypeError)."""


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
    ) -> None:
        self._endpoints = endpoints
        self._http = http
        self._partner = partner
        self._client_id = client_id
        self._credential = credential
        self._clock = clock
        self._loop = asyncio.get_running_loop()  # MSAL works in a thread, its requests do not
        self._flow: dict[str, Any] | None = None
        self._flow_door: MsalHttp | None = None
        self.claims: str = ""  # what Entra ID wants the next sign-in to prove, as JSON

    async def redeem(self, refresh_token: str, scope: str, claims: str = "") -> SignedIn:
        """A token for our own tenant from the refresh token. `claims`: what it has to prove.

        Raises: SignInProblem when the sign-in no longer works; Unreachable, Throttled, Broken.
        Source: MSAL for Python, acquire_token_by_refresh_token.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await asyncio.to_thread(self._redeem, refresh_token, scope, claims)
            except (Throttled, Broken, Unreachable, LostReply) as problem:
                if attempt >= _MOST_ATTEMPTS or problem.code == PROXY_CREDENTIALS:
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
        """Wait until the code was used; trouble that passes meanwhile is waited for, too.

        Raises: SignInProblem; Unreachable, Throttled, Broken, LostReply when it does not pass.
        Source: MSAL for Python, acquire_token_by_device_flow.
        """
        flow, attempt = self._flow, 0
        try:
            while True:
                attempt += 1
                try:
                    return await asyncio.to_thread(self._finish)
                except (Throttled, Broken, Unreachable, LostReply) as problem:
                    if flow is None or self._flow is not flow or not flow["expires_at"]:
                        raise  # given up, or another one was begun meanwhile
                    if attempt >= _MOST_ATTEMPTS:
                        raise
                    wait = max(problem.wait_s or back_off(attempt), float(flow.get("interval", 5)))
                    await self._clock.sleep(wait)
                    flow.pop("latest_attempt_at", None)  # MSAL's own note of it: we did wait
        finally:
            if flow is not None:
                flow["expires_at"] = 0  # whoever gave the wait up: MSAL's thread ends, too
            if self._flow is flow:  # else another one was begun meanwhile
                self._flow = self._flow_door = None

    def cancel(self) -> None:
        """End the wait for the device code."""
        if self._flow is not None:
            self._flow["expires_at"] = 0

    def _redeem(self, refresh_token: str, scope: str, claims: str) -> SignedIn:
        door = self._door()

        def ask() -> dict[str, Any]:
            app = self._application(door, public=self._is_public)
            result: dict[str, Any] = app.acquire_token_by_refresh_token(
                refresh_token, scopes=[scope], data={"claims": claims} if claims else {}
            )
            return result

        return self._signed_in(self._ask(door, ask), door)

    def _begin(self, scope: str) -> dict[str, Any]:
        door = self._door(DeviceSignInProblem)

        def ask() -> dict[str, Any]:
            app = self._application(door, public=True)
            flow: dict[str, Any] = app.initiate_device_flow(
                scopes=[scope], claims_challenge=self.claims or None
            )
            return flow

        flow = self._ask(door, ask)
        if "user_code" not in flow:
            raise self._problem(flow, door)
        hide_from_now_on([flow.get("device_code")])
        self._flow, self._flow_door = flow, door
        return flow

    def _finish(self) -> SignedIn:
        if self._flow is None or self._flow_door is None:
            raise SignInProblem("No sign-in is under way", code="not-started")
        flow, door, claims = self._flow, self._flow_door, self.claims or None

        def ask() -> dict[str, Any]:
            app = self._application(door, public=True)  # anew: MSAL would replay a failure
            result: dict[str, Any] = app.acquire_token_by_device_flow(flow, claims)
            return result

        return self._signed_in(self._ask(door, ask), door)

    def _application(self, door: MsalHttp, *, public: bool) -> Any:
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

    def _ask(self, door: MsalHttp, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Call MSAL, and translate what it raises: answers it cannot read have not reached it."""
        from msal.exceptions import MsalError

        try:
            return ask()
        except (MsalError, *_OF_MSAL) as error:
            LOG.info("MSAL failed: %s", type(error).__name__)
            raise NotUnderstood(
                f"MSAL could not make use of the login host's answer ({type(error).__name__})",
                code="not-understood",
                host=door.host,
            ) from error

    def _signed_in(self, result: Mapping[str, Any], door: MsalHttp) -> SignedIn:
        if "access_token" not in result:
            self.claims = claims_from(result.get("claims")) or self.claims
            raise self._problem(result, door)
        self.claims = ""
        claims = result.get("id_token_claims") or {}
        name = claims.get("preferred_username") or claims.get("upn")
        return SignedIn(
            access_token=str(result["access_token"]),
            refresh_token=str(result.get("refresh_token") or ""),
            expires_in=int(result.get("expires_in") or 3600),
            user=clean(name) if name else None,
            user_id=clean(claims.get("oid") or "")[:64],
        )

    def _problem(self, result: Mapping[str, Any], door: MsalHttp) -> Problem:
        """What the last answer means for our own sign-in."""
        last = door.last
        if last is not None and last.status < 400:  # MSAL says no by itself: the code has run out
            last = None
        problem = problem_from(
            Service.LOGIN,
            host=door.host,
            status=last.status if last is not None else 400,
            body=last.body if last is not None else json_bytes(dict(result)),
            request_id=last.headers.get("x-ms-request-id") if last is not None else None,
            at=self._clock.now().isoformat(timespec="seconds"),
            side=Side.OWN,
        )
        if last is not None:
            problem.wait_s = retry_after(
                last.headers.get("Retry-After"), self._clock.now(), last.headers.get("Date")
            )
        if not isinstance(problem, Refused) or problem.entra is EntraKind.SERVICE:
            return problem  # a service that is not there is not mended by signing in
        return retold(problem, door.refusal)

    def _door(self, refusal: type[SignInProblem] = SignInProblem) -> MsalHttp:
        """For one sign-in. `refusal`: what a refusal of it is told as."""
        return MsalHttp(self._http, self._loop, refusal)
