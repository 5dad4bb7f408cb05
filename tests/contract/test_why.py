"""Every cause the simulator can plant, and what `why` says of it: over real sockets, one verdict.

The expected verdicts stand in one table; a cause without a line there fails the test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.services.diagnosis import Weight
from cipp_tui.services.next_steps import Surface
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import CAUSES, PARTNER_CAUSES, plant
from tests.conftest import Tried
from tests.support import House, HurriedClock, running_house, simulator_for


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is expected: live, and of the row that failed."""

    live: str
    failed: str | None = None  # None: the refresh does not fail
    before: tuple[str, ...] = ()  # planted first, so that the cause matters
    refreshed: bool = False  # only a refresh brings it to light: asked afterwards
    public: bool = False  # the profile has no client secret


V = Verdicts
UNKNOWN_USER: Final = "user-unknown"

EXPECTED: Final[Mapping[str, Verdicts]] = {
    # what the application holds
    "no-consent": V("no-consent"),
    "grants-removed": V("no-consent"),
    "missing-roles": V("app-roles-missing"),
    "missing-scopes": V("scopes-missing"),
    "missing-permissions": V("permissions-missing"),
    "extra-scopes": V("in-order"),
    "missing-resource-principal": V("resource-principal-missing"),
    "no-licence-for-resource": V("licence", refreshed=True),
    "principal-disabled": V("principal-disabled", "principal-disabled"),
    "duplicate-user-grant": V("in-order"),
    "scope-too-long": V("scope-too-long", "scope-too-long"),
    "directory-role-not-activated": V("directory-role-missing"),
    "directory-role-missing": V("directory-role-missing"),
    "consent-too-narrow": V("consent-too-narrow", "consent-too-narrow"),
    "consent-reads-nothing": V("consent-too-narrow", "denied"),
    # the relationship, its roles, our user
    "relationship-ended": V("relationship-ended", UNKNOWN_USER),
    "relationship-none": V("relationship-none", UNKNOWN_USER),
    "relationship-ending-today": V("relationship-ending-today"),
    "relationship-ending-soon": V("relationship-ending"),
    "relationship-pending": V("relationship-pending", UNKNOWN_USER),
    "relationship-approval-pending": V("relationship-pending", UNKNOWN_USER),
    "relationship-activating": V("relationship-activating", UNKNOWN_USER),
    "relationship-terminating": V("relationship-terminating", UNKNOWN_USER),
    "relationship-expiring": V("relationship-ended", UNKNOWN_USER),
    "mlt-only": V("relationship-read-only", "consent-denied"),
    "role-cannot-consent": V("role-cannot-consent", "consent-denied", before=("no-consent",)),
    "consent-role-not-mapped": V(
        "consent-role-not-mapped", "consent-denied", before=("no-consent",)
    ),
    "user-not-in-consent-group": V(
        "user-not-in-consent-group", "consent-denied", before=("no-consent",)
    ),
    "role-cannot-assign": V("role-cannot-assign", "denied"),
    "user-not-in-group": V("user-not-in-group", UNKNOWN_USER),
    "group-assignment-missing": V("roles-not-mapped", UNKNOWN_USER),
    "group-assignment-pending": V("mapping-pending", UNKNOWN_USER),
    "group-assignment-failed": V("mapping-failed", UNKNOWN_USER),
    # the customer's sign-in and directory
    "ca-blocked": V("conditional-access", "conditional-access"),
    "guest-clash": V("guest-clash", UNKNOWN_USER),
    "user-external": V("guest-clash", UNKNOWN_USER),
    "challenge-impossible": V("guest-clash", UNKNOWN_USER),
    "mfa-required": V("mfa", "mfa"),
    "mfa-too-old": V("mfa", "mfa"),
    "mfa-not-set-up": V("mfa-not-set-up", "mfa-not-set-up"),
    "policy-blocked": V("policy", "policy"),
    "risk-blocked": V("risk", "risk"),
    "sign-in-frequency": V("sign-in-frequency", "sign-in-frequency"),
    "consent-required": V("no-consent", "no-consent"),
    "app-unknown": V("no-consent", "no-consent"),
    "principal-missing": V("no-consent", "no-consent"),
    "service-not-subscribed": V("licence", "licence"),
    "service-disabled": V("service-disabled", "service-disabled"),
    "policy-on-security": V("policy", "policy"),
    "principal-being-made": V("transient", "transient"),
    "requests-looping": V("looping", "looping"),
    "entra-busy": V("transient", "transient"),
    "entra-throttled": V("throttled", "throttled"),
    "tenant-deleted": V("tenant-gone", "tenant-gone"),
    "tenant-unavailable": V("tenant-unavailable", "tenant-unavailable"),
    "quota-exceeded": V("quota", "quota", before=("missing-roles",), refreshed=True),
    "graph-write-forbidden": V("denied", "denied", before=("missing-roles",), refreshed=True),
    "no-domain": V("in-order"),  # our own side can tell the default domain
    "domains-empty": V("in-order"),
    "consent-survives-delete": V("in-order"),
    "healthy": V("in-order"),
    # our own side
    "not-admin-agent": V("not-admin-agent", "consent-denied", before=("no-consent",)),
    "secret-expired": V("secret-expired", "secret-expired"),
    "secret-wrong": V("secret-wrong", "secret-wrong"),
    "public-client-forbidden": V("secret-missing", "secret-missing", public=True),
    "app-deleted": V("client-id", "client-id"),
    "refresh-token-expired": V("sign-in-expired", "sign-in-expired"),
    "refresh-token-too-old": V("sign-in-expired", "sign-in-expired"),
    "refresh-token-revoked": V("sign-in-revoked", "sign-in-revoked"),
    "partner-sign-in-frequency": V("sign-in-frequency", "sign-in-frequency"),
    "account-disabled": V("user-disabled", "user-disabled"),
    "partner-mfa-required": V("partner-mfa"),
    "partner-ca-blocked": V("partner-conditional-access"),
    "partner-risk-blocked": V("risk"),
    "partner-app-disabled": V("partner-app-disabled"),
    "partner-consent-missing": V("partner-consent"),
    "relationships-unreadable": V("partner-permission"),
    "registration-unreadable": V("partner-denied"),
    "device-deleted": V("sign-in-device", "sign-in-device"),
    "partner-service-disabled": V("partner-service-disabled"),
    "unknown-permission": V("in-order"),  # nobody can be given it: left out, and named once
    "partner-center-down": V("partner-center-down", "service", before=("no-consent",)),
    "partner-center-no-mfa": V("partner-center-mfa", "partner-center-mfa", before=("no-consent",)),
    "partner-healthy": V("in-order"),
}

