"""Ids and names of Entra roles. Source: Microsoft Learn, "Entra built-in roles"."""

from typing import Final, NewType

RoleId = NewType("RoleId", str)

GLOBAL_ADMINISTRATOR: Final = RoleId("62e90394-69f5-4237-9190-012177145e10")
APPLICATION_ADMINISTRATOR: Final = RoleId("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3")
CLOUD_APPLICATION_ADMINISTRATOR: Final = RoleId("158c047a-c907-4556-b7ef-446551a6b5f7")
PRIVILEGED_ROLE_ADMINISTRATOR: Final = RoleId("e8611ab8-c189-46e8-94e1-60213ab1f814")
COMPLIANCE_ADMINISTRATOR: Final = RoleId("17315797-102d-40b4-93e0-432062caca18")

CAN_CONSENT: Final = frozenset(
    {GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR}
)
"""Roles of which one must be mapped before consent can be given for a customer.
Source: Partner Center, "GDAP frequently asked questions"."""

NAMES: Final[dict[RoleId, str]] = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    COMPLIANCE_ADMINISTRATOR: "Compliance Administrator",
    RoleId("0526716b-113d-4c15-b2c8-68e3c22b9f80"): "Authentication Policy Administrator",
    RoleId("b0f54661-2d74-4c50-afa3-1ec803f12efe"): "Billing Administrator",
    RoleId("892c5842-a9a6-463a-8041-72aa08ca3cf6"): "Cloud App Security Administrator",
    RoleId("7698a772-787b-4ac8-901f-60d6b08affd2"): "Cloud Device Administrator",
    RoleId("8329153b-31d0-4727-b945-745eb3bc5f31"): "Domain Name Administrator",
    RoleId("29232cdf-9323-42fd-ade2-1d097af3e4de"): "Exchange Administrator",
    RoleId("f2ef992c-3afb-46b9-b7cf-a126ee74c451"): "Global Reader",
    RoleId("3a2c62db-5318-420d-8d74-23affee5d9d5"): "Intune Administrator",
    RoleId("7be44c8a-adaf-4e2a-84d6-ab2649e08a13"): "Privileged Authentication Administrator",
    RoleId("194ae4cb-b126-40b2-bd5b-6091b380977d"): "Security Administrator",
    RoleId("f28a1f50-f6e7-4571-818b-6a12f2af6b6c"): "SharePoint Administrator",
    RoleId("69091246-20e8-4a56-aa4d-066075b2a7a8"): "Teams Administrator",
    RoleId("fe930be7-5e62-47db-91af-98c3a49a38b1"): "User Administrator",
}


IMPLICIT: Final[dict[RoleId, str]] = {
    RoleId("a0b1b346-4d3e-4e8b-98f8-753987be4970"): "User",
    RoleId("10dae51f-b6af-4016-8d66-8c2a99b929b3"): "Guest User",
    RoleId("2af84b1e-32c8-42b7-82bc-daa82404023b"): "Restricted Guest User",
}
"""Templates that stand for what every user or guest may do anyway: they cannot be activated.
Source: Graph, "List directoryRoleTemplates"; microsoftgraph/microsoft-graph-docs#17047."""


def why_not_given(role: RoleId) -> str:
    """Why a role can be given to no application; empty where nothing speaks against it."""
    if (name := IMPLICIT.get(role)) is None:
        return ""
    return f"{role} is the implicit role {name}, which cannot be given to anybody"


EXPECTED: Final = tuple(
    sorted(
        NAMES.keys()
        - {GLOBAL_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR, COMPLIANCE_ADMINISTRATOR},
        key=NAMES.__getitem__,
    )
)
"""The fifteen roles an MSP is expected to hold through GDAP, by name.
Source: CIPP, GDAP roles and the access check."""


def role_name(role: RoleId) -> str:
    """The role's name, or its id when it is none of the known ones."""
    return NAMES.get(role, role)
