"""Device codes that wait for somebody to approve them.

Source: Entra docs, OAuth 2.0 device authorization grant.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from cipp_tui.simulator.entra.errors import AadSts
from cipp_tui.simulator.knobs import Knobs

LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789"


@dataclass(slots=True)
class DeviceCode:
    """One started device sign-in."""

    device_code: str
    user_code: str
    scope: str
    client_id: str
    expires: float
    state: Literal["pending", "approved", "declined", "redeemed"] = "pending"
    mfa: bool = True


@dataclass(slots=True)
class DeviceCodes:
    """All device sign-ins of one simulator."""

    started: dict[str, DeviceCode] = field(default_factory=dict)

    def start(self, client_id: str, scope: str, *, expires: float) -> DeviceCode:
        """Begin a sign-in."""
        digest = hashlib.sha256(f"{client_id} {len(self.started)} {expires}".encode()).digest()
        code = DeviceCode(
            device_code=digest.hex(),
            user_code="".join(LETTERS[byte % len(LETTERS)] for byte in digest[:9]),
            scope=scope,
            client_id=client_id,
            expires=expires,
        )
        self.started[code.device_code] = code
        return code

    def decide(self, state: Literal["approved", "declined"], *, mfa: bool = True) -> int:
        """Approve or decline every pending code, as the person at the browser; return how many."""
        pending = [code for code in self.started.values() if code.state == "pending"]
        for code in pending:
            code.state = state
            code.mfa = mfa
        return len(pending)

    def check_policy(self, device_code: str, knobs: Knobs) -> None:
        """Let a policy that blocks device codes strike once somebody has signed in with one.

        Raises: AadSts. Whether the poll is told is not documented; the browser always is.
        Source: Entra docs, Conditional Access, authentication flows.
        """
        code = self.started.get(device_code)
        if code is None or code.state != "approved" or knobs.device_code_blocked == "no":
            return
        if knobs.device_code_blocked == "told":
            raise AadSts(53003)
        code.state = "pending"

    def redeem(self, device_code: str, client_id: str, now: float) -> DeviceCode:
        """Return an approved code and use it up.

        Raises: AadSts for a code that is unknown, used, pending, declined or too old.
        """
        code = self.started.get(device_code)
        if code is None or code.client_id != client_id or code.state == "redeemed":
            raise AadSts(70018)
        if now >= code.expires:
            raise AadSts(70019)
        if code.state == "declined":
            raise AadSts(65004)
        if code.state == "pending":
            raise AadSts(70016)
        code.state = "redeemed"
        return code
