"""Partner Center: our application's consent in a customer's tenant."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from cipp_tui.api.endpoints import Service
from cipp_tui.api.errors import already_there
from cipp_tui.api.http import Call, HttpClient
from cipp_tui.api.tokens import Tokens
from cipp_tui.domain.permissions import (
    BOOTSTRAP_SCOPES,
    MICROSOFT_GRAPH,
    ROLE_WRITERS,
    WantedPermissions,
)
from cipp_tui.domain.problems import Gone, Refused, retold
from cipp_tui.domain.tenants import TenantId


@dataclass(frozen=True, slots=True)
class PartnerHealth:
    """What a harmless call told of Partner Center and of our sign-in there."""

    mfa: bool | None  # None: the service did not say


class PartnerCenter:
    """The consent calls, and a look at our own standing."""

    def __init__(self, http: HttpClient, tokens: Tokens, *, wide_consent: bool = False) -> None:
        """`wide_consent`: the first consent asks for what roles are given with, too."""
        self._http = http
        self._tokens = tokens
        self._wide_consent = wide_consent
        self._health: PartnerHealth | None = None

    async def grant_consent(
        self, tenant: TenantId, wanted: WantedPermissions, *, request_id: str
    ) -> bool:
        """Consent to our application for the scopes that let it grant itself the rest.

        True when it is new, False when it was there: such an answer changes nothing, and does not
        widen what was consented. Repeated under the same MS-RequestId the service answers as
        before, so a lost reply is simply asked for again. Any 2xx counts, whatever its body is:
        what became of it is read from Graph.
        Raises: Gone where the customer is not ours any more; Refused, Throttled, Broken,
        LostReply, Unreachable, SignInProblem.
        Source: Partner Center, "Get customer consent as Control Panel Vendor"; CIPP-API,
        Set-CIPPCPVConsent.
        """
        scopes = consent_scopes(wanted, wide=self._wide_consent)
        try:
            return await self._consent(tenant, wanted, scopes, request_id=request_id)
        except Refused as problem:
            narrow = consent_scopes(wanted, wide=False)
            if scopes == narrow or problem.status != 400:
                raise
            again = str(uuid.uuid5(uuid.UUID(request_id), "narrow"))  # another call, another id
            return await self._consent(tenant, wanted, narrow, request_id=again)

    async def _consent(
        self,
        tenant: TenantId,
        wanted: WantedPermissions,
        scopes: Sequence[str],
        *,
        request_id: str,
    ) -> bool:
        grant = {"enterpriseApplicationId": MICROSOFT_GRAPH, "scope": ",".join(scopes)}
        try:
            await self._http.send(
                Call(
                    service=Service.PARTNER_CENTER,
                    method="POST",
                    path=f"/v1/customers/{tenant}/applicationconsents",
                    token=await self._tokens.partner_center(),
                    payload={
                        "applicationId": wanted.app,
                        "displayName": wanted.app_name,
                        "applicationGrants": [grant],
                    },
                    headers={"MS-RequestId": request_id},
                    repeatable=True,
                )
            )
        except Refused as problem:
            if already_there(problem):
                return False
            if problem.status == 404:
                raise retold(problem, Gone, about="the customer at Partner Center") from problem
            raise
        return True

    async def remove_consent(self, tenant: TenantId, app: str, *, request_id: str) -> None:
        """Take our application's consent away from a tenant. Sent once, never repeated.

        From here until `grant_consent` succeeds we may have no access to this tenant.
        Raises: Refused (nothing changed); LostReply, Broken (it may have happened).
        Source: Partner Center, "Get customer consent as Control Panel Vendor"; the documented
        statuses are 200 and 201, field reports say 204: any 2xx is taken, whatever its body is.
        """
        await self._http.send(
            Call(
                service=Service.PARTNER_CENTER,
                method="DELETE",
                path=f"/v1/customers/{tenant}/applicationconsents/{app}",
                token=await self._tokens.partner_center(),
                headers={"MS-RequestId": request_id},
            )
        )

    async def health(self) -> PartnerHealth:
        """Whether Partner Center answers and our sign-in carries MFA; asked once per session.

        Raises: remote problems, SignInProblem.
        Source: Partner Center, "Enable the Secure Application Model" (ValidateMfa header).
        """
        if self._health is None:
            self._health = await self.look()
        return self._health

    async def look(self) -> PartnerHealth:
        """The same, asked now.

        Raises: remote problems, SignInProblem.
        Source: Partner Center, "Enable the Secure Application Model" (ValidateMfa header).
        """
        answer = await self._http.send(
            Call(
                service=Service.PARTNER_CENTER,
                method="GET",
                path="/v1/customers?size=1",
                token=await self._tokens.partner_center(),
                headers={"ValidateMfa": "true"},
                repeatable=True,
            )
        )
        told = answer.headers.get("isMfaCompliant")
        return PartnerHealth(None if told is None else told.lower() == "true")


def consent_scopes(wanted: WantedPermissions, *, wide: bool) -> tuple[str, ...]:
    """What the first consent asks for; `wide`: also what roles are given with, where it is wanted.

    With the wider set one token carries everything; that Partner Center takes it is not documented.
    """
    if not wide:
        return BOOTSTRAP_SCOPES
    there = {scope.value for scope in wanted.scopes if scope.resource == MICROSOFT_GRAPH}
    return (*BOOTSTRAP_SCOPES, *sorted((ROLE_WRITERS & there) - set(BOOTSTRAP_SCOPES)))
