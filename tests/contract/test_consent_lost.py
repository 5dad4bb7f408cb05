"""A token is given, and Graph does not find our application: that is a missing consent."""

import json
from pathlib import Path

import pytest

from cipp_tui.api.endpoints import Service
from cipp_tui.api.errors import problem_from
from cipp_tui.api.http import Answer, Call, HttpClient
from cipp_tui.api.steps import VISIBLE_PATIENCE_S
from cipp_tui.domain.failures import CauseKind
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.next_steps import Surface
from cipp_tui.simulator.plant import plant
from tests.support import House, HurriedClock, running_house, simulator_for

BODY = {
    "error": {
        "code": "Authorization_IdentityNotFound",
        "message": "The identity of the calling application could not be established.",
    }
}


def customers(house: House) -> list[TenantId]:
    partner = house.world.partner.id
    return sorted(row.id for row in house.session.fleet.rows() if row.id != partner)


def not_found_until_consented(
    monkeypatch: pytest.MonkeyPatch, tenant: TenantId, *, consents: int
) -> list[Call]:
    """Graph finds no application there before so many consents; those that were sent."""
    send = HttpClient.send
    sent: list[Call] = []

    async def refusing(self: HttpClient, call: Call) -> Answer:
        if call.service is Service.PARTNER_CENTER and call.method == "POST":
            sent.append(call)
        there = call.service is Service.GRAPH and call.tenant == tenant
        if there and len(sent) < consents:
            raise problem_from(
                Service.GRAPH,
                host="graph",
                status=401,
                body=json.dumps(BODY).encode(),
                request_id="id-1",
                at="",
            )
        return await send(self, call)

    monkeypatch.setattr(HttpClient, "send", refusing)
    return sent


async def test_a_refresh_gives_the_consent_that_graph_does_not_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        sent = not_found_until_consented(monkeypatch, one, consents=1)

        view = await house.refreshed([one])

        assert (view.failed, view.done) == (0, 1)
        assert len(sent) == 1


async def test_a_principal_that_never_comes_is_waited_for_once(tmp_path: Path) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        plant(house.world, one, "principal-missing")  # 7000229, which is a 401
        began = clock.monotonic()

        view = await house.refreshed([one])

        assert view.failed == 1
        assert clock.monotonic() - began < VISIBLE_PATIENCE_S + 20


async def test_where_that_is_no_help_refresh_and_reset_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HurriedClock()
    simulator = simulator_for(clock, tenants=3, up_to_date=1.0)
    async with running_house(tmp_path, simulator, clock=clock) as house:
        await house.read_list()
        one = customers(house)[0]
        not_found_until_consented(monkeypatch, one, consents=1_000)

        view = await house.refreshed([one])
        verdict = await house.session.inspection.why(one)

        assert view.failed == 1
        row = house.session.fleet.row(one)
        assert row is not None
        assert row.failures is not None
        assert [cause.kind for cause in row.failures.causes] == [CauseKind.CONSENT]
        assert verdict.kind == "no-consent"
        assert verdict.problem is not None
        assert verdict.problem.request_id == "id-1"
        step = verdict.next_step(Surface.COMMAND_LINE)
        assert "cipp-tui refresh" in step
        assert "cipp-tui reset" in step
