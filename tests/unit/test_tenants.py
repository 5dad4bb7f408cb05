"""What relationships add up to, and by what names a tenant answers."""

from datetime import UTC, datetime, timedelta

import pytest

from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import (
    AccessLevel,
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
    TenantKind,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ID = TenantId("5b1e8a52-0c1d-4f0e-9a44-7d2f6b1c9e10")


def relationship(
    *,
    name: str = "Acme",
    days: float | None = 100,
    status: RelationshipStatus = RelationshipStatus.ACTIVE,
    auto_extends: bool = False,
) -> GdapRelationship:
    return GdapRelationship(
        id=f"{name} {days} {status}",
        name=name,
        tenant=ID,
        tenant_name="Contoso",
        status=status,
        roles=frozenset[RoleId](),
        ends_at=NOW + timedelta(days=days) if days is not None else None,
        auto_extends=auto_extends,
    )


def tenant(*relationships: GdapRelationship, kind: TenantKind = TenantKind.CUSTOMER) -> Tenant:
    return Tenant(
        id=ID,
        name="Contoso [Test] Ltd",
        kind=kind,
        default_domain="contoso.com",
        domains=("contoso.com", "contoso.onmicrosoft.com"),
        relationships=relationships,
    )


@pytest.mark.parametrize(
    ("relationships", "level", "days"),
    [
        ((), AccessLevel.NONE, None),
        ((relationship(days=100),), AccessLevel.LASTS, 100),
        ((relationship(days=30),), AccessLevel.ENDING, 30),
        ((relationship(days=12), relationship(days=200)), AccessLevel.LASTS, 200),
        ((relationship(days=12, auto_extends=True),), AccessLevel.EXTENDS, None),
        ((relationship(days=-1),), AccessLevel.ENDED, None),
        ((relationship(name="MLT_Contoso"),), AccessLevel.ENDED, None),
        ((relationship(status=RelationshipStatus.TERMINATED),), AccessLevel.ENDED, None),
    ],
)
def test_relationships_add_up_to_access(
    relationships: tuple[GdapRelationship, ...], level: AccessLevel, days: int | None
) -> None:
    access = tenant(*relationships).access(NOW)

    assert (access.level, access.days_left) == (level, days)


def test_our_own_tenant_needs_no_relationship() -> None:
    assert tenant(kind=TenantKind.PARTNER).access(NOW).level is AccessLevel.OWN


@pytest.mark.parametrize(
    "text", [ID, ID.upper(), "contoso.com", " Contoso.OnMicrosoft.com ", "contoso [test] ltd"]
)
def test_a_tenant_answers_to_id_domains_and_exact_name(text: str) -> None:
    assert tenant().answers_to(text)


@pytest.mark.parametrize("text", ["", "  ", "contoso", "contoso [", "onmicrosoft.com"])
def test_a_tenant_does_not_answer_to_parts(text: str) -> None:
    assert not tenant().answers_to(text)
