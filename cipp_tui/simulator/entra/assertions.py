"""Client assertions: a JWT in place of a secret, signed with a registered certificate's key or by a
federated identity provider.

Source: Entra docs, certificate credentials; workload identity federation; client credentials flow.
"""

from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography import x509

from cipp_tui.simulator.entra.errors import AadSts
from cipp_tui.simulator.world import Application, FederatedIdentity, RegisteredCertificate

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LOGIN: Final = "https://login.microsoftonline.com"
SKEW_S: Final = 300


def verify_assertion(
    application: Application, form: Mapping[str, str], tenant_id: str, now: float
) -> None:
    """Check an assertion sent to a tenant's token endpoint. Raises: AadSts."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise AadSts(900144, parameter="client_assertion_type")
    assertion = form["client_assertion"]
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise AadSts(50027) from error
    if "x5t#S256" in header:
        _by_certificate(application, assertion, header, claims, tenant_id)
    else:
        _by_provider(application, assertion, claims)
    _in_time(claims, now)


def _by_certificate(
    application: Application,
    assertion: str,
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    tenant_id: str,
) -> None:
    known = {one.thumbprint: one for one in application.certificates}
    # MSAL for Python writes the padding that RFC 7515 leaves out, and is served all the same.
    certificate = known.get(str(header["x5t#S256"]).rstrip("="))
    if certificate is None:
        raise AadSts(700027, reason="The key was not found.")
    _signed_by(_public_key(certificate), assertion, ("PS256", "RS256"))
    if claims.get("iss") != application.app_id or claims.get("sub") != application.app_id:
        raise AadSts(700021)
    if claims.get("aud") != f"{LOGIN}/{tenant_id}/oauth2/v2.0/token":
        raise AadSts(700023)
    if not claims.get("jti"):
        raise AadSts(50027)


def _by_provider(application: Application, assertion: str, claims: Mapping[str, Any]) -> None:
    of_issuer = [one for one in application.federations if one.issuer == claims.get("iss")]
    if not of_issuer:
        raise AadSts(700211, issuer=str(claims.get("iss")))
    of_audience = [one for one in of_issuer if one.audience == claims.get("aud")]
    if not of_audience:
        raise AadSts(700212, audience=str(claims.get("aud")))
    found = next((one for one in of_audience if one.subject == claims.get("sub")), None)
    if found is None:
        raise AadSts(700213, subject=str(claims.get("sub")))
    _signed_by(_key_of(found), assertion, ("RS256", "PS256"))


def _signed_by(key: Any, assertion: str, algorithms: tuple[str, ...]) -> None:
    times = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
    try:
        jwt.decode(assertion, key, algorithms=list(algorithms), options=times)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise AadSts(700027, reason="The signature did not match.") from error


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    begins, ends = claims.get("nbf", claims.get("iat")), claims.get("exp")
    if not isinstance(ends, int | float) or now >= ends + SKEW_S:
        raise AadSts(700024)
    if isinstance(begins, int | float) and now < begins - SKEW_S:
        raise AadSts(700024)


def _public_key(certificate: RegisteredCertificate) -> Any:
    return x509.load_der_x509_certificate(certificate.der).public_key()


def _key_of(provider: FederatedIdentity) -> Any:
    return provider.public_key
