"""Tokens: shaped like Entra's, signed with the simulator's key, readable without a store."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Final

from cipp_tui.simulator.catalogue import ResourceApplication
from cipp_tui.simulator.ids import derived_guid
from cipp_tui.simulator.messages import encode

REMEMBERED_TOKENS: Final = 20_000
Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a token is about; `user_id` is None for the application itself."""

    tenant_id: str
    app_id: str
    user_id: str | None
    name: str = ""
    upn: str = ""
    home_tenant: str = ""


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """The sign-in a refresh token stands for."""

    user_id: str
    signed_in: float
    mfa: bool
    public: bool


@dataclass(slots=True)
class TokenMint:
    """Issues tokens and reads them back."""

    key: bytes
    _read: dict[str, Claims] = field(default_factory=dict)

    @classmethod
    def seeded(cls, seed: int) -> "TokenMint":
        """Return a mint whose key follows from the seed."""
        return cls(hashlib.sha256(f"simulator {seed}".encode()).digest())

    def access_token(
        self,
        subject: Subject,
        resource: ResourceApplication,
        permissions: list[str],
        *,
        now: float,
        lifetime_s: int,
        mfa: bool,
        answered: str | None = None,
    ) -> str:
        """Issue an access token that keeps these permissions until it ends.

        Source: Entra docs, access token claims reference.
        """
        claims: Claims = {
            "aud": resource.audience,
            "iss": f"https://sts.windows.net/{subject.tenant_id}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + lifetime_s),
            "appid": subject.app_id,
            "tid": subject.tenant_id,
            "ver": "1.0",
        }
        if answered is not None:
            claims["answered"] = answered  # the simulator's own: what it was asked for with
        if subject.user_id is None:
            claims |= {"idtyp": "app", "oid": derived_guid("app", subject.tenant_id)}
            claims |= {"roles": permissions}
        else:
            claims |= {
                "idtyp": "user",
                "oid": subject.user_id,
                "amr": ["pwd", "mfa"] if mfa else ["pwd"],
                "name": subject.name,
                "upn": subject.upn,
                "scp": " ".join(permissions),
            }
        return self.sign({"typ": "JWT", "alg": "HS256", "kid": "simulator"}, claims)

    def id_token(
        self, subject: Subject, *, issuer: str, now: float, lifetime_s: int, nonce: str | None
    ) -> str:
        """Issue the id token of a sign-in.

        Source: Entra docs, ID token claims reference.
        """
        claims = {
            "aud": subject.app_id,
            "iss": issuer,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + lifetime_s),
            "name": subject.name,
            "oid": subject.user_id,
            "preferred_username": subject.upn,
            "sub": derived_guid("sub", str(subject.user_id)),
            "tid": subject.tenant_id,
            "ver": "2.0",
        }
        if nonce is not None:
            claims["nonce"] = nonce
        return self.sign({"typ": "JWT", "alg": "HS256"}, claims)

    def refresh_token(
        self, claims: RefreshClaims, *, now: float, lifetime_s: int, serial: str
    ) -> str:
        """Issue a refresh token; earlier ones stay valid until they end.

        Source: Entra docs, refresh tokens in the Microsoft identity platform.
        """
        content = {
            "oid": claims.user_id,
            "iat": claims.signed_in,
            "exp": now + lifetime_s,
            "mfa": claims.mfa,
            "public": claims.public,
            "jti": serial,
        }
        return "1." + self.sign({"typ": "RT"}, content)

    def read_refresh_token(self, token: str) -> Claims | None:
        """Return a refresh token's content, or None when it is not one of ours."""
        claims = self.read(token[2:]) if token.startswith("1.") else None
        return claims if claims and "public" in claims else None

    def sign(self, header: Claims, claims: Claims) -> str:
        """Return header, claims and signature in JWT notation."""
        signed = f"{_encode(header)}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def read(self, token: str) -> Claims | None:
        """Return the claims of a token with a good signature, expired or not."""
        claims = self._read.get(token)
        if claims is None and token.isascii():
            claims = self._verified(token)
            if claims is not None:
                if len(self._read) >= REMEMBERED_TOKENS:
                    self._read.clear()
                self._read[token] = claims
        return claims

    def _verified(self, token: str) -> Claims | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        return _decode(signed.partition(".")[2])

    def _signature(self, signed: str) -> str:
        return _base64url(hmac.digest(self.key, signed.encode(), "sha256"))


def client_info(user_id: str, home_tenant: str) -> str:
    """Return the `client_info` field MSAL builds its account from.

    Source: MSAL, client_info handling ("uid" and "utid").
    """
    return _encode({"uid": user_id, "utid": home_tenant})


def _encode(content: Claims) -> str:
    return _base64url(encode(content))


def _decode(text: str) -> Claims | None:
    try:
        claims = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
