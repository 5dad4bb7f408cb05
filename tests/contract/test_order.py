"""Each step's right is there before the step: nobody needs what only a later step would bring."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cipp_tui.api.partner import PartnerCenter
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.refusals import Part
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.views import ItemView
from cipp_tui.simulator import Knobs, Simulator
from cipp_tui.simulator.directory_roles import COMPLIANCE_ADMINISTRATOR, MAY_ASSIGN_ROLES
from cipp_tui.simulator.graph.call import GraphCall, GraphFailure, Handler, Reply
from cipp_tui.simulator.graph.endpoints import ENDPOINTS
from cipp_tui.simulator.graph.service import target_of
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for


@pytest.fixture(autouse=True)
def fresh_addresses() -> Iterator[None]:
    """Which handler an address has is remembered: a test that changes one leaves nothing behind."""
    target_of.cache_clear()
    yield
    target_of.cache_clear()


@pytest.fixture(params=[False, True], ids=["three scopes", "wide consent"])
def wide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the first consent asks for what roles are given with, too."""
    build = PartnerCenter.__init__

    def built(self: PartnerCenter, *parts: object, **_: object) -> None:
        build(self, *parts, wide_consent=request.param)  # type: ignore[arg-type]

    monkeypatch.setattr(PartnerCenter, "__init__", built)
    return bool(request.param)


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


def one_of(simulator: Simulator) -> TenantId:
    partner = simulator.world.partner.id
    return TenantId(min(ident for ident in simulator.world.tenants if ident != partner))


async def ended(house: House, tenant: TenantId, action: str = "refresh") -> ItemView:
    """What became of one tenant in a job over it alone."""
    acts = house.session.acts
    begun = await (acts.reset([tenant]) if action == "reset" else acts.refresh([tenant]))
    view = await house.session.jobs.finished(begun.id)
    (item,) = house.session.jobs.items(view.id)
    return item


def holds_role(house: House, tenant: TenantId) -> bool:
    directory = house.world.directory_of(house.world.tenants[tenant])
    own = directory.principals[house.world.application.app_id]
    return COMPLIANCE_ADMINISTRATOR in directory.roles_of(own.id)


@pytest.mark.usefixtures("wide")
async def test_a_new_tenant_whose_role_was_never_activated_ends_complete(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "directory-role-not-activated")

        item = await ended(house, one)

        assert (item.progress.outcome, item.refused) == (Outcome.CHANGED, ())
        assert holds_role(house, one)
        assert (await house.session.inspection.compare(one)).diff.in_order


@pytest.mark.parametrize("principal_goes", [True, False])
@pytest.mark.parametrize("activated", [True, False])
@pytest.mark.usefixtures("wide")
async def test_a_reset_ends_complete(tmp_path: Path, principal_goes: bool, activated: bool) -> None:
    clock = HurriedClock()
    knobs = Knobs(consent_delete_removes_principal=principal_goes)
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0, knobs=knobs)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        if not activated:
            plant(simulator.world, one, "directory-role-not-activated")

        item = await ended(house, one, "reset")

        assert (item.progress.outcome, item.refused) == (Outcome.CHANGED, ())
        assert holds_role(house, one)
        assert (await house.session.inspection.compare(one)).diff.in_order


