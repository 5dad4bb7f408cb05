"""The authorization endpoint, as a browser meets it, and the codes it hands out.

Nobody has to click: the service user signs in, or declines, as the knob says.
Source: Entra docs, OAuth 2.0 authorization code flow; redirect URI restrictions.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from cipp_tui.simulator.context import Context
from cipp_tui.simulator.entra.errors import KNOWN, AadSts
from cipp_tui.simulator.messages import Response

CODE_LIFETIME_S = 600


@dataclass(slots=True)
class AuthorizationCode:
    """What a code stands for."""

    client_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    nonce: str | None
    expires: float
    is_redeemed: bool = False


@dataclass(slots=True)
class AuthorizationCodes:
    """All codes of one simulator."""

    issued: dict[str, AuthorizationCode] = field(default_factory=dict)

    def issue(self, code: AuthorizationCode) -> str:
        """Return the code's text."""
        digest = hashlib.sha256(f"{code.client_id} {len(self.issued)} {code.expires}".encode())
        text = f"0.{digest.hexdigest()}"
        self.issued[text] = code
        return text

    def redeem(self, form: Mapping[str, str], now: float) -> AuthorizationCode:
        """Return a code and use it up. Raises: AadSts."""
        code = self.issued.get(form.get("code", ""))
        if code is None or code.client_id != form.get("client_id", "").lower():
            raise AadSts(9002313)
        if code.is_redeemed:
            raise AadSts(54005)
        if now >= code.expires:
            raise AadSts(70008)
        if code.redirect_uri != form.get("redirect_uri"):
            raise AadSts(500112, address=form.get("redirect_uri", ""))
        if code.challenge is not None and not _proves(form.get("code_verifier", ""), code):
            raise AadSts(501481)
        code.is_redeemed = True
        return code


def authorize(context: Context, codes: AuthorizationCodes, query: Mapping[str, str]) -> Response:
    """Answer the browser: send it back to the client, or, when that is not safe, to nowhere.

    Raises: AadSts for what is shown in the browser and never told to the client.
    """
    application = context.world.application
    if query.get("client_id", "").lower() != application.app_id:
        raise AadSts(700016, app=query.get("client_id", ""))
    redirect = query.get("redirect_uri", "")
    if not any(_same_but_port(redirect, known) for known in application.redirect_uris):
        raise AadSts(50011, address=redirect)
    match context.knobs.browser_sign_in:
        case "blocked":
            raise AadSts(53003)
        case "declined":
            return _back(redirect, query, _refusal("access_denied", 65004))
    if query.get("response_type") != "code" or query.get("response_mode", "query") != "query":
        return _back(redirect, query, _refusal("unsupported_response_type", 70003))
    if query.get("code_challenge_method", "S256") != "S256":
        return _back(redirect, query, _refusal("invalid_request", 9002313))
    code = codes.issue(
        AuthorizationCode(
            client_id=application.app_id,
            redirect_uri=redirect,
            scope=query.get("scope", ""),
            challenge=query.get("code_challenge"),
            nonce=query.get("nonce"),
            expires=context.clock() + CODE_LIFETIME_S,
        )
    )
    return _back(redirect, query, {"code": code, "session_state": context.world.new_guid()})


def _refusal(error: str, number: int) -> dict[str, str]:
    return {"error": error, "error_description": f"AADSTS{number}: {KNOWN[number].text}"}


def _back(redirect: str, query: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    # An address without a path gets one: "http://localhost:7071 is returned as …:7071/".
    place = redirect if urlsplit(redirect).path else f"{redirect}/"
    state = {"state": query["state"]} if "state" in query else {}
    return Response(302, {"Location": f"{place}?{urlencode({**answer, **state})}"})


def _same_but_port(given: str, known: str) -> bool:
    """Whether a redirect URI is registered; the port of localhost does not count."""
    mine, theirs = urlsplit(given), urlsplit(known)
    if theirs.hostname != "localhost":
        return given == known
    return (mine.scheme, mine.hostname, mine.path.rstrip("/"), mine.query, mine.username) == (
        theirs.scheme,
        theirs.hostname,
        theirs.path.rstrip("/"),
        theirs.query,
        theirs.username,
    )


def _proves(verifier: str, code: AuthorizationCode) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(challenge, code.challenge or "")
