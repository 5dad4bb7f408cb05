"""Entra's error bodies: one table from AADSTS code to status, `error`, `suberror` and text."""

import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from cipp_tui.simulator.messages import Response, json_response


@dataclass(frozen=True, slots=True)
class Known:
    """How one AADSTS code is reported."""

    status: int
    error: str
    text: str
    suberror: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


_MFA: Final = (
    "Due to a configuration change made by your administrator, or because you moved to a new "
    "location, you must use multi-factor authentication to access '{resource}'."
)
_CA_CLAIMS: Final = {
    "claims": json.dumps(
        {"access_token": {"capolids": {"essential": True, "values": ["{policy}"]}}}
    )
}

# Source: Entra docs, Microsoft Entra authentication and authorization error codes.
KNOWN: Final[dict[int, Known]] = {
    50020: Known(
        400,
        "invalid_grant",
        "User account '{upn}' from identity provider 'https://sts.windows.net/{home}/' does not "
        "exist in tenant '{tenant_name}' and cannot access the application '{app}'({app_name}) in "
        "that tenant. The account needs to be added as an external user in the tenant first. Sign "
        "out and sign in again with a different Azure Active Directory user account.",
    ),
    50057: Known(400, "invalid_grant", "The user account is disabled."),
    50076: Known(400, "invalid_grant", _MFA, "basic_action"),
    50078: Known(
        400,
        "invalid_grant",
        "Presented multi-factor authentication has expired due to policies configured by your "
        "administrator, you must refresh your multi-factor authentication to access '{resource}'.",
        "basic_action",
    ),
    50079: Known(
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new "
        "location, you must enroll in multi-factor authentication to access '{resource}'.",
        "basic_action",
        _CA_CLAIMS,
    ),
    50177: Known(
        400,
        "invalid_grant",
        "User account '{upn}' cannot be challenged by tenant '{tenant_name}': external challenge "
        "is not supported for passthrough users.",
    ),
    50196: Known(
        400,
        "invalid_grant",
        "The server terminated an operation because it encountered a client request loop.",
    ),
    50173: Known(
        400,
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. "
        "The user might have changed or reset their password. The grant was issued on '{issued}' "
        "and the TokensValidFrom date (before which tokens are not valid) for this user is "
        "'{valid_from}'.",
        "bad_token",
    ),
    53003: Known(
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow "
        "token issuance.",
        "message_only",
        _CA_CLAIMS,
    ),
    53000: Known(
        400,
        "invalid_grant",
        "Your device is required to be managed to access this resource.",
        "message_only",
    ),
    530034: Known(
        400,
        "invalid_grant",
        "A delegated administrator was blocked from accessing the tenant due to account risk in "
        "their home tenant.",
        "message_only",
    ),
    65001: Known(
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{app}' named "
        "'{app_name}'. Send an interactive authorization request for this user and resource.",
        "consent_required",
    ),
    65004: Known(400, "authorization_declined", "User declined to consent to access the app."),
    70011: Known(
        400,
        "invalid_scope",
        "The provided value for the input parameter 'scope' isn't valid. The scope {scope} isn't "
        "valid.",
    ),
    70016: Known(
        400,
        "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    ),
    70018: Known(
        400, "bad_verification_code", "Bad verification code. User typed in wrong user code."
    ),
    70019: Known(400, "expired_token", "Verification code expired. Have the user retry."),
    70008: Known(
        400, "invalid_grant", "The provided authorization code or refresh token has expired."
    ),
    70043: Known(
        400,
        "invalid_grant",
        "The refresh token has expired or is invalid due to sign-in frequency checks by "
        "Conditional Access.",
        "token_expired",
    ),
    500014: Known(
        400,
        "invalid_resource",
        "The service principal for resource 'https://graph.microsoft.com' is disabled. This "
        "indicates that a subscription within the tenant has lapsed, or that the administrator "
        "for this tenant has disabled the application, preventing tokens from being issued for it.",
    ),
    530032: Known(
        400,
        "invalid_grant",
        "User blocked due to risk or a security policy that is defined in the tenant.",
        "message_only",
    ),
    700003: Known(
        400, "invalid_grant", "Device object was not found in the tenant '{tenant_name}' directory."
    ),
    500011: Known(
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant_name}. "
        "This can happen if the application has not been installed by the administrator of the "
        "tenant or consented to by any user in the tenant.",
    ),
    650051: Known(
        400,
        "invalid_client",
        "The service principal of the application is being created in the tenant. Try again later.",
    ),
    650052: Known(
        400,
        "invalid_client",
        "The app needs access to a service that your organization '{tenant_name}' has not "
        "subscribed to or enabled. Contact your IT Admin to review the configuration of your "
        "service subscriptions.",
    ),
    650057: Known(
        400,
        "invalid_resource",
        "Invalid resource. The client has requested access to a resource which is not listed in "
        "the requested permissions in the client's application registration. Client app ID: "
        "{app}({app_name}). Resource value from request: {resource}.",
    ),
    700016: Known(
        400,
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{tenant_name}'.",
    ),
    700082: Known(
        400,
        "invalid_grant",
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for 90.00:00:00.",
    ),
    900023: Known(
        400,
        "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external "
        "domain.",
    ),
    900144: Known(
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    5000224: Known(
        400,
        "invalid_request",
        "We are sorry, this resource is not available. If you think you are seeing this message in "
        "error, contact our support team.",
    ),
    7000112: Known(400, "unauthorized_client", "Application '{app}'({app_name}) is disabled."),
    7000215: Known(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{app}'.",
    ),
    7000218: Known(
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    50011: Known(
        400,
        "invalid_request",
        "The redirect URI '{address}' specified in the request does not match the redirect URIs "
        "configured for the application '{app}'.",
    ),
    54005: Known(
        400,
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use "
        "an existing refresh token.",
    ),
    500112: Known(
        400,
        "invalid_client",
        "The reply address '{address}' does not match the reply address provided when requesting "
        "Authorization code.",
    ),
    501481: Known(
        400,
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization "
        "request.",
    ),
    700025: Known(
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    50027: Known(401, "invalid_client", "JWT token is invalid or malformed."),
    700021: Known(
        401,
        "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
    700023: Known(
        401, "invalid_client", "Client assertion audience claim does not match Realm issuer."
    ),
    700024: Known(401, "invalid_client", "Client assertion is not within its valid time range."),
    700027: Known(
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on "
        "application. [Reason - {reason}]",
    ),
    700211: Known(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion issuer '{issuer}'.",
    ),
    700212: Known(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion audience "
        "'{audience}'.",
    ),
    700213: Known(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject '{subject}'.",
    ),
    7000222: Known(
        401,
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to "
        "create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
        "certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    7000229: Known(
        401,
        "invalid_client",
        "The client application {app} is missing service principal in the tenant {tenant}. See "
        "instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
    90033: Known(
        400, "temporarily_unavailable", "A transient error has occurred. Please try again."
    ),
    90055: Known(
        429,
        "temporarily_unavailable",
        "The request was throttled due to excessive request rate.",
    ),
    90072: Known(
        400,
        "invalid_grant",
        "User account '{upn}' from identity provider 'https://sts.windows.net/{home}/' does not "
        "exist in tenant '{tenant_name}' and cannot access the application '{app}'({app_name}) in "
        "that tenant. The account needs to be added as an external user in the tenant first.",
    ),
    90099: Known(
        400,
        "invalid_request",
        "The application '{app}' ({app_name}) has not been authorized in the tenant '{tenant}'. "
        "Applications must be authorized to access the external tenant before partner delegated "
        "administrators can use them.",
    ),
    90002: Known(
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant.",
    ),
    9002313: Known(400, "invalid_request", "Invalid request. Request is malformed or invalid."),
    70003: Known(
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant_type}'.",
    ),
}

# A guest of the same name answers with the same code and another text.
GUEST_CLASH: Final = (
    "The signed in user '{upn}' exists as a guest in tenant '{tenant_name}', so the user account "
    "from identity provider 'https://sts.windows.net/{home}/' cannot access the application "
    "'{app}'({app_name}) as a delegated administrator."
)


class AadSts(Exception):
    """A refusal by Entra, with the words its text needs."""

    def __init__(self, code: int, *, text: str | None = None, **words: str) -> None:
        super().__init__(f"AADSTS{code}")
        self.code = code
        self.text = text
        self.words = words


def error_response(refusal: AadSts, words: dict[str, str], now: float, trace: str) -> Response:
    """Return the complete error body of the token endpoint.

    Source: Entra docs, OAuth 2.0 error responses.
    """
    known = KNOWN[refusal.code]
    words = words | refusal.words
    stamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now))
    correlation = words["correlation"]
    text = (refusal.text or known.text).format_map(_Words(words))
    body: dict[str, Any] = {
        "error": known.error,
        "error_description": f"AADSTS{refusal.code}: {text} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [refusal.code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.code}",
    }
    if known.suberror:
        body["suberror"] = known.suberror
    body |= {key: value.replace("{policy}", trace) for key, value in known.extra.items()}
    return json_response(known.status, body)


class _Words(dict[str, str]):
    """Leaves unknown placeholders as they are."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
