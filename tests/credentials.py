"""Certificates and foreign tokens for tests, made once: a key takes a tenth of a second."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from cipp_tui.simulator.world import FederatedIdentity, RegisteredCertificate

ENDS = datetime(2027, 3, 2, tzinfo=UTC)
PASSPHRASE = "correct horse"
ISSUER = "https://oidc.example"
SUBJECT = "system:serviceaccount:msp:cipp-tui"
KEY_ID = "0b9a3f4e-1111-4222-8333-444455556666"


@lru_cache(maxsize=4)
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """The same key for the same number."""
    return rsa.generate_private_key(65537, 2048)


@lru_cache(maxsize=8)
def certificate(number: int, ends: datetime = ENDS) -> x509.Certificate:
    """A certificate for that key, signed with itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cipp-tui")])
    key = rsa_key(number)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number + 1)
        .not_valid_before(ends - timedelta(days=730))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )


def pem(number: int = 0, passphrase: str | None = None, *, of: int | None = None) -> bytes:
    """Key and certificate in one PEM file; `of`: the certificate of another key."""
    return key_pem(number, passphrase) + certificate_pem(number if of is None else of)


def certificate_pem(number: int = 0) -> bytes:
    return certificate(number).public_bytes(Encoding.PEM)


def key_pem(number: int = 0, passphrase: str | None = None) -> bytes:
    return rsa_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _locked(passphrase))


def ec_pem() -> bytes:
    """A key of a kind that Entra ID does not accept."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "curve")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(9)
        .not_valid_before(ENDS - timedelta(days=730))
        .not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(
        Encoding.PEM
    )


def pfx(number: int = 0, passphrase: str | None = None) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"cipp-tui", rsa_key(number), certificate(number), None, _locked(passphrase)
    )


def registered(number: int = 0) -> RegisteredCertificate:
    """The certificate as the app registration has it."""
    made = certificate(number)
    return RegisteredCertificate(
        made.public_bytes(Encoding.DER), KEY_ID, made.not_valid_after_utc.timestamp()
    )


def provider(number: int = 1) -> FederatedIdentity:
    """The identity provider as the app registration trusts it."""
    key = rsa_key(number).public_key()
    text = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return FederatedIdentity(ISSUER, SUBJECT, text)


def foreign_token(at: datetime, number: int = 1, *, good_s: int = 600, **claims: str) -> str:
    """A token of the identity provider for our workload."""
    content = {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": "api://AzureADTokenExchange",
        "iat": int(at.timestamp()),
        "exp": int(at.timestamp()) + good_s,
        **claims,
    }
    return jwt.encode(content, rsa_key(number), algorithm="RS256")


def _locked(passphrase: str | None) -> KeySerializationEncryption:
    return BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()


def sha1_hex(der: bytes) -> str:
    """A thumbprint as the portal shows it."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
