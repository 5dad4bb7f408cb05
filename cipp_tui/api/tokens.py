"""Access tokens: the partner's by MSAL, a customer's by one request of our own, in memory only."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cipp_tui.api.credentials import Credential, proof_for
from cipp_tui.api.endpoints import Endpoints, Service
from cipp_tui.api.http import Call, HttpClient, Token
from cipp_tui.api.sign_in import MsalSignIn, SignedIn
from cipp_tui.api.token_store import (
    KeptSignIn,
    SignInBinding,
    TokenStore,
    in_keyring_time,
    source_of,
)
from cipp_tui.api.wire import TokenAnswer
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.credentials import CredentialKind
from cipp_tui.domain.entra import EntraKind, is_ours_alone
from cipp_tui.domain.problems import Gone, Refused, SignInProblem, retold
from cipp_tui.domain.tenants import TenantId

LOG = logging.getLogger("cipp_tui.tokens")

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

MOST_KEPT: Final = 1_000
"""Customers' tokens kept for the next time, the newest: each takes some kilobytes."""


class Tokens:
    """Hands out tokens, each for one service and one tenant."""

    def __init__(
        self,
        http: HttpClient,
        sign_in: MsalSignIn,
        store: TokenStore,
        *,
        partner: TenantId,
        client_id: str,
        credential: Credential,
        configured_refresh_token: Callable[[], str | None],
        clock: Clock,
    ) -> None:
        self._http = http
        self._sign_in = sign_in
        self._store = store
        self._partner = partner
        self._client_id = client_id
        self._credential = credential
        self._configured = configured_refresh_token
        self._clock = clock
        self._binding = SignInBinding(
            login=http.endpoints.login, partner=partner, client_id=client_id
        )
        self._refresh_token: str | None = None
        self._user_id = ""  # whose the kept sign-in is; empty: nobody noted it
        self._is_bound = True  # what is kept says what it is for
        self._kept: dict[tuple[TenantId, Service], Token] = {}
        self._own_application: Token | None = None  # our application's, in our own tenant
        self._locks: dict[tuple[TenantId, Service], asyncio.Lock] = {}
        self.user: str | None = None
        http.renew = self.renewed

    @property
    def trouble(self) -> str:
        """Why the sign-in is not kept where it should be, as a sentence; empty when it is."""
        return self._store.trouble

    @property
    def _endpoints(self) -> Endpoints:
        return self._http.endpoints

    async def partner_graph(self) -> Token:
        """Graph in our own tenant. Raises: SignInProblem and remote problems.

        Source: MSAL for Python, acquire_token_by_refresh_token.
        """
        return await self._partner_token(Service.GRAPH, self._endpoints.graph_scope)

    async def partner_center(self) -> Token:
        """Partner Center, as our signed-in user. Raises: SignInProblem and remote problems.

        Source: Partner Center, "Partner Center authentication", app and user.
        """
        return await self._partner_token(
            Service.PARTNER_CENTER, self._endpoints.partner_center_scope
        )

    async def customer(self, tenant: TenantId) -> Token:
        """Graph in a customer's tenant, redeemed from our refresh token: one request, then kept.

        Raises: Refused with an AADSTS code when the customer's side says no; SignInProblem when
        the cause is ours and would hit every tenant.
        Source: Entra, "OAuth 2.0 authorization code flow", refresh the access token.
        """
        if tenant == self._partner:
            return await self.partner_graph()
        async with self._lock(tenant, Service.GRAPH):
            kept = self._kept.get((tenant, Service.GRAPH))
            if kept is not None and self._good(kept):
                return kept
            token = await self._redeem(tenant)
            self._keep_for(tenant, token)
            return token

    async def application(self, tenant: TenantId) -> Token:
        """Graph in a tenant as the application itself, without a user; kept like the others.

        Raises: Refused with an AADSTS code; SignInProblem when our secret is the cause.
        Source: Entra, "OAuth 2.0 client credentials flow".
        """
        is_ours = tenant == self._partner  # where our user's token is kept, and is another one
        async with self._lock(tenant, Service.GRAPH):
            kept = self._own_application if is_ours else self._kept.get((tenant, Service.GRAPH))
            if kept is not None and self._good(kept):
                return kept
            if self._credential.kind is CredentialKind.NONE:
                raise SignInProblem(
                    "Asking as the application needs its own secret", code="no-secret"
                )
            token = await self._as_application(tenant)
            if is_ours:
                self._own_application = token
            else:
                self._keep_for(tenant, token)
            return token

    async def renewed(self, token: Token, claims: str) -> Token:
        """A token in place of one that a service wants to prove more: one request, then kept.

        Whoever asks second gets the one that came meanwhile.
        Raises: as `customer`, `application` and `partner_graph`.
        Source: Entra, "Claims challenges, claims requests and client capabilities".
        """
        tenant = TenantId(token.tenant)
        async with self._lock(tenant, token.service):
            is_ours = token.is_application and tenant == self._partner
            kept = self._own_application if is_ours else self._kept.get((tenant, token.service))
            if kept is not None and kept.value != token.value and self._good(kept):
                return kept
            if token.own:
                return await self._redeem_own(token.service, self._scope_of(token.service), claims)
            if token.is_application:
                newer = await self._as_application(tenant, {"claims": claims})
            else:
                newer = await self._redeem(tenant, {"claims": claims})
            if is_ours:
                self._own_application = newer
            else:
                self._keep_for(tenant, newer)
            return newer

    def has(self, tenant: TenantId) -> bool:
        """Whether a good token is at hand."""
        kept = self._kept.get((tenant, Service.GRAPH))
        return kept is not None and self._good(kept)

    def forget(self, tenant: TenantId) -> None:
        """Drop a tenant's token: after a consent change it holds yesterday's scopes."""
        self._kept.pop((tenant, Service.GRAPH), None)

    def _good(self, token: Token) -> bool:
        return (
            token.good_at(self._clock.monotonic()) and token.value not in self._http.refused_tokens
        )

    async def signed_in(self) -> str | None:
        """The signed-in user's name, without asking anybody to sign in; None: must sign in."""
        if await self._refresh() is None:
            return None
        if self.user is None:
            await self.partner_graph()
        return self.user

    async def adopt(self, signed_in: SignedIn) -> None:
        """Take over a fresh sign-in, whoever's it is, and keep its refresh token.

        Raises: SignInProblem when there is none; StorageProblem.
        """
        if not signed_in.refresh_token:
            raise SignInProblem("The sign-in brought no refresh token", code="no-refresh-token")
        self._kept.clear()
        self.user, self._user_id = signed_in.user, signed_in.user_id
        await self._keep(signed_in.refresh_token)

    def _keep_for(self, tenant: TenantId, token: Token) -> None:
        """Keep a customer's token, and let go of the oldest when there are too many."""
        self._kept.pop((tenant, Service.GRAPH), None)
        self._kept[(tenant, Service.GRAPH)] = token
        if len(self._kept) <= MOST_KEPT:
            return
        oldest = next(key for key in self._kept if key[0] != self._partner)
        del self._kept[oldest]
        if not self._locks[oldest].locked():
            del self._locks[oldest]

    async def _redeem(self, tenant: TenantId, more: Mapping[str, str] = _NOTHING) -> Token:
        refresh_token = await self._need_refresh()
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(tenant, {**grant, **more})

    async def _as_application(self, tenant: TenantId, more: Mapping[str, str] = _NOTHING) -> Token:
        token = await self._ask(tenant, {"grant_type": "client_credentials", **more})
        return replace(token, is_application=True)

    def _scope_of(self, service: Service) -> str:
        if service is Service.PARTNER_CENTER:
            return self._endpoints.partner_center_scope
        return self._endpoints.graph_scope

    async def _ask(self, tenant: TenantId, grant: Mapping[str, str]) -> Token:
        form = {
            "client_id": self._client_id,
            "scope": self._endpoints.graph_scope,
            **grant,
            **await proof_for(self._credential, self._endpoints.token_endpoint(tenant)),
        }
        began = self._clock.monotonic()
        try:
            answer = await self._http.send(
                Call(
                    service=Service.LOGIN,
                    method="POST",
                    path=f"/{tenant}/oauth2/v2.0/token",
                    form=form,
                    repeatable=True,
                    about=tenant,
                )
            )
        except Refused as problem:
            if is_ours_alone(problem.error, problem.suberror, problem.aadsts):
                raise retold(problem, SignInProblem) from problem
            if problem.entra is EntraKind.TENANT:
                raise retold(problem, Gone) from problem
            raise
        body = answer.parsed(TokenAnswer)
        return Token(
            body.access_token,
            Service.GRAPH,
            tenant,
            began + body.expires_in,
            _scopes(body.scope),
        )

    async def _partner_token(self, service: Service, scope: str) -> Token:
        async with self._lock(self._partner, service):
            kept = self._kept.get((self._partner, service))
            if kept is not None and self._good(kept):
                return kept
            return await self._redeem_own(service, scope)

    async def _redeem_own(self, service: Service, scope: str, claims: str = "") -> Token:
        began = self._clock.monotonic()
        signed_in = await self._sign_in.redeem(
            await self._need_refresh(), scope, **({"claims": claims} if claims else {})
        )
        self._demand_same_user(signed_in)
        self.user = signed_in.user or self.user
        self._user_id = signed_in.user_id or self._user_id
        if signed_in.refresh_token:
            await self._keep(signed_in.refresh_token)
        token = Token(
            signed_in.access_token, service, self._partner, began + signed_in.expires_in, own=True
        )
        self._kept[(self._partner, service)] = token
        return token

    async def _need_refresh(self) -> str:
        token = await self._refresh()
        if token is None:
            raise SignInProblem(
                "Nobody is signed in: there is no refresh token yet", code="not-signed-in"
            )
        return token

    async def _refresh(self) -> str | None:
        """The newest refresh token: the kept one, unless the profile's own was replaced since.

        Raises: SignInProblem when what is kept is for something else, and there is nothing else.
        """
        if self._refresh_token is None:
            configured = self._configured()
            kept = await in_keyring_time(self._store.load)
            if kept is None or kept.source != source_of(configured):
                self._refresh_token = configured
            elif not (why := self._binding.why_not(kept.binding)):
                self._refresh_token, self._user_id = kept.refresh_token, kept.user_id
                self._is_bound = kept.binding is not None
            elif configured is not None:
                self._refresh_token = configured
            else:
                raise _not_ours(why)
        return self._refresh_token

    def _demand_same_user(self, signed_in: SignedIn) -> None:
        """Raises: SignInProblem when the kept sign-in turns out to be another user's."""
        if self._user_id and signed_in.user_id and self._user_id != signed_in.user_id:
            raise _not_ours(f"it is another user's, {signed_in.user or signed_in.user_id}")

    async def _keep(self, refresh_token: str) -> None:
        """Keep what a sign-in or an answer brought, with what it is for."""
        if refresh_token == self._refresh_token and self._is_bound:
            return
        self._refresh_token, self._is_bound = refresh_token, True
        kept = KeptSignIn(
            refresh_token=refresh_token,
            source=source_of(self._configured()),
            binding=self._binding,
            user=self.user or "",
            user_id=self._user_id,
        )
        await in_keyring_time(self._store.save, kept)

    def _lock(self, tenant: TenantId, service: Service) -> asyncio.Lock:
        return self._locks.setdefault((tenant, service), asyncio.Lock())


def _not_ours(why: str) -> SignInProblem:
    return SignInProblem(
        f"The kept sign-in is not this profile's: {why}", code="kept-sign-in", about=why
    )


@lru_cache(maxsize=256)
def _scopes(text: str) -> frozenset[str]:
    """The scopes a token was issued with; the same text again and again, tenant after tenant."""
    return frozenset(word.rpartition("/")[2] for word in text.split())
