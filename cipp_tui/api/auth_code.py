"""Signing in with a browser: the authorization code flow with PKCE.

The browser comes back to a listener on loopback; where it cannot (over SSH), the address it ended
on is pasted. Both lead to the same place, and the first that fits is taken.
Source: Entra, "OAuth 2.0 authorization code flow"; "Redirect URI restrictions" (the port of
http://localhost is ignored); MSAL for Python, initiate_auth_code_flow.
"""

import asyncio
import hmac
import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cipp_tui.api.backend import BrowserSignIn
from cipp_tui.api.loopback import LoopbackListener, Page
from cipp_tui.api.sign_in import MsalSignIn, SignedIn
from cipp_tui.domain.problems import BrowserSignInProblem
from cipp_tui.domain.redaction import hide_from_now_on

LIFETIME_S: Final = 900.0
"""As long as a device code is good."""

MOST_PASTED: Final = 16 * 1024
NOT_A_PUBLIC_CLIENT: Final = 700025
"""The registration has http://localhost under "Mobile and desktop applications": no secret then.
Source: Entra, "Authentication and authorization error codes"."""


class AuthCodeSignIn(MsalSignIn):
    """One sign-in at a time. State, code challenge and verifier are MSAL's."""

    _flow: dict[str, Any] | None = None
    _answer: asyncio.Future[dict[str, str]] | None = None
    _listener: LoopbackListener | None = None
    _ends_at: float = 0.0

    async def begin_browser(self, scope: str) -> BrowserSignIn:
        """Listen, and tell which address the browser is to open.

        Source: MSAL for Python, initiate_auth_code_flow.
        """
        self.cancel()
        self._listener = LoopbackListener(self._visited)
        port = await self._listener.open()
        redirect = "http://localhost" if port is None else f"http://localhost:{port}"
        flow = await asyncio.to_thread(self._initiate, scope, redirect)
        self._flow = flow
        self._answer = asyncio.get_running_loop().create_future()
        self._ends_at = self._clock.monotonic() + LIFETIME_S
        path = str(flow["auth_uri"]).removeprefix(self._endpoints.authority)
        return BrowserSignIn(
            address=self._endpoints.login + path,
            redirect=redirect,
            is_listening=port is not None,
            expires_at=self._clock.now() + timedelta(seconds=LIFETIME_S),
        )

    def paste(self, text: str) -> None:
        """Take the address that the browser ended on.

        Raises: BrowserSignInProblem when it is something else; the sign-in waits on.
        Source: Entra, "OAuth 2.0 authorization code flow", successful and error response.
        """
        if self._answer is None or self._answer.done():
            raise BrowserSignInProblem("No sign-in waits for an address", code="not-started")
        match self._take(_query_of(text)):
            case Page.OTHER:
                raise BrowserSignInProblem(
                    "This address is of another sign-in, or was cut off", code="pasted"
                )
            case Page.NOTHING:
                raise BrowserSignInProblem(
                    "This is not the address the browser ended on: that one begins with"
                    " http://localhost and has code= in it",
                    code="pasted",
                )

    async def finish(self) -> SignedIn:
        """Wait for the browser's answer and redeem it.

        Raises: BrowserSignInProblem, SignInProblem, remote problems.
        Source: MSAL for Python, acquire_token_by_auth_code_flow.
        """
        flow, answer, listener = self._flow, self._answer, self._listener
        if flow is None or answer is None:
            raise BrowserSignInProblem("No sign-in is under way", code="not-started")
        patience = asyncio.ensure_future(
            self._clock.sleep(max(0.0, self._ends_at - self._clock.monotonic()))
        )
        try:
            first: set[asyncio.Future[Any]] = {answer, patience}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if answer.cancelled():
                raise BrowserSignInProblem("The sign-in was given up", code="given-up")
            if not answer.done():
                answer.cancel()
                raise BrowserSignInProblem(
                    "The browser did not come back in time", code="browser-timeout"
                )
            return await asyncio.to_thread(self._redeem_code, flow, answer.result())
        finally:
            patience.cancel()
            if listener is not None:
                listener.close()

    def cancel(self) -> None:
        """Wait no longer, listen no longer."""
        if self._answer is not None and not self._answer.done():
            self._answer.cancel()
        if self._listener is not None:
            self._listener.close()

    def _visited(self, query: Mapping[str, str]) -> Page:
        return self._take(query)

    def _take(self, query: Mapping[str, str]) -> Page:
        """Take an answer that belongs to this sign-in; others are turned away and it waits on."""
        if "code" not in query and "error" not in query:
            return Page.NOTHING
        if self._flow is None or self._answer is None or self._answer.done():
            return Page.OVER
        mine, told = str(self._flow["state"]).encode(), query.get("state", "").encode()
        if not hmac.compare_digest(mine, told):
            return Page.OTHER
        hide_from_now_on([query.get("code")])
        self._answer.set_result(dict(query))
        return Page.TAKEN if "code" in query else Page.REFUSED

    def _initiate(self, scope: str, redirect: str) -> dict[str, Any]:
        # MSAL would rather have the answer posted, which leaves nothing to paste. Without verifier
        # a code in an address is worth nothing.
        warnings.filterwarnings("ignore", message="response_mode='form_post'")
        door = self._door(BrowserSignInProblem)
        app = self._application(door, public=True)  # nothing is sent: it only makes the address
        flow: dict[str, Any] = app.initiate_auth_code_flow(
            [scope],
            redirect_uri=redirect,
            prompt="select_account",
            response_mode="query",
            claims_challenge=self.claims or None,
        )
        hide_from_now_on([flow["code_verifier"]])
        return flow

    def _redeem_code(self, flow: Mapping[str, Any], answer: Mapping[str, str]) -> SignedIn:
        if not self._is_public:
            result = self._redeemed(flow, answer, public=False)
            if not isinstance(result, BrowserSignInProblem):
                return result
            if result.aadsts != NOT_A_PUBLIC_CLIENT:
                raise result
        result = self._redeemed(flow, answer, public=True)
        if isinstance(result, BrowserSignInProblem):
            raise result
        return result

    def _redeemed(
        self, flow: Mapping[str, Any], answer: Mapping[str, str], *, public: bool
    ) -> SignedIn | BrowserSignInProblem:
        door = self._door(BrowserSignInProblem)

        def ask() -> dict[str, Any]:
            app = self._application(door, public=public)
            result: dict[str, Any] = app.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
            return result

        try:
            return self._signed_in(self._ask(door, ask), door)
        except BrowserSignInProblem as problem:
            return problem


def _query_of(text: str) -> Mapping[str, str]:
    """What an address says; nothing when it is none that a sign-in ends on."""
    address = "".join(text.split())  # a terminal may have broken it
    if len(address) > MOST_PASTED:
        return {}
    try:
        parts = urlsplit(address)
        if parts.scheme != "http" or parts.hostname not in ("localhost", "127.0.0.1"):
            return {}
        return dict(parse_qsl(parts.query, max_num_fields=64))
    except ValueError:
        return {}
