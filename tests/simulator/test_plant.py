"""Planted causes: what the caller sees of each."""

import pytest

from cipp_tui.simulator import Simulator
from cipp_tui.simulator.plant import CAUSES, PARTNER_CAUSES, plant
from cipp_tui.simulator.rules import missing_permissions, truth
from tests.simulator.desk import GRAPH_DEFAULT, PARTNER_DEFAULT, Desk, a_desk


def planted(cause: str) -> Desk:
    desk = a_desk()
    desk.clock.advance(60)
    plant(desk.simulator.world, desk.customer.id, cause, now=desk.clock.now)
    return desk


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("no-consent", 65001),
        ("ca-blocked", 53003),
        ("user-not-in-group", 50020),
        ("guest-clash", 50020),
        ("group-assignment-missing", 50020),
        ("relationship-ended", 50020),
        ("relationship-pending", 50020),
        ("mfa-required", 50076),
        ("tenant-deleted", 90002),
        ("tenant-unavailable", 5000224),
        ("principal-disabled", 7000112),
        ("mlt-only", 65001),
        ("secret-expired", 7000222),
        ("secret-wrong", 7000215),
        ("refresh-token-expired", 700082),
        ("refresh-token-revoked", 50173),
        ("account-disabled", 50057),
    ],
)
def test_a_cause_shows_at_the_token_endpoint(cause: str, code: int) -> None:
    answer = planted(cause).ask_token()

    assert answer.body["error_codes"] == [code]
    assert answer.status == (401 if code in (7000215, 7000222) else 400)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("missing-roles", "roles"),
        ("missing-scopes", "scopes"),
        ("missing-resource-principal", "scopes"),
        ("no-licence-for-resource", "roles"),
        ("scope-too-long", "scopes"),
    ],
)
def test_a_cause_shows_among_the_missing_permissions(cause: str, kind: str) -> None:
    desk = planted(cause)

    assert missing_permissions(desk.simulator.world, desk.customer)[kind]
    assert desk.ask_token().status == 200


def test_the_two_texts_of_one_code_differ() -> None:
    texts = [
        planted(cause).ask_token().body["error_description"]
        for cause in ("user-not-in-group", "guest-clash")
    ]

    assert "as a guest" in texts[1]
    assert "as a guest" not in texts[0]


def test_extra_scopes_leave_the_wanted_set_whole() -> None:
    desk = planted("extra-scopes")

    facts = truth(desk.simulator.world, desk.customer, desk.clock.now)

    assert facts["wanted_complete"]
    assert facts["expected_outcome"] == "extra-scopes"
    assert "Family.Read" in next(iter(s for s in facts["scopes"].values() if "openid" in s))


def test_a_surviving_principal_can_be_planted_for_one_tenant() -> None:
    desk = planted("consent-survives-delete")

    desk.remove_consent(desk.customers[0])
    desk.remove_consent(desk.customers[1])

    principals = [desk.directory(customer).principals for customer in desk.customers[:2]]
    assert [desk.app_id in known for known in principals] == [True, False]


def test_a_new_sign_in_heals_revoked_tokens() -> None:
    desk = planted("refresh-token-revoked")
    desk.clock.advance(5)
    started = desk.send(
        "POST",
        "login",
        "/common/oauth2/v2.0/devicecode",
        raw=f"client_id={desk.app_id}&scope=offline_access%20{GRAPH_DEFAULT}".encode(),
    ).body
    desk.simulator.approve_device_codes()

    answer = desk.ask_token(
        "common",
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
        device_code=started["device_code"],
    )

    assert desk.ask_token(refresh_token=answer.body["refresh_token"]).status == 200


def test_what_concerns_the_partner_can_be_healed() -> None:
    desk = a_desk()
    for cause in PARTNER_CAUSES.keys() - {"partner-healthy"}:
        plant(desk.simulator.world, None, cause, now=desk.clock.now)

    plant(desk.simulator.world, None, "partner-healthy")

    assert desk.consent().status == 409
    assert desk.ask_token(desk.partner.id, scope=PARTNER_DEFAULT).status == 200


def test_a_tenant_can_be_healed() -> None:
    desk = a_desk()
    for cause in ("ca-blocked", "tenant-deleted", "principal-disabled", "mfa-required"):
        plant(desk.simulator.world, desk.customer.id, cause, now=desk.clock.now)

    plant(desk.simulator.world, desk.customer.id, "healthy")

    assert desk.ask_token().status == 200


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_every_cause_can_be_planted_anywhere(cause: str) -> None:
    desk = a_desk(2, up_to_date=0.5)
    simulator: Simulator = desk.simulator

    for tenant in desk.customers:
        plant(simulator.world, tenant.id, cause)
        truth(simulator.world, tenant, desk.clock.now)

    assert {tenant.hint for tenant in desk.customers} == {cause}


def test_unknown_causes_and_tenants_are_refused() -> None:
    world = a_desk().simulator.world

    with pytest.raises(KeyError, match="no-such-cause"):
        plant(world, None, "no-such-cause")
    with pytest.raises(KeyError, match="nowhere"):
        plant(world, "nowhere", "no-consent")
