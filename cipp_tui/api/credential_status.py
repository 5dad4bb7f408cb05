"""When our application's credential ends, by what its registration and its file say.

Source: Graph, keyCredential and passwordCredential resource types: `hint` is the first three
characters of a secret; `key` is a certificate's public part where it is selected for one
application; `customKeyIdentifier` is its thumbprint unless somebody chose another.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from cipp_tui.domain.clock import bounded
from cipp_tui.domain.credentials import CredentialKind, CredentialStatus

if TYPE_CHECKING:
    from cipp_tui.api.certificates import Certificate

_DATE_TIME: Final = TypeAdapter(datetime)
HINT: Final = 3

Rows = Sequence[Any] | None
"""Credentials of a registration, each as foreign as it comes; None: not read."""


def status_of_secret(secret: str, rows: Rows, now: datetime) -> CredentialStatus:
    """The secret in use, where its hint tells which it is; else the one of them that ends first."""
    if rows is None:
        return CredentialStatus(kind=CredentialKind.SECRET)
    ends = [(row.get("hint"), end) for row in rows if (end := _end(row)) is not None]
    hinted = [end for hint, end in ends if hint == secret[:HINT]]
    if len(hinted) == 1:
        return CredentialStatus(kind=CredentialKind.SECRET, ends_at=hinted[0], is_listed=True)
    # An ended one is not in use: signing in worked. Of several, the first to end is named.
    candidates = hinted or [end for _, end in ends]
    alive = [end for end in candidates if end > now] or candidates
    if not alive:
        return CredentialStatus(kind=CredentialKind.SECRET, is_listed=False)
    return CredentialStatus(
        kind=CredentialKind.SECRET,
        ends_at=min(alive),
        is_certain=len(candidates) == 1 and bool(hinted),
        is_listed=True,
    )


def status_of_certificate(certificate: "Certificate", rows: Rows) -> CredentialStatus:
    """The certificate of the file. The registration may let it end earlier than it says itself."""
    ends_at, is_listed = certificate.ends_at, None
    if rows is not None:
        matching = [row for row in rows if _is(row, certificate.der)]
        is_listed = bool(matching)
        ends_at = min([ends_at, *(end for row in matching if (end := _end(row)) is not None)])
    return CredentialStatus(
        kind=CredentialKind.CERTIFICATE,
        where=str(certificate.path),
        ends_at=ends_at,
        is_listed=is_listed,
    )


def _end(row: Any) -> datetime | None:
    if not isinstance(row, Mapping):
        return None
    try:
        return bounded(_DATE_TIME.validate_python(row.get("endDateTime")))
    except ValidationError:
        return None


def _is(row: Any, der: bytes) -> bool:
    """Whether a credential of the registration is this certificate."""
    if not isinstance(row, Mapping):
        return False
    if _decoded(row.get("key")) == der:
        return True
    thumbprint = hashlib.sha1(der, usedforsecurity=False).digest()
    told = row.get("customKeyIdentifier")
    if not isinstance(told, str):
        return False
    raw = _decoded(told)
    return told.lower() == thumbprint.hex() or raw in (
        thumbprint,
        thumbprint.hex().encode(),
        thumbprint.hex().upper().encode(),
    )


def _decoded(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
