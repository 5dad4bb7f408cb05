"""Certificates of the application: PEM or PFX, with their private key, read and checked once."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)

from cipp_tui.config.files import Guard, UnfitFile, read_file
from cipp_tui.domain.problems import ConfigProblem

MOST_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate and the key that belongs to it."""

    path: Path
    key: RSAPrivateKey = field(repr=False)
    der: bytes = field(repr=False)
    sha256: bytes
    ends_at: datetime


def load_certificate(path: Path, passphrase: str | None, *, key: str) -> Certificate:
    """Read a PEM or PFX file. `key` names the place in the config file.

    Raises: ConfigProblem, which names what is not right and never what the file holds.
    Source: Entra, certificate credentials: an RSA key.
    """
    try:
        content = read_file(path, most=MOST_BYTES, guard=Guard.READ)
    except FileNotFoundError:
        raise ConfigProblem(
            f"{path} is not there", key=key, fix="Put the certificate and its private key there."
        ) from None
    except UnfitFile as unfit:
        raise ConfigProblem(f"{path} {unfit.why}", key=key, fix=unfit.fix) from None
    reader = _from_pem if b"-----BEGIN " in content else _from_pfx
    try:
        private, certificate = reader(content, passphrase.encode() if passphrase else None)
    except _Unusable as unusable:
        raise ConfigProblem(f"{path} {unusable.why}", key=key, fix=unusable.fix) from None
    if not isinstance(private, RSAPrivateKey):
        raise ConfigProblem(
            f"{path} holds a key that is not RSA", key=key, fix="Entra ID accepts RSA keys only."
        )
    return Certificate(
        path=path,
        key=private,
        der=certificate.public_bytes(Encoding.DER),
        sha256=certificate.fingerprint(hashes.SHA256()),
        ends_at=certificate.not_valid_after_utc,
    )


class _Unusable(Exception):
    """Why nothing can be made of a file, and what mends it."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


_OPENING_FIX: Final = 'Correct passphrase, as in passphrase = { env = "NAME" }.'
_NO_KEY: Final = "Put the private key into the same file."
_NO_CERTIFICATE: Final = "Put the certificate into the same file."


def _from_pem(content: bytes, passphrase: bytes | None) -> tuple[PrivateKeyTypes, x509.Certificate]:
    if b"PRIVATE KEY-----" not in content:
        raise _Unusable("holds no private key", _NO_KEY)
    key = _pem_key(content, passphrase)
    try:
        certificates = x509.load_pem_x509_certificates(content)
    except ValueError:
        raise _Unusable("holds no certificate that can be read", _NO_CERTIFICATE) from None
    for certificate in certificates:  # a chain may stand beside it, in any order
        if _public(certificate) == _public(key):
            return key, certificate
    raise _Unusable("holds a private key and no certificate that belongs to it", _NO_CERTIFICATE)


def _pem_key(content: bytes, passphrase: bytes | None) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(content, passphrase)
    except TypeError:  # encrypted and no passphrase, or a passphrase and not encrypted
        if passphrase is None:
            raise _Unusable(
                "holds an encrypted private key and no passphrase is given", _OPENING_FIX
            ) from None
        return _pem_key(content, None)
    except ValueError:
        if passphrase is not None:
            raise _Unusable(
                "cannot be opened: the passphrase is wrong or the key is damaged", _OPENING_FIX
            ) from None
        raise _Unusable("holds a private key that cannot be read", _NO_KEY) from None


def _from_pfx(content: bytes, passphrase: bytes | None) -> tuple[PrivateKeyTypes, x509.Certificate]:
    try:
        key, certificate, _chain = pkcs12.load_key_and_certificates(content, passphrase)
    except ValueError:
        raise _Unusable(
            "cannot be opened: it is neither PEM nor PFX, or the passphrase is wrong",
            _OPENING_FIX,
        ) from None
    if key is None:
        raise _Unusable("holds no private key", "Export it with its private key.")
    if certificate is None:
        raise _Unusable("holds no certificate", "Export it with its certificate.")
    return key, certificate


def _public(holder: PrivateKeyTypes | x509.Certificate) -> bytes:
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
