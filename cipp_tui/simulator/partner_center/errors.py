"""Partner Center's refusals.

Source: Partner Center docs, REST error codes.
"""

from typing import Any

from cipp_tui.simulator.messages import Response, json_response


class Refused(Exception):
    """An error answer of Partner Center."""

    def __init__(self, status: int, code: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description

    def response(self) -> Response:
        """Return the documented envelope."""
        return json_response(self.status, envelope(self.code, self.description))


def envelope(code: int, description: str) -> dict[str, Any]:
    """Return the body of an error; the code is a number in samples, a string in the text."""
    return {"code": code, "description": description, "data": [], "source": "PartnerFD"}


def rate_limited(wait_s: float) -> Response:
    """Return the gateway's 429, which looks different from the service's errors.

    Source: Partner Center docs, API throttling guidance.
    """
    wait = max(round(wait_s), 1)
    body = {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {wait} seconds."}
    return json_response(429, body, {"Retry-After": str(wait)})


def mfa_required() -> Refused:
    """Return the refusal of a token without an MFA claim (text reported by third parties)."""
    return Refused(
        401,
        400,
        "MFA required. The access token was issued without multi-factor authentication; sign in "
        "again with MFA to use this API.",
    )