async def test_where_only_the_three_scopes_are_there_the_rest_is_given(tmp_path: Path) -> None:
    """The consent of before, and nothing after it: what "roles, then scopes" never got out of."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "directory-role-not-activated")
        directory = house.world.directory_to_change(house.world.tenants[one])
        own = directory.principals[house.world.application.app_id]
        own.app_roles.clear()
        directory.remove_grants(lambda grant: grant.client_id == own.id)
        graph = directory.principals["00000003-0000-0000-c000-000000000000"]
        scopes = (
            "AppRoleAssignment.ReadWrite.All DelegatedPermissionGrant.ReadWrite.All"
            " Directory.ReadWrite.All"
        )
        directory.set_grant(own.id, graph.id, scopes, now=simulator.now)

        item = await ended(house, one)

        assert (item.progress.outcome, item.refused) == (Outcome.CHANGED, ())
        assert (await house.session.inspection.compare(one)).diff.in_order


async def test_a_directory_role_that_our_user_may_not_give_is_a_note(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    one = one_of(simulator)
    plant(simulator.world, one, "directory-role-not-activated")
    for relationship in simulator.world.tenants[one].relationships:
        relationship.roles = tuple(r for r in relationship.roles if r not in MAY_ASSIGN_ROLES)
        relationship.access = tuple(
            replace(access, roles=tuple(r for r in access.roles if r not in MAY_ASSIGN_ROLES))
            for access in relationship.access
        )
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()

        item = await ended(house, one)

        assert item.progress.outcome is Outcome.UNCHANGED
        assert [(one.part, one.name) for one in item.refused] == [
            (Part.DIRECTORY_ROLE, "Compliance Administrator")
        ]
        assert item.refused[0].problem.request_id
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.failures is None


@pytest.mark.parametrize(
    "refusal",
    [
        GraphFailure(500, "InternalServerError", "An internal error occurred."),
        GraphFailure(403, "Authorization_RequestDenied", "Insufficient privileges."),
        GraphFailure(
            403,
            "Authorization_RequestDenied",
            "When using this permission, the backing application of the service principal being"
            " created must in the local tenant",
        ),
    ],
    ids=["broken", "denied", "backing application"],
)
async def test_a_principal_that_cannot_be_made_keeps_nothing_else_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: GraphFailure
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        wanted = await house.session.inspection.wanted()
        one = customers(house)[0]
        there = house.world.directory_of(house.world.tenants[one]).principals
        struck, *others = sorted(wanted.resources - set(there))
        assert len(others) > 2

        def create(call: GraphCall, handler: Handler) -> Reply:
            if call.text("appId") == struck:
                raise refusal
            return handler(call)

        answering(monkeypatch, "servicePrincipals", create)

        item = await ended(house, one)

        assert item.progress.outcome is Outcome.FAILED
        assert {one.ident.split()[0] for one in item.refused} == {struck}
        assert all(one.problem.request_id for one in item.refused)
        assert any(wanted.resource_names[struck] in one.name for one in item.refused)
        after = (await house.session.inspection.compare(one)).diff
        assert after.missing_count > 0
        assert {role.resource for role in after.roles_missing} <= {struck}
        assert {scope.resource for scope in after.scopes_missing} <= {struck}
        assert not after.directory_roles_missing


@pytest.mark.parametrize(("status", "code"), [(400, "Request_BadRequest"), (409, "Conflict")])
async def test_another_object_with_the_same_value_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    """Every creation is told to be there already, and it is."""
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]

        def create(call: GraphCall, handler: Handler) -> Reply:
            handler(call)
            raise GraphFailure(
                status,
                code,
                "Another object with the same value for property appId already exists.",
            )

        answering(monkeypatch, "servicePrincipals", create)

        item = await ended(house, one)

        assert (item.progress.outcome, item.refused) == (Outcome.CHANGED, ())
        assert (await house.session.inspection.compare(one)).diff.in_order


@pytest.mark.parametrize(
    "template", ["servicePrincipals", "oauth2PermissionGrants", "directoryRoles"]
)
@pytest.mark.parametrize("status", [404, 500])
async def test_a_creation_that_is_told_to_have_failed_may_have_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, status: int
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=0.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(simulator.world, one, "directory-role-not-activated")
        told: list[GraphCall] = []

        def create(call: GraphCall, handler: Handler) -> Reply:
            reply = handler(call)
            told.append(call)
            if len(told) <= 2:
                raise GraphFailure(status, "Request_ResourceNotFound", "It does not exist.")
            return reply

        answering(monkeypatch, template, create)

        item = await ended(house, one)

        assert told
        assert (item.progress.outcome, item.refused) == (Outcome.CHANGED, ())
        assert (await house.session.inspection.compare(one)).diff.in_order


def answering(
    monkeypatch: pytest.MonkeyPatch,
    template: str,
    create: Callable[[GraphCall, Handler], Reply],
) -> None:
    """What is created under an address is answered otherwise."""
    endpoint = ENDPOINTS[template]["POST"]

    def handler(call: GraphCall) -> Reply:
        return create(call, endpoint.handler)

    monkeypatch.setitem(ENDPOINTS[template], "POST", replace(endpoint, handler=handler))
    target_of.cache_clear()
