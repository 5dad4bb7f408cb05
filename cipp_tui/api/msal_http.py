"""MSAL's way to the network: our own client, and no answer that MSAL has not been made for."""

import asyncio
import base64
import json
from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import httpx

from cipp_tui.api.bodies import oddity
from cipp_tui.api.endpoints import Service
from cipp_tui.api.http import Answer, Call, HttpClient
from cipp_tui.domain.problems import NotUnderstood, SignInProblem, Stopped

_OURS: Final = frozenset(
    {"accept", "accept-encoding", "client-request-id", "content-length", "content-type"}
    | {"user-agent"}
)
"""Headers that our own client sets."""

_DISCOVERY: Final = "/v2.0/.well-known/openid-configuration"
_LONGEST_LIFE_S: Final = 10 * 365 * 86_400
_NUMBERS: Final = ("expires_in", "ext_expires_in", "refresh_in", "interval")
_TOKENS: Final = ("access_token",)
_DEVICE_CODE: Final = ("device_code", "user_code", "verification_uri")


class MsalHttp:
    """What MSAL takes for its HTTP client, used in a thread beside the loop of our own.

    MSAL believes whatever it is answered, fails in many ways where that is odd, and logs it whole:
    each answer is looked at before. Goes where the profile says; answers discovery by itself.
    Source: MSAL for Python 1.39, oauth2cli/http.py (the interface), oauth2cli/oauth2.py.
    """

    def __init__(
        self, http: HttpClient, loop: asyncio.AbstractEventLoop, refusal: type[SignInProblem]
    ) -> None:
        self._http = http
        self._loop = loop
        self.refusal = refusal
        """What a refusal of this sign-in is told as."""
        self.last: Answer | None = None
        """The last answer, as it came."""

    @property
    def host(self) -> str:
        """The login host."""
        return self._http.host(Service.LOGIN)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> httpx.Response:
        """Discovery documents are known beforehand; nothing else is asked for by GET."""
        if url.endswith(_DISCOVERY):
            return httpx.Response(200, text=json.dumps(_discovery(url)))
        return self._exchange("GET", url, params, None, headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> httpx.Response:
        """Send a form. Raises: Problem."""
        pairs = parse_qsl(data) if isinstance(data, str) else (data or {}).items()
        form = {str(key): str(value) for key, value in pairs if value is not None}
        return self._exchange("POST", url, params, form, headers)

    def close(self) -> None:
        """Nothing: the connections are the client's."""

    def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response:
        endpoints = self._http.endpoints
        if not url.startswith(f"{endpoints.authority}/"):
            raise NotUnderstood("MSAL asked for a host that is not the login host", code="host")
        query = f"?{urlencode(params)}" if params else ""
        call = Call(
            service=Service.LOGIN,
            method=method,
            path=url.removeprefix(endpoints.authority) + query,
            form=form,
            headers={k: v for k, v in (headers or {}).items() if k.lower() not in _OURS},
        )
        try:
            answer = asyncio.run_coroutine_threadsafe(
                self._http.exchange(call), self._loop
            ).result()
        except CancelledError:  # the program ends; whoever waited for this does no more
            raise Stopped("Stopped before the answer came", code="stopped") from None
        self.last = answer
        return httpx.Response(
            answer.status,
            headers={k: v for k, v in answer.headers.items() if k.lower() in _PASSED_ON},
            text=json.dumps(checked(answer)),
        )


_PASSED_ON: Final = frozenset({"retry-after", "date", "x-ms-request-id"})


def checked(answer: Answer) -> Mapping[str, Any]:
    """What an answer of the login host says, where it is what MSAL takes it for.

    Raises: NotUnderstood. The body itself is in no message.
    Source: Entra, "OAuth 2.0 authorization code flow", "OAuth 2.0 device authorization grant flow"
    and "Handling errors"; RFC 6749, sections 5.1 and 5.2.
    """
    if odd := oddity(answer.body):
        raise _odd(answer, odd)
    found: dict[str, Any] = json.loads(answer.body)
    if answer.status >= 400:
        if not isinstance(found.get("error"), str):
            raise _odd(answer, "a refusal that names no error")
        return found
    wanted = _DEVICE_CODE if "device_code" in found or "user_code" in found else _TOKENS
    for name in wanted:
        if not isinstance(found.get(name), str) or not found[name]:
            raise _odd(answer, f"{name} is missing or no text")
    for name in ("refresh_token", "scope", "token_type", "message"):
        if not isinstance(found.get(name, ""), str):
            raise _odd(answer, f"{name} is no text")
    for name in _NUMBERS:
        if name in found:
            found[name] = _seconds(answer, name, found[name])
    if "id_token" in found and _claims(found["id_token"]) is None:
        raise _odd(answer, "its id_token cannot be read")
    if "client_info" in found and _decoded(found["client_info"]) is None:
        raise _odd(answer, "its client_info cannot be read")
    return found


def _seconds(answer: Answer, name: str, value: object) -> int:
    """A number of seconds; some services send it as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if type(value) is not int or not 0 <= value <= _LONGEST_LIFE_S:
        raise _odd(answer, f"{name} is no number of seconds")
    return value


def _claims(id_token: object) -> dict[str, Any] | None:
    """The middle of an id token. Source: OpenID Connect Core 1.0, section 2."""
    parts = id_token.split(".") if isinstance(id_token, str) else []
    return _decoded(parts[1]) if len(parts) == 3 else None


def _decoded(part: object) -> dict[str, Any] | None:
    if not isinstance(part, str):
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _odd(answer: Answer, why: str) -> NotUnderstood:
    return NotUnderstood(
        f"The answer of the login host {answer.host} is not what it should be: {why}",
        code="not-understood",
        host=answer.host,
        status=answer.status,
        request_id=answer.headers.get("x-ms-request-id"),
    )


def _discovery(url: str) -> dict[str, str]:
    """Source: Entra, "OpenID Connect on the Microsoft identity platform"."""
    authority = url.removesuffix(_DISCOVERY)
    return {
        "issuer": f"{authority}/v2.0",
        "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
        "token_endpoint": f"{authority}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
    }