FAULTS: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "token throttled": ({"route": "token", "action": "throttle", "retry_after": 30}, "throttled"),
    "reads throttled": ({"route": "batch", "action": "throttle", "retry_after": 30}, "throttled"),
    "sign-in down": ({"route": "token", "action": "status", "status": 503}, "transient"),
    "Graph down": ({"route": "batch", "action": "status", "status": 503}, "service"),
    "no answer": ({"route": "batch", "action": "drop"}, "no-answer"),
    "a web page": ({"route": "batch", "action": "html"}, "not-understood"),
    "another shape": ({"route": "batch", "action": "wrong-shape"}, "not-understood"),
    "far too much": ({"route": "batch", "action": "huge"}, "too-large"),
}
"""Faults of one tenant's answers, and the verdict on each."""


async def first_customer(house: House) -> TenantId:
    """Read the list; the customer that the cause is planted into."""
    await house.read_list()
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)[0]


async def live_kind(house: House, tenant: TenantId, *, ours: bool) -> str:
    """The kind of the live verdict, which has to be whole."""
    verdict = await house.session.inspection.why(tenant)
    assert verdict.headline
    assert all(verdict.next_step(surface) for surface in Surface)
    assert verdict.looked_at is not None
    assert ours or verdict.weight is not Weight.FLEET, verdict
    return verdict.kind


