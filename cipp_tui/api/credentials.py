"""What our application proves itself with to Entra ID: a secret, a certificate, a federated token.

Source: Entra, "Microsoft identity platform application authentication certificate credentials";
"OAuth 2.0 client credentials flow", third case: access token request with a federated credential.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from cipp_tui.api.credential_status import Rows, status_of_certificate, status_of_secret
from cipp_tui.config.files import Guard, UnfitFile, read_file
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.credentials import CredentialKind, CredentialStatus
from cipp_tui.domain.problems import SignInProblem

if TYPE_CHECKING:  # the library behind it takes time to load, and few profiles need it
    from cipp_tui.api.certificates import Certificate

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME_S: Final = 300.0
"""Source: Entra, certificate credentials: "keep it short - 5-10 minutes after nbf at most"."""

MOST_TOKEN_BYTES: Final = 1 << 16


class Credential(Protocol):
    """The application's proof of who it is."""

    @property
    def kind(self) -> CredentialKind:
        """What it is, at this moment."""
        ...

    @property
    def is_instant(self) -> bool:
        """Whether `fields` neither reads a file nor computes."""
        ...

    def fields(self, token_endpoint: str) -> Mapping[str, str]:
        """What a request to this token endpoint carries as proof; empty for a public client.

        Raises: SignInProblem when there is no proof to be had.
        """
        ...

    def status(self, secrets: Rows, certificates: Rows, now: datetime) -> CredentialStatus:
        """Which it is and when it ends, by what the app registration lists; None: not read."""
        ...


async def proof_for(credential: Credential, token_endpoint: str) -> Mapping[str, str]:
    """`fields`, without holding the event loop up. Raises: SignInProblem."""
    if credential.is_instant:
        return credential.fields(token_endpoint)
    return await asyncio.to_thread(credential.fields, token_endpoint)


def for_msal(credential: Credential, token_endpoint: str) -> Any:
    """The proof as MSAL takes it: a secret, or how to come by an assertion.

    Source: MSAL for Python, ClientApplication, `client_credential`.
    """
    if credential.kind is CredentialKind.SECRET:
        return credential.fields(token_endpoint)["client_secret"]
    return {"client_assertion": lambda: credential.fields(token_endpoint)["client_assertion"]}


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client secret; none: the application is a public client."""

    read: Callable[[], str | None] = field(repr=False)

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind.NONE if self.read() is None else CredentialKind.SECRET

    @property
    def is_instant(self) -> bool:
        return True

    def fields(self, token_endpoint: str) -> Mapping[str, str]:
        """The secret is the same for every endpoint."""
        secret = self.read()
        return {} if secret is None else {"client_secret": secret}

    def status(self, secrets: Rows, certificates: Rows, now: datetime) -> CredentialStatus:
        """By the hint, which is the first three signs of a secret."""
        secret = self.read()
        if secret is None:
            return CredentialStatus(kind=CredentialKind.NONE)
        return status_of_secret(secret, secrets, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """A certificate with its private key: each request carries an assertion signed for it."""

    certificate: "Certificate"
    client_id: str
    clock: Clock

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind.CERTIFICATE

    @property
    def is_instant(self) -> bool:
        return False  # a signature takes a millisecond or more

    def fields(self, token_endpoint: str) -> Mapping[str, str]:
        """An assertion whose audience is this endpoint, good for some minutes.

        Source: Entra, certificate credentials: PS256, `x5t#S256`, and the claims.
        """
        return _assertion(self._signed(token_endpoint, self.clock.now()))

    def status(self, secrets: Rows, certificates: Rows, now: datetime) -> CredentialStatus:
        """By the certificate itself, and by the registration's copy of it."""
        return status_of_certificate(self.certificate, certificates)

    def _signed(self, token_endpoint: str, now: datetime) -> str:
        from msal.oauth2cli.assertion import JwtAssertionCreator

        creator = JwtAssertionCreator(
            self.certificate.key, "PS256", sha256_thumbprint=self.certificate.sha256.hex()
        )
        at = int(now.timestamp())
        signed: bytes = creator.create_normal_assertion(
            token_endpoint,
            self.client_id,
            issued_at=at,
            not_before=at,
            expires_at=at + int(ASSERTION_LIFETIME_S),
            assertion_id=str(uuid.uuid4()),
        )
        return signed.decode()


@dataclass(frozen=True, slots=True)
class FederatedToken:
    """A token of another identity provider, in a file that is written anew from time to time."""

    path: Path

    @property
    def kind(self) -> CredentialKind:
        return CredentialKind.FEDERATED

    @property
    def is_instant(self) -> bool:
        return False

    def fields(self, token_endpoint: str) -> Mapping[str, str]:
        """The token as the file has it now: the one read a while ago may have run out.

        Others may read the file, but not write it: where the system's own agent writes it, its
        mode is not ours to choose.
        Source: Entra, "Workload identity federation".
        """
        try:
            content = read_file(self.path, most=MOST_TOKEN_BYTES, guard=Guard.WRITE)
            token = content.decode("ascii").strip()
        except FileNotFoundError:
            raise self._problem("is not there") from None
        except UnfitFile as unfit:
            raise self._problem(f"{unfit.why}. {unfit.fix}") from None
        except UnicodeDecodeError:
            raise self._problem("holds no token: it is not ASCII text") from None
        if token.count(".") != 2 or not all(token.split(".")):
            raise self._problem("holds no token: it does not have three parts")
        return _assertion(token)

    def status(self, secrets: Rows, certificates: Rows, now: datetime) -> CredentialStatus:
        """A federated credential does not end."""
        return CredentialStatus(kind=CredentialKind.FEDERATED, where=str(self.path))

    def _problem(self, why: str) -> SignInProblem:
        return SignInProblem(f"{self.path} {why}", code="federated-token")


def _assertion(token: str) -> Mapping[str, str]:
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
