"""Built-in directory roles: template ids, names, and which of them may consent or assign.

Source: Graph docs, "Microsoft Entra built-in roles" and the GDAP role guidance.
"""

from typing import Final

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
APPLICATION_ADMINISTRATOR: Final = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR: Final = "158c047a-c907-4556-b7ef-446551a6b5f7"
PRIVILEGED_ROLE_ADMINISTRATOR: Final = "e8611ab8-c189-46e8-94e1-60213ab1f814"
COMPLIANCE_ADMINISTRATOR: Final = "17315797-102d-40b4-93e0-432062caca18"
HELPDESK_ADMINISTRATOR: Final = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
DIRECTORY_READERS: Final = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
BILLING_ADMINISTRATOR: Final = "b0f54661-2d74-4c50-afa3-1ec803f12efe"
DOMAIN_NAME_ADMINISTRATOR: Final = "8329153b-31d0-4727-b945-745eb3bc5f31"

# The fifteen roles CIPP's onboarding maps to partner groups.
MAPPED_ROLES: Final[dict[str, str]] = {
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80": "Authentication Policy Administrator",
    BILLING_ADMINISTRATOR: "Billing Administrator",
    "892c5842-a9a6-463a-8041-72aa08ca3cf6": "Cloud App Security Administrator",
    "7698a772-787b-4ac8-901f-60d6b08affd2": "Cloud Device Administrator",
    DOMAIN_NAME_ADMINISTRATOR: "Domain Name Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    GLOBAL_READER: "Global Reader",
    "3a2c62db-5318-420d-8d74-23affee5d9d5": "Intune Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "69091246-20e8-4a56-aa4d-066075b2a7a8": "Teams Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}

ROLE_NAMES: Final[dict[str, str]] = MAPPED_ROLES | {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    COMPLIANCE_ADMINISTRATOR: "Compliance Administrator",
    DIRECTORY_READERS: "Directory Readers",
    HELPDESK_ADMINISTRATOR: "Helpdesk Administrator",
}

# What every user or guest may do anyway. Source: Graph docs, List directoryRoleTemplates.
IMPLICIT_ROLES: Final = frozenset(
    {
        "a0b1b346-4d3e-4e8b-98f8-753987be4970",
        "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "2af84b1e-32c8-42b7-82bc-daa82404023b",
    }
)

# Consent on behalf of a customer. Source: Partner Center, GDAP frequently asked questions.
MAY_CONSENT: Final = frozenset(
    {GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR}
)
# Principals, grants and app roles of every resource but Microsoft Graph.
MAY_MANAGE_APPLICATIONS: Final = MAY_CONSENT | {PRIVILEGED_ROLE_ADMINISTRATOR}
# App roles of Microsoft Graph, and directory roles.
MAY_ASSIGN_ROLES: Final = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
