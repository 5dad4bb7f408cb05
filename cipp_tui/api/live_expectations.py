"""What the simulator answers to the reads of a live check: status and properties, by key.

A test holds the simulator to this table; a live check holds Microsoft to it.
Source: Graph, servicePrincipal, appRoleAssignment, oAuth2PermissionGrant, directoryObject, domain,
application, tenantInformation and delegatedAdminRelationship resource types; Partner Center, "Get a
list of customers", "Enable the Secure Application Model"; Entra, token responses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cipp_tui.api.live_record import Observation


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected: a status, and properties with the type they have where there is a value."""

    status: int = 200
    properties: Mapping[str, str] = field(default_factory=dict)
    says_mfa: bool = False


EXPECTED: Final[Mapping[str, Expectation]] = {
    "token": Expectation(),
    "registration": Expectation(
        properties={
            "id": "string",
            "appId": "string",
            "displayName": "string",
            "requiredResourceAccess": "array",
            "requiredResourceAccess[].resourceAppId": "string",
            "requiredResourceAccess[].resourceAccess[].id": "string",
            "requiredResourceAccess[].resourceAccess[].type": "string",
            "passwordCredentials": "array",
            "passwordCredentials[].hint": "string",
            "passwordCredentials[].endDateTime": "string",
            "keyCredentials": "array",
            "keyCredentials[].endDateTime": "string",
        }
    ),
    "tenant-information": Expectation(
        properties={
            "tenantId": "string",
            "displayName": "string",
            "defaultDomainName": "string",
            "federationBrandName": "string",
        }
    ),
    "relationships": Expectation(
        properties={
            "value": "array",
            "value[].id": "string",
            "value[].displayName": "string",
            "value[].status": "string",
            "value[].customer": "object",
            "value[].customer.tenantId": "string",
            "value[].customer.displayName": "string",
            "value[].endDateTime": "string",
            "value[].autoExtendDuration": "string",
            "value[].accessDetails.unifiedRoles": "array",
            "value[].accessDetails.unifiedRoles[].roleDefinitionId": "string",
        }
    ),
    "access-assignments": Expectation(
        properties={
            "value": "array",
            "value[].id": "string",
            "value[].status": "string",
            "value[].accessContainer.accessContainerId": "string",
            "value[].accessContainer.accessContainerType": "string",
            "value[].accessDetails.unifiedRoles[].roleDefinitionId": "string",
        }
    ),
    "customers": Expectation(
        properties={"totalCount": "number", "items": "array", "items[].id": "string"},
        says_mfa=True,
    ),
    "own": Expectation(
        properties={
            "id": "string",
            "appId": "string",
            "displayName": "string",
            "accountEnabled": "boolean",
        }
    ),
    "resources": Expectation(
        properties={"value": "array", "value[].id": "string", "value[].appId": "string"}
    ),
    "roles": Expectation(
        properties={
            "value": "array",
            "value[].appRoleId": "string",
            "value[].resourceId": "string",
        }
    ),
    "grants": Expectation(
        properties={
            "value": "array",
            "value[].id": "string",
            "value[].clientId": "string",
            "value[].consentType": "string",
            "value[].resourceId": "string",
            "value[].scope": "string",
        }
    ),
    "held": Expectation(
        properties={
            "value": "array",
            "value[].@odata.type": "string",
            "value[].id": "string",
            "value[].roleTemplateId": "string",
        }
    ),
    "active": Expectation(
        properties={"value": "array", "value[].id": "string", "value[].roleTemplateId": "string"}
    ),
    "domains": Expectation(
        properties={
            "value": "array",
            "value[].id": "string",
            "value[].isDefault": "boolean",
            "value[].isVerified": "boolean",
        }
    ),
    "batch": Expectation(properties={"responses": "array"}),
}


def otherwise(seen: Observation) -> tuple[str, ...]:
    """Where an observation differs from what is expected, in words that name nobody.

    What an empty list would have held is not judged, nor is a property whose parent is null.
    """
    expected = EXPECTED.get(seen.key.rstrip("0123456789"))
    if expected is None:
        return ("nothing is expected of this read",)
    if seen.status != expected.status:
        answer = f"{seen.status}" if seen.status is not None else "nothing"
        code = f" {seen.error}" if seen.error else ""
        return (f"answers {answer}{code}, the simulator {expected.status}",)
    found: list[str] = []
    for path, kind in expected.properties.items():
        told = seen.properties.get(path)
        if told is None:
            if _could_have(path, seen.properties):
                found.append(f"lacks {path}")
        elif not any(one.split(" (")[0] in (kind, "null") for one in told.split(" or ")):
            found.append(f"{path} is {told}, not {kind}")
    if expected.says_mfa and not seen.mfa:
        found.append("does not say isMfaCompliant")
    return tuple(found)


def _could_have(path: str, properties: Mapping[str, str]) -> bool:
    """Whether what would hold a property is there, and no empty list or null."""
    parent, _, _ = path.rpartition(".")
    if not parent:
        return True
    kind = properties.get(parent)
    return kind is not None and "object" in kind
