"""The sign-in service: discovery, device codes and the token endpoint over HTTP."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote

from cipp_tui.simulator.context import Context, Resolution
from cipp_tui.simulator.entra.authorize import AuthorizationCodes, authorize
from cipp_tui.simulator.entra.device import DeviceCodes
from cipp_tui.simulator.entra.errors import AadSts, error_response
from cipp_tui.simulator.entra.sign_in import (
    Session,
    Wanted,
    application_permissions,
    authenticate_client,
    check_tenant,
    user_permissions,
    wanted_from,
)
from cipp_tui.simulator.entra.tokens import RefreshClaims, Subject, client_info
from cipp_tui.simulator.ids import is_guid
from cipp_tui.simulator.messages import Addresses, Request, Response, base_url, json_response
from cipp_tui.simulator.world import Tenant

STORED_SIGN_IN_AGE_S = 20 * 86_400
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class SignInService:
    """Answers what is sent to the sign-in host."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.devices = DeviceCodes()
        self.codes = AuthorizationCodes()
        discovery: tuple[str, Endpoint] = ("discovery.openid", self._openid_configuration)
        self._endpoints: dict[tuple[str, str], tuple[str, Endpoint]] = {
            ("GET", "v2.0/.well-known/openid-configuration"): discovery,
            ("GET", ".well-known/openid-configuration"): discovery,
            ("POST", "oauth2/v2.0/token"): ("token", self._token),
            ("POST", "oauth2/v2.0/devicecode"): ("devicecode", self._device_code),
            ("GET", "oauth2/v2.0/authorize"): ("authorize", self._authorize),
        }

    def resolve(self, request: Request) -> Resolution:
        """Find out which endpoint a request is for."""
        path = unquote(request.path).strip("/")
        if path == "common/discovery/instance":
            return Resolution("discovery.instance", None, lambda: self._instance(request))
        key, _, rest = path.partition("/")
        tenant = self.context.world.tenant(key)
        endpoint = self._endpoints.get((request.method, rest))
        tenant_id = tenant.id if tenant else None
        if endpoint is None:
            return Resolution("login.unknown", tenant_id, lambda: Response(404))
        route, answer = endpoint
        return Resolution(route, tenant_id, lambda: self._answered(request, key, answer))

    def refresh_token(self, *, mfa: bool, public: bool) -> str:
        """Issue the service user's stored refresh token, from a sign-in some weeks ago."""
        now = self.context.clock()
        signed_in = self.context.world.now - STORED_SIGN_IN_AGE_S
        return self.context.mint.refresh_token(
            RefreshClaims(self.context.world.service_user.id, signed_in, mfa, public),
            now=now,
            lifetime_s=self.context.knobs.refresh_token_lifetime_s,
            serial=self.context.world.new_guid(),
        )

    def _answered(self, request: Request, key: str, answer: "Endpoint") -> Response:
        now = self.context.clock()
        trace = self.context.world.new_guid()
        correlation = request.headers.get("client-request-id") or trace
        try:
            response = answer(request, key)
        except AadSts as refusal:
            response = error_response(refusal, self._words(key, correlation), now, trace)
            code = refusal.code
        else:
            code = 0
        response.headers |= {
            "Cache-Control": "no-store, no-cache",
            "x-ms-request-id": trace,
            "client-request-id": correlation,
            "x-ms-ests-server": "2.1.0 - simulator",
            "x-ms-clitelem": f"1,{code},0,,",
        }
        return response

    def _words(self, key: str, correlation: str) -> dict[str, str]:
        world = self.context.world
        return {
            "app": world.application.app_id,
            "app_name": world.application.name,
            "upn": world.service_user.upn,
            "home": world.partner.id,
            "tenant": key,
            "tenant_name": key,
            "correlation": correlation,
        }

    def _instance(self, request: Request) -> Response:
        base = base_url(request, Addresses().login)
        host = "login.microsoftonline.com"
        return json_response(
            200,
            {
                "tenant_discovery_endpoint": f"{base}/common/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {
                        "preferred_network": host,
                        "preferred_cache": "login.windows.net",
                        "aliases": [host, "login.windows.net", "login.microsoft.com"],
                    }
                ],
            },
        )

    def _openid_configuration(self, request: Request, key: str) -> Response:
        try:
            tenant = self._tenant(key)
        except AadSts as refusal:
            # Discovery names the same condition with another `error` than the token endpoint.
            now, trace = self.context.clock(), self.context.world.new_guid()
            response = error_response(refusal, self._words(key, trace), now, trace)
            response.body = response.body.replace(b'"invalid_request"', b'"invalid_tenant"', 1)
            return response
        root = f"{base_url(request, Addresses().login)}/{tenant.id}"
        return json_response(
            200,
            {
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token", "code id_token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "subject_types_supported": ["pairwise"],
                "issuer": self._issuer(tenant),
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
                "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            },
        )

    def _device_code(self, request: Request, key: str) -> Response:
        tenant = self._tenant(key)
        form = _form(request)
        authenticate_client(self.context, form, tenant, public=True)
        knobs = self.context.knobs
        code = self.devices.start(
            form["client_id"].lower(),
            form.get("scope", ""),
            expires=self.context.clock() + knobs.device_code_lifetime_s,
        )
        page = "https://microsoft.com/devicelogin"
        return json_response(
            200,
            {
                "user_code": code.user_code,
                "device_code": code.device_code,
                "verification_uri": page,
                "expires_in": knobs.device_code_lifetime_s,
                "interval": knobs.device_code_interval_s,
                "message": f"To sign in, use a web browser to open the page {page} and enter the "
                f"code {code.user_code} to authenticate.",
            },
        )

    def _token(self, request: Request, key: str) -> Response:
        tenant = self._tenant(key)
        form = _form(request)
        grants: dict[str, Callable[[Tenant, Mapping[str, str]], Response]] = {
            "refresh_token": self._by_refresh_token,
            "client_credentials": self._by_client_credentials,
            DEVICE_GRANT: self._by_device_code,
            "authorization_code": self._by_authorization_code,
        }
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise AadSts(900144, parameter="grant_type")
        if grant_type not in grants:
            raise AadSts(70003, grant_type=grant_type)
        return grants[grant_type](tenant, form)

    def _by_refresh_token(self, tenant: Tenant, form: Mapping[str, str]) -> Response:
        token = self.context.mint.read_refresh_token(form.get("refresh_token", ""))
        user = self.context.world.users.get(token["oid"]) if token else None
        authenticate_client(self.context, form, tenant, public=bool(token and token["public"]))
        if token is None or user is None:
            raise AadSts(9002313)
        if self.context.clock() >= token["exp"]:
            raise AadSts(70008)
        session = Session(user, token["iat"], token["mfa"], token["public"])
        return self._user_tokens(tenant, session, wanted_from(form.get("scope", "")), form)

    def _by_device_code(self, tenant: Tenant, form: Mapping[str, str]) -> Response:
        authenticate_client(self.context, form, tenant, public=True)
        now = self.context.clock()
        self.devices.check_policy(form.get("device_code", ""), self.context.knobs)
        code = self.devices.redeem(form.get("device_code", ""), form["client_id"].lower(), now)
        user = self.context.world.service_user
        session = Session(user, now, code.mfa, "client_secret" not in form)
        return self._user_tokens(tenant, session, wanted_from(code.scope), form)

    def _authorize(self, request: Request, key: str) -> Response:
        self._tenant(key)
        return authorize(self.context, self.codes, dict(parse_qsl(request.query)))

    def _by_authorization_code(self, tenant: Tenant, form: Mapping[str, str]) -> Response:
        is_public = self.context.world.application.redirect_platform == "publicClient"
        proven = "client_secret" in form or "client_assertion" in form
        if is_public and proven:
            raise AadSts(700025)
        authenticate_client(self.context, form, tenant, public=is_public)
        now = self.context.clock()
        code = self.codes.redeem(form, now)
        session = Session(self.context.world.service_user, now, True, not proven, code.nonce)
        return self._user_tokens(tenant, session, wanted_from(code.scope), form)

    def _by_client_credentials(self, tenant: Tenant, form: Mapping[str, str]) -> Response:
        authenticate_client(self.context, form, tenant, public=False)
        wanted = wanted_from(form.get("scope", ""))
        roles = application_permissions(self.context, tenant, wanted)
        subject = Subject(tenant.id, self.context.world.application.app_id, None)
        return json_response(200, self._access(subject, wanted, roles, form, mfa=False))

    def _user_tokens(
        self, tenant: Tenant, session: Session, wanted: Wanted, form: Mapping[str, str]
    ) -> Response:
        world, knobs, now = self.context.world, self.context.knobs, self.context.clock()
        permissions = user_permissions(self.context, tenant, session, wanted)
        user = session.user
        subject = Subject(
            tenant.id, world.application.app_id, user.id, user.name, user.upn, world.partner.id
        )
        body = self._access(subject, wanted, permissions, form, mfa=session.mfa)
        prefix = f"{wanted.resource.audience}/"
        granted = [prefix + scope for scope in permissions] + [f"{prefix}.default"]
        body["scope"] = " ".join(granted + sorted(wanted.oidc))
        body["refresh_token"] = self.context.mint.refresh_token(
            RefreshClaims(user.id, session.issued, session.mfa, session.public),
            now=now,
            lifetime_s=knobs.refresh_token_lifetime_s,
            serial=world.new_guid(),
        )
        if "openid" in wanted.oidc:
            body["id_token"] = self.context.mint.id_token(
                subject,
                issuer=self._issuer(tenant),
                now=now,
                lifetime_s=knobs.token_lifetime_s,
                nonce=session.nonce,
            )
        if form.get("client_info") == "1":
            body["client_info"] = client_info(user.id, world.partner.id)
        return json_response(200, body)

    def _access(
        self,
        subject: Subject,
        wanted: Wanted,
        permissions: list[str],
        form: Mapping[str, str],
        *,
        mfa: bool,
    ) -> dict[str, Any]:
        lifetime = self.context.knobs.token_lifetime_s
        return {
            "token_type": "Bearer",
            "expires_in": lifetime - 1,
            "ext_expires_in": lifetime - 1,
            "access_token": self.context.mint.access_token(
                subject,
                wanted.resource,
                permissions,
                now=self.context.clock(),
                lifetime_s=lifetime,
                mfa=mfa,
                answered=form.get("claims"),
            ),
        }

    def _tenant(self, key: str) -> Tenant:
        if not is_guid(key) and "." not in key and key not in ("common", "organizations"):
            raise AadSts(900023)
        return check_tenant(self.context.world.tenant(key), key)

    @staticmethod
    def _issuer(tenant: Tenant) -> str:
        return f"https://login.microsoftonline.com/{tenant.id}/v2.0"


Endpoint = Callable[[Request, str], Response]


def _form(request: Request) -> Mapping[str, str]:
    try:
        return _fields(request.body)
    except UnicodeDecodeError as error:
        raise AadSts(9002313) from error


@lru_cache(maxsize=64)
def _fields(body: bytes) -> Mapping[str, str]:
    """Read a form; a client sends the same one to every tenant."""
    return MappingProxyType(dict(parse_qsl(body.decode(), keep_blank_values=True)))
