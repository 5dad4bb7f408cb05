"""A refusal on our own side is one sentence about all tenants: few are begun, the rest left out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
import pytest

from cipp_tui.api.endpoints import Service
from cipp_tui.api.errors import problem_from
from cipp_tui.api.http import Answer, Call, HttpClient
from cipp_tui.api.transport import Connections
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.problems import ConfigProblem, Problem, Side
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.services.diagnosis import Weight
from cipp_tui.simulator import Faults
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for

AT_ONCE: Final = 4
IN_FLIGHT: Final = AT_ONCE + AT_ONCE // 2
ENOUGH: Final = 3


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return [row.id for row in house.session.fleet.rows() if row.id != partner]


async def refused(house: House, tenants: list[TenantId], kind: str) -> Problem:
    """Refresh tenants that all meet one refusal of our own; what it was."""
    view = await house.refreshed(tenants)

    cause = view.fleet_wide
    assert cause is not None
    assert cause.side is Side.OWN
    assert (advise(cause).kind, advise(cause).fleet_wide) == (kind, True)
    assert 1 <= view.failed <= ENOUGH + IN_FLIGHT
    assert view.skipped == len(tenants) - view.failed
    assert (view.stopped, view.done) == (0, 0)
    for item in house.session.jobs.items(view.id):
        if item.progress.outcome is Outcome.SKIPPED:
            assert item.skipped_because == advise(cause).headline
            assert item.progress.problem is None
    assert all(row.failures is None for row in house.session.fleet.rows())
    (said,) = [news.text for news in house.session.news.all if "one cause for all" in news.text]
    assert advise(cause).headline.rstrip(".") in said
    return cause


async def asked_why(house: House, tenant: TenantId) -> str:
    verdict = await house.session.inspection.why(tenant)
    assert verdict.weight is Weight.FLEET
    return verdict.kind


Body = dict[str, object]


def answer_to(
    monkeypatch: pytest.MonkeyPatch,
    strikes: Callable[[Call], bool],
    *,
    status: int,
    body: Body,
) -> None:
    """A service refuses what `strikes` notices: at the one door that every request takes."""
    send = HttpClient.send

    async def refusing(self: HttpClient, call: Call) -> Answer:
        if not strikes(call):
            return await send(self, call)
        raise problem_from(
            call.service,
            host="refusing",
            status=status,
            body=json.dumps(body).encode(),
            request_id=None,
            at="",
            side=call.token.side if call.token is not None else Side.CUSTOMER,
        )

    monkeypatch.setattr(HttpClient, "send", refusing)


@pytest.mark.parametrize("code", [900421, "900421", 800001, 400])
async def test_partner_center_refuses_us_for_whichever_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: object
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=AT_ONCE) as house:
        await house.read_list()
        ids = customers(house)
        for one in ids:
            plant(house.world, one, "no-consent", now=clock.now().timestamp())
        answer_to(
            monkeypatch,
            lambda call: call.service is Service.PARTNER_CENTER,
            status=401,
            body={"code": code, "description": "No."},
        )
        kind = "partner-center-mfa" if "900421" in str(code) else "partner-center-sign-in"

        await refused(house, ids, kind)

        assert await asked_why(house, ids[-1]) == kind


async def test_a_registration_that_cannot_be_read_is_no_tenants_failure(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
    plant(simulator.world, None, "registration-unreadable", now=clock.now().timestamp())
    async with running_house(tmp_path, simulator, clock=clock, concurrency=AT_ONCE) as house:
        ids = customers(house)

        cause = await refused(house, ids, "partner-denied")

        assert cause.about == "the app registration"
        assert "the app registration" in advise(cause).headline
        assert await asked_why(house, ids[-1]) == "partner-denied"


async def test_whoever_was_left_out_stands_in_the_journal_as_such_and_is_tried_by_a_retry(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        ids = customers(house)
        plant(house.world, None, "secret-expired")
        view = await house.refreshed(ids)
        left_out = view.skipped
        assert left_out >= len(ids) - 12

    async with running_house(tmp_path, simulator, clock=clock, ready=False) as house:
        stored = await house.session.jobs.load(view.id)
        assert stored is not None
        assert (stored.skipped, stored.stopped) == (left_out, 0)
        reasons = {item.skipped_because for item in house.session.jobs.items(view.id)}
        assert "The application's client secret has expired." in reasons

    plant(simulator.world, None, "partner-healthy")
    async with running_house(tmp_path, simulator, clock=clock) as house:
        again = await house.session.acts.retry(view.id)
        again = await house.session.jobs.finished(again.id)

        assert (again.total, again.unchanged) == (len(ids), len(ids))


async def test_one_accident_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock, concurrency=AT_ONCE) as house:
        await house.read_list()
        ids = customers(house)
        plant(house.world, ids[0], "no-consent", now=clock.now().timestamp())
        answer_to(
            monkeypatch,
            lambda call: call.service is Service.PARTNER_CENTER,
            status=401,
            body={"code": 900421},
        )

        view = await house.refreshed(ids)

        assert view.fleet_wide is None
        assert (view.failed, view.skipped, view.unchanged) == (1, 0, len(ids) - 1)


async def test_one_tenant_alone_is_told_the_cause_as_one_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(house.world, one, "no-consent", now=clock.now().timestamp())
        answer_to(
            monkeypatch,
            lambda call: call.service is Service.PARTNER_CENTER,
            status=401,
            body={"code": 900421},
        )

        await refused(house, [one], "partner-center-mfa")


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("10dae51f-b6af-4016-8d66-8c2a99b929b3", "implicit role"),
        ("00000000-0000-4000-8000-000000000001", "template of no role"),
    ],
)
async def test_a_role_that_cannot_be_given_is_the_configurations_fault(
    tmp_path: Path, role: str, words: str
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=30, up_to_date=1.0)
    wanted = (RoleId(role),)
    async with running_house(
        tmp_path, simulator, clock=clock, concurrency=AT_ONCE, directory_roles=wanted
    ) as house:
        await house.read_list()

        cause = await refused(house, customers(house), "config")

        assert isinstance(cause, ConfigProblem)
        assert cause.key == "directory_roles"
        assert role in str(cause)
        assert words in str(cause)


async def test_a_reset_that_meets_a_cause_of_our_own_takes_nothing_from_anybody(
    tmp_path: Path,
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=8, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        ids = customers(house)
        plant(simulator.world, None, "partner-center-no-mfa")

        view = await house.session.acts.reset(ids)
        view = await house.session.jobs.finished(view.id)

        assert view.fleet_wide is not None
        assert advise(view.fleet_wide).kind == "partner-center-mfa"
        assert (view.failed, view.skipped) == (1, len(ids) - 1)
        assert "consent.delete" not in simulator.counts()
        assert all(row.failures is None for row in house.session.fleet.rows())


@pytest.mark.parametrize("how", [{"code": 900421}, {"code": 800001}, {}])
async def test_partner_center_that_refuses_us_is_not_said_to_be_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Body
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        answer_to(
            monkeypatch,
            lambda call: call.service is Service.PARTNER_CENTER,
            status=401,
            body={"description": "Go away.", **how},
        )

        (check,) = await house.session.inspection.own_checks()

        assert check.words == "Partner Center refuses us: Go away."


async def test_a_throttled_batch_that_answers_424_is_asked_again_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    faults = Faults.script([{"route": "batch", "action": "inner-throttle", "share": 1.0, "nth": 2}])
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    handle = Connections.handle_async_request
    told: list[int] = []

    async def older(self: Connections, request: httpx.Request) -> httpx.Response:
        """The older text: a batch with a throttled part is answered 424 as a whole."""
        response = await handle(self, request)
        if not request.extensions["target"].endswith(b"/$batch") or response.status_code != 200:
            return response
        body = b"".join([chunk async for chunk in response.stream])  # type: ignore[union-attr]
        throttled = any(one["status"] == 429 for one in json.loads(body)["responses"])
        told.append(424 if throttled else 200)
        return httpx.Response(told[-1], content=body, request=request)

    monkeypatch.setattr(Connections, "handle_async_request", older)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        simulator.faults = faults

        view = await house.refreshed(customers(house))

        assert 424 in told
        assert (view.failed, view.unchanged) == (0, 3)
