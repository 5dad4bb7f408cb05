"""Comparing what is wanted with what is granted."""

from cipp_tui.domain.permissions import (
    MICROSOFT_GRAPH,
    AppId,
    AppRole,
    DelegatedScope,
    GrantedPermissions,
    StepCounts,
    WantedPermissions,
    against,
)
from cipp_tui.domain.roles import COMPLIANCE_ADMINISTRATOR, RoleId

EXCHANGE = AppId("00000002-0000-0ff1-ce00-000000000000")
READ = AppRole(MICROSOFT_GRAPH, "role-1", "Directory.Read.All")
SEND = DelegatedScope(MICROSOFT_GRAPH, "Mail.Send")
MAILBOX = DelegatedScope(EXCHANGE, "Exchange.Manage")


def wanted(
    roles: frozenset[AppRole] = frozenset({READ}),
    scopes: frozenset[DelegatedScope] = frozenset({SEND, MAILBOX}),
    directory_roles: frozenset[RoleId] = frozenset({COMPLIANCE_ADMINISTRATOR}),
) -> WantedPermissions:
    return WantedPermissions(
        app=AppId("app"),
        app_name="CIPP-SAM",
        roles=roles,
        scopes=scopes,
        directory_roles=directory_roles,
    )


def everything() -> GrantedPermissions:
    return GrantedPermissions(
        principal="p",
        roles=frozenset({(MICROSOFT_GRAPH, "role-1")}),
        scopes=frozenset({SEND, MAILBOX}),
        directory_roles=frozenset({COMPLIANCE_ADMINISTRATOR}),
        resources=frozenset({MICROSOFT_GRAPH, EXCHANGE}),
    )


def test_a_tenant_that_holds_everything_is_in_order() -> None:
    diff = against(everything(), wanted())

    assert diff.in_order
    assert diff.extra_count == 0


def test_without_our_principal_consent_is_missing() -> None:
    diff = against(GrantedPermissions(principal=None), wanted())

    assert diff.consent_missing
    assert not diff.in_order
    assert diff.missing_count == 4


def test_what_others_added_is_extra_and_still_in_order() -> None:
    more = DelegatedScope(MICROSOFT_GRAPH, "Files.Read")
    granted = GrantedPermissions(
        principal="p",
        roles=everything().roles | {(EXCHANGE, "role-9")},
        scopes=everything().scopes | {more},
        directory_roles=everything().directory_roles,
        resources=everything().resources,
    )

    diff = against(granted, wanted())

    assert diff.in_order
    assert diff.scopes_extra == {more}
    assert diff.roles_extra == {(EXCHANGE, "role-9")}


def test_a_service_the_tenant_cannot_have_is_not_missing() -> None:
    granted = GrantedPermissions(
        principal="p",
        roles=everything().roles,
        scopes=frozenset({SEND}),
        directory_roles=everything().directory_roles,
        resources=frozenset({MICROSOFT_GRAPH}),
    )

    assert not against(granted, wanted()).in_order
    assert against(granted, wanted(), unobtainable=frozenset({EXCHANGE})).in_order


def test_the_same_role_id_on_another_resource_does_not_count() -> None:
    granted = GrantedPermissions(principal="p", roles=frozenset({(EXCHANGE, "role-1")}))

    assert against(granted, wanted()).roles_missing == {READ}


def test_the_fingerprint_changes_with_the_set_and_with_nothing_else() -> None:
    same = wanted(scopes=frozenset({MAILBOX, SEND}))
    other = wanted(scopes=frozenset({SEND}))

    assert wanted().fingerprint == same.fingerprint
    assert wanted().fingerprint != other.fingerprint


def test_counts_add_up() -> None:
    total = StepCounts(roles_added=3, unlicensed=("Intune",)) + StepCounts(
        scopes_added=2, unlicensed=("Intune", "Defender")
    )

    assert total.given == 5
    assert total.changed
    assert total.unlicensed == ("Defender", "Intune")


def test_finding_everything_there_changes_nothing() -> None:
    assert not StepCounts(already_there=7, scopes_kept=2, unlicensed=("Intune",)).changed
