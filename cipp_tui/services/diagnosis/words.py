"""Words of the verdicts that no error code has: found by putting facts together."""

from typing import Final

from cipp_tui.services.advice_entra import DIRECT_NO_CONSENT
from cipp_tui.services.next_steps import Advice


def _words(*rows: Advice) -> dict[str, Advice]:
    return {row.kind: row for row in rows}


WORDS: Final = _words(
    # -- our own side ----------------------------------------
    Advice(
        "partner-permission",
        "app",
        "Our application may not read the GDAP relationships of our own tenant.",
        "Grant DelegatedAdminRelationship.Read.All to the app registration, with admin consent.",
        fleet_wide=True,
    ),
    Advice(
        "partner-center-down",
        "PC",
        "Partner Center has a fault of its own, so no consent can be given.",
        "Try again in a few minutes{refresh}; its service status tells more.",
        fleet_wide=True,
    ),
    Advice(
        "not-admin-agent",
        "agent",
        "Our service user is not in AdminAgents, so Partner Center refuses its consents.",
        "Add the service user to AdminAgents in Partner Center (or the group in Entra ID).",
        fleet_wide=True,
    ),
    # -- what we decided ourselves ----------------------------------------
    Advice(
        "excluded",
        "excluded",
        "This tenant is excluded.",
        "Include it{include} to manage it again.",
    ),
    Advice(
        "stranded",
        "owed",
        "Our access was taken away and is not back.",
        "It is given back by itself while the program runs in write mode.",
    ),
    Advice(
        "suspended",
        "suspend",
        "It was set aside after too many failures, and nothing is wrong now.",
        "Set the count back and test it{clear}.",
    ),
    Advice(
        "recovered",
        "was",
        "It failed before, and nothing is wrong now.",
        "Refresh it{refresh}, which sets the count back.",
    ),
    Advice(
        "not-listed",
        "list",
        "This customer is not in the list, and a relationship with it is active.",
        "Read the list again{sync}.",
    ),
    # -- the relationship ----------------------------------------
    Advice(
        "relationship-none",
        "GDAP",
        "There is no GDAP relationship with this customer.",
        "Send the customer a relationship request.",
    ),
    Advice(
        "relationship-pending",
        "pending",
        "The relationship waits for the customer's approval.",
        "Send the customer's administrator the approval link of the request again.",
    ),
    Advice(
        "relationship-activating",
        "pending",
        "The relationship is approved and not active yet.",
        "Wait a quarter of an hour, then refresh it{refresh}.",
    ),
    Advice(
        "relationship-read-only",
        "MLT",
        "The only active relationship is Microsoft-led (MLT_) and read-only.",
        "Send the customer a relationship request of your own.",
    ),
    Advice(
        "relationship-terminating",
        "ending",
        "The relationship is being ended.",
        "Send the customer a new relationship request if you go on working for it.",
    ),
    Advice(
        "relationship-ended",
        "ended",
        "The relationship with this customer has ended.",
        "Send the customer a new relationship request.",
    ),
    Advice(
        "relationship-ending-today",
        "ending",
        "The relationship ends within a day.",
        "Set auto-extend, or send a new relationship request today. Do not reset.",
    ),
    Advice(
        "relationship-ending",
        "ending",
        "The relationship ends within 30 days and does not extend by itself.",
        "Set auto-extend, or send the customer a new relationship request.",
    ),
    # -- roles, groups, our user ----------------------------------------
    Advice(
        "roles-not-mapped",
        "mapping",
        "No role of the relationship is given to any of our groups.",
        "Assign the relationship's roles to your security groups in Partner Center.",
    ),
    Advice(
        "mapping-pending",
        "mapping",
        "The roles are being given to our groups, and that is not done yet.",
        "Wait a quarter of an hour; if it stays pending, assign them again in Partner Center.",
    ),
    Advice(
        "mapping-failed",
        "mapping",
        "Giving the relationship's roles to our groups has failed.",
        "Remove the failed assignments in Partner Center and assign the roles again.",
    ),
    Advice(
        "user-not-in-group",
        "group",
        "Our service user is in none of the groups that hold roles there.",
        "Add the service user to the GDAP groups, then wait up to half an hour.",
    ),
    Advice(
        "role-cannot-consent",
        "role",
        "The relationship holds no role that may consent.",
        "Roles cannot be added: send a new request with Application Administrator.",
    ),
    Advice(
        "consent-role-not-mapped",
        "role",
        "The relationship's role that may consent is given to none of our groups.",
        "Assign Application Administrator to a group of the service user in Partner Center.",
    ),
    Advice(
        "user-not-in-consent-group",
        "group",
        "Our service user is not in the group whose role may consent.",
        "Add the service user to the group that holds Application Administrator there.",
    ),
    Advice(
        "role-cannot-assign",
        "role",
        "Our service user holds no role there that may give app roles and directory roles.",
        "Give Privileged Role Administrator to a group of the service user; where the relationship"
        " lacks it, send a new request.",
    ),
    Advice(
        "guest-clash",
        "guest",
        "Our service user is in the right group, and the customer's Entra ID does not accept it.",
        "Delete a guest copy of the service user in the customer; after a change of groups wait"
        " half an hour.",
    ),
    # -- what our application holds ----------------------------------------
    DIRECT_NO_CONSENT,
    Advice(
        "resource-principal-missing",
        "service",
        "Services we need permissions for are not set up in this tenant.",
        "A refresh{refresh} sets them up, or reports those it has no licence for.",
    ),
    Advice(
        "app-roles-missing",
        "app",
        "App roles are missing.",
        "A refresh{refresh} gives them.",
    ),
    Advice(
        "scopes-missing",
        "scopes",
        "Delegated permissions are missing.",
        "A refresh{refresh} gives them.",
    ),
    Advice(
        "permissions-missing",
        "missing",
        "App roles and delegated permissions are missing.",
        "A refresh{refresh} gives them.",
    ),
    Advice(
        "directory-role-missing",
        "role",
        "Our application lacks a directory role there.",
        "A refresh{refresh} gives it.",
    ),
    Advice(
        "scope-too-long",
        "length",
        "The delegated permissions of one resource would exceed what Graph stores.",
        "Set prune = true in the profile to drop scopes that others added.",
    ),
    Advice(
        "consent-too-narrow",
        "consent",
        "The consent in this tenant is too narrow to be widened from here.",
        "A reset{reset} removes it and consents anew.",
    ),
    Advice(
        "extra-scopes",
        "extra",
        "It holds delegated permissions nobody wants, and prune is on.",
        "A refresh{refresh} takes them away; a plan{plan} lists them.",
    ),
    Advice(
        "no-domain",
        "domain",
        "The default domain is not known.",
        "Check that the relationship gives a role that reads the directory, then read it"
        " again{sync}.",
    ),
    # -- well, or not known ----------------------------------------
    Advice(
        "licence",
        "licence",
        "In order, apart from services the customer has no licence for.",
        "Nothing to do.",
    ),
    Advice("in-order", "", "Nothing is wrong.", "Nothing to do."),
    Advice(
        "not-checked",
        "unknown",
        "Nothing is known to be wrong; it was never compared.",
        "Refresh it{refresh}, or ask the services{why}.",
    ),
    Advice(
        "unknown",
        "unknown",
        "Nothing is known to be wrong, and not everything could be read.",
        "Ask again in a few minutes{why}.",
    ),
)
"""By kind. Sources: Partner Center, "GDAP frequently asked questions" and "GDAP introduction";
Graph, delegatedAdminRelationship and delegatedAdminAccessAssignment resource types."""
