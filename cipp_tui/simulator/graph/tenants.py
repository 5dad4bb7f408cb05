"""A tenant about itself, the partner about its customers' contracts, and the registration.

Source: Graph docs, domain, organization, application, contract and tenantInformation.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Final

from cipp_tui.simulator.graph.call import GraphCall, Reply, denied, not_found
from cipp_tui.simulator.graph.endpoints import endpoint
from cipp_tui.simulator.graph.odata import Shape, collection, filtered, shape, single
from cipp_tui.simulator.graph.times import graph_time
from cipp_tui.simulator.ids import derived_guid
from cipp_tui.simulator.world import Application, Tenant


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain name of a tenant."""

    name: str
    is_default: bool
    is_initial: bool


DOMAIN: Final[Shape[Domain]] = shape(
    "domains",
    {
        "authenticationType": lambda d: "Managed",
        "availabilityStatus": lambda d: None,
        "id": lambda d: d.name,
        "isAdminManaged": lambda d: True,
        "isDefault": lambda d: d.is_default,
        "isInitial": lambda d: d.is_initial,
        "isRoot": lambda d: True,
        "isVerified": lambda d: True,
        "supportedServices": lambda d: ["Email", "OfficeCommunicationsOnline"],
        "passwordValidityPeriodInDays": lambda d: None,
        "state": lambda d: None,
    },
)
ORGANIZATION: Final[Shape[Tenant]] = shape(
    "organization",
    {
        "id": lambda t: t.id,
        "displayName": lambda t: t.name,
        "createdDateTime": lambda t: graph_time(t.created),
        "countryLetterCode": lambda t: "NL",
        "tenantType": lambda t: "AAD",
        "assignedPlans": lambda t: [],
        "businessPhones": lambda t: [],
        "verifiedDomains": lambda t: [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": domain.is_default,
                "isInitial": domain.is_initial,
                "name": domain.name,
                "type": "Managed",
            }
            for domain in domains_of(t)
        ],
    },
)
CONTRACT: Final[Shape[Tenant]] = shape(
    "contracts",
    {
        "id": lambda t: derived_guid("contract", t.id),
        "deletedDateTime": lambda t: None,
        "contractType": lambda t: "SyndicationPartner",
        "customerId": lambda t: t.id,
        "defaultDomainName": lambda t: t.default_domain,
        "displayName": lambda t: t.name,
    },
)


def _required_access(application: Application) -> list[dict[str, Any]]:
    return [
        {
            "resourceAppId": resource,
            "resourceAccess": [{"id": key, "type": kind} for key, kind in permissions],
        }
        for resource, permissions in application.required.items()
    ]


def _key_credentials(application: Application) -> list[dict[str, Any]]:
    return [
        {
            "customKeyIdentifier": hashlib.sha1(one.der, usedforsecurity=False).hexdigest().upper(),
            "displayName": "CN=cipp-tui",
            "endDateTime": graph_time(one.ends),
            "key": base64.b64encode(one.der).decode(),
            "keyId": one.key_id,
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
        }
        for one in application.certificates
    ]


def _password_credentials(application: Application) -> list[dict[str, Any]]:
    return [
        {
            "customKeyIdentifier": None,
            "displayName": "cipp-tui",
            "endDateTime": graph_time(one.ends),
            "hint": one.hint,
            "keyId": one.key_id,
            "secretText": None,
        }
        for one in application.secrets
    ]


APPLICATION: Final[Shape[Application]] = shape(
    "applications",
    {
        "id": lambda a: a.object_id,
        "deletedDateTime": lambda a: None,
        "appId": lambda a: a.app_id,
        "displayName": lambda a: a.name,
        "isFallbackPublicClient": lambda a: a.allows_public_client,
        "signInAudience": lambda a: "AzureADMultipleOrgs",
        "identifierUris": lambda a: [],
        "tags": lambda a: [],
        "appRoles": lambda a: [],
        "keyCredentials": _key_credentials,
        "passwordCredentials": _password_credentials,
        "requiredResourceAccess": _required_access,
    },
)


def domains_of(tenant: Tenant) -> list[Domain]:
    """Return a tenant's domains: the default one, and the initial one when it is another."""
    names = dict.fromkeys((tenant.default_domain, tenant.initial_domain))
    return [
        Domain(name, name == tenant.default_domain, name == tenant.initial_domain) for name in names
    ]


@endpoint("GET", "domains", route="domains.list")
def list_domains(call: GraphCall) -> Reply:
    """Answer a tenant's domains, unless it lets nobody read them."""
    if call.tenant.domains == "forbidden":
        raise denied()
    names = [] if call.tenant.domains == "empty" else domains_of(call.tenant)
    return collection(call, DOMAIN, filtered(call, DOMAIN, names))


@endpoint("GET", "organization", route="organization.list")
def list_organization(call: GraphCall) -> Reply:
    """Answer a collection of exactly one: this tenant."""
    return collection(call, ORGANIZATION, [call.tenant])


@endpoint("GET", "contracts", route="contracts.list", cost=3, home_only=True)
def list_contracts(call: GraphCall) -> Reply:
    """Answer the customers with a reseller contract."""
    customers = [t for t in call.world.tenants.values() if t.has_contract]
    return collection(call, CONTRACT, filtered(call, CONTRACT, customers))


@endpoint("GET", "applications", route="applications.list", cost=2)
def list_applications(call: GraphCall) -> Reply:
    """Answer the registrations of this tenant: only the partner has one."""
    return collection(call, APPLICATION, filtered(call, APPLICATION, _registrations(call)))


@endpoint("GET", "applications/{}", route="applications.get", cost=2)
def get_application(call: GraphCall) -> Reply:
    """Answer a registration by object id or app id."""
    key = call.keys[0]
    for application in _registrations(call):
        known = application.app_id if key.name == "appId" else application.object_id
        if known == key.value.lower():
            return single(call, APPLICATION, application)
    raise not_found(key.value)


@endpoint(
    "GET",
    "tenantRelationships/findTenantInformationByTenantId/{}",
    route="tenant-information.find",
)
def find_tenant_information(call: GraphCall) -> Reply:
    """Answer the public facts about any tenant."""
    tenant = call.world.tenants.get(call.keys[0].value.lower())
    if tenant is None or tenant.gone is not None:
        raise not_found(call.keys[0].value)
    return Reply(
        200,
        {
            "@odata.context": f"{call.base}/{call.version}/$metadata"
            "#microsoft.graph.tenantInformation",
            "tenantId": tenant.id,
            "federationBrandName": None,
            "displayName": tenant.name,
            "defaultDomainName": tenant.default_domain,
        },
    )


def _registrations(call: GraphCall) -> list[Application]:
    return [call.world.application] if call.tenant is call.world.partner else []