@pytest.mark.parametrize("cause", sorted(CAUSES))
async def test_why_names_every_cause_of_a_tenant(tmp_path: Path, cause: str, tried: Tried) -> None:
    tried("diagnosis", "planted causes", 1)
    expected, clock = EXPECTED[cause], HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = await first_customer(house)
        for planted in (*expected.before, cause):
            plant(house.world, one, planted, now=clock.now().timestamp())
        if expected.refreshed:
            await house.refreshed([one])

        assert await live_kind(house, one, ours=False) == expected.live

        view = await house.refreshed([one])
        (item,) = house.session.jobs.items(view.id)
        failed = item.progress.outcome is Outcome.FAILED
        assert failed == (expected.failed is not None), item.progress
        assert not failed or house.session.inspection.verdict(one).kind == expected.failed


@pytest.mark.parametrize("cause", sorted(PARTNER_CAUSES))
async def test_why_names_every_cause_of_our_own(tmp_path: Path, cause: str, tried: Tried) -> None:
    tried("diagnosis", "planted causes", 1)
    expected, clock = EXPECTED[cause], HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    public = expected.public
    async with running_house(tmp_path, simulator, clock=clock, public_client=public) as house:
        one = await first_customer(house)
        for planted in (*expected.before, cause):
            plant(house.world, one, planted, now=clock.now().timestamp())

        view = await house.refreshed([one])
        (item,) = house.session.jobs.items(view.id)
        assert (item.progress.problem is not None) == (expected.failed is not None)
        assert not expected.failed or house.session.inspection.verdict(one).kind == expected.failed

    async with running_house(
        tmp_path, simulator, clock=clock, public_client=public, ready=False
    ) as house:
        await house.session.loaded()

        assert await live_kind(house, one, ours=True) == expected.live


def test_no_cause_is_without_a_verdict() -> None:
    assert EXPECTED.keys() == (CAUSES | PARTNER_CAUSES).keys()
    assert len({verdicts.live for verdicts in EXPECTED.values()}) >= 35


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_why_names_what_is_wrong_on_the_way(tmp_path: Path, fault: str, tried: Tried) -> None:
    tried("diagnosis", "faults on the way", 1)
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        await house.session.inspection.wanted()
        one, other = sorted(
            r.id for r in house.session.fleet.rows() if r.id != house.world.partner.id
        )[:2]
        rule, kind = FAULTS[fault]
        simulator.faults = Faults.script([{**rule, "tenant": one}])

        assert (await house.session.inspection.why(one)).kind == kind
        assert (await house.session.inspection.why(other)).kind == "in-order"


async def test_why_costs_four_requests_where_all_is_well(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        one = await first_customer(house)
        await house.session.inspection.wanted()
        simulator.reset_log()

        await house.session.inspection.why(one)

        assert simulator.counts() == {"token": 1, "batch": 3}


async def test_a_customer_nobody_listed_is_told_to_be_read(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        partner = simulator.world.partner.id
        one = next(TenantId(ident) for ident in simulator.world.tenants if ident != partner)

        assert (await house.session.inspection.why(one)).kind == "not-listed"


async def test_our_own_and_direct_tenants_are_judged_without_a_relationship(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock)
    direct = TenantId(next(t.id for t in simulator.world.tenants.values() if t.hint == "direct"))
    async with running_house(tmp_path, simulator, clock=clock, direct_tenants=(direct,)) as house:
        await house.read_list()
        partner = TenantId(simulator.world.partner.id)

        kinds = [(await house.session.inspection.why(one)).kind for one in (partner, direct)]
        plant(simulator.world, direct, "no-consent")
        gone = await house.session.inspection.why(direct)

        assert kinds == ["directory-role-missing", "in-order"]
        assert gone.kind == "direct-no-consent"

        view = await house.refreshed([direct])
        (item,) = house.session.jobs.items(view.id)
        assert item.progress.problem is not None
        assert advise(item.progress.problem).kind == "direct-no-consent"
