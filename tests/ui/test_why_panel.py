"""What is wrong with a tenant, in the panel: at once by what is stored, and live at a key."""

from dataclasses import replace
from pathlib import Path

from cipp_tui.domain.problems import Refused, SignInProblem
from cipp_tui.services.diagnosis import Case, Diagnosis, FactLine, Sign, Weight, diagnose
from cipp_tui.simulator.plant import plant
from cipp_tui.widgets.columns import Seen
from cipp_tui.widgets.panel_words import parts, plain
from tests.ui.host import NOW, row, until
from tests.ui.support import HeldClock, customer, open_app, screen_of, shown, status

PROBLEM = Refused(
    "Access has been blocked.", code="AADSTS53003", status=400, request_id="id-7", at="2026-03-02"
)
ANSWER = Diagnosis(
    kind="conditional-access",
    weight=Weight.BROKEN,
    short="CA",
    headline="Conditional Access of the customer blocks our sign-in.",
    step="Customer: exclude service providers.",
    facts=(FactLine(Sign.GOOD, "sign-in", "kim is signed in"),),
    problem=PROBLEM,
    looked_at=NOW,
)


def panel_text(answer: Diagnosis | None = None, *, asking: bool = False, width: int = 80) -> str:
    tenant = row("Coho")
    diagnosis = answer or diagnose(Case(row=tenant, now=NOW))
    return plain(parts(tenant, Seen(NOW), diagnosis, width, history=(), asking=asking))


async def test_w_opens_the_panel_and_says_live_what_is_wrong(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (house, app, pilot):
        tenant = await customer(house, app, pilot)
        plant(house.world, tenant.id, "ca-blocked")

        await pilot.press("w")

        await until(pilot, lambda: "Conditional Access" in shown(app))
        assert "What is wrong, asked" in shown(app)
        assert "x token" in shown(app)


async def test_while_the_services_are_asked_the_screen_stays_usable(tmp_path: Path) -> None:
    held = HeldClock()
    async with open_app(tmp_path, size=(140, 45), held=held) as (house, app, pilot):
        tenant = await customer(house, app, pilot)
        plant(house.world, tenant.id, "ca-blocked")

        await pilot.press("w")
        await until(pilot, lambda: "asking the services" in shown(app))
        await pilot.press("j")
        await until(pilot, lambda: screen_of(app).info.shown != tenant.id)
        assert "asking the services" not in shown(app)
        await pilot.press("k")
        held.go.set()

        await until(pilot, lambda: "Conditional Access" in shown(app))


async def test_the_raw_error_of_a_live_verdict_can_be_copied(tmp_path: Path) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (house, app, pilot):
        tenant = await customer(house, app, pilot)
        plant(house.world, tenant.id, "ca-blocked")
        await pilot.press("w")
        await until(pilot, lambda: "y e" in shown(app))

        await pilot.press("y")
        await until(pilot, lambda: "error" in status(app))
        await pilot.press("e")

        await until(pilot, lambda: "Copied" in status(app))
        assert "AADSTS53003" in app.clipboard


async def test_a_live_verdict_is_dropped_when_something_becomes_of_the_tenant(
    tmp_path: Path,
) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (house, app, pilot):
        tenant = await customer(house, app, pilot)
        plant(house.world, tenant.id, "ca-blocked")
        await pilot.press("w")
        await until(pilot, lambda: "Conditional Access" in shown(app))
        plant(house.world, tenant.id, "healthy")

        await pilot.press("r")

        await until(pilot, lambda: "Conditional Access" not in shown(app))


async def test_a_failed_row_says_its_cause_at_once_and_names_the_key_that_looks_deeper(
    tmp_path: Path,
) -> None:
    async with open_app(tmp_path, size=(140, 45)) as (house, app, pilot):
        tenant = await customer(house, app, pilot)
        plant(house.world, tenant.id, "mfa-required")
        await house.refreshed([tenant.id])

        await pilot.press("enter")

        await until(pilot, lambda: "multi-factor" in shown(app))
        assert "ask the services why" in shown(app)


def test_code_message_request_id_and_time_stay_visible() -> None:
    told = panel_text(ANSWER)

    for words in ("AADSTS53003", "Access has been blocked.", "id-7", "2026-03-02", "kim is signed"):
        assert words in told


def test_what_concerns_every_tenant_is_said_to_do_so() -> None:
    problem = SignInProblem("expired", code="AADSTS7000222")

    told = panel_text(replace(ANSWER, weight=Weight.FLEET, problem=problem))

    assert "it concerns every tenant" in told


def test_where_nothing_is_wrong_and_nobody_was_asked_the_part_is_not_there() -> None:
    assert "What is wrong" not in panel_text()
    assert "What is wrong, asking" in panel_text(asking=True)


def test_in_a_narrow_panel_no_id_and_no_name_is_cut_in_two() -> None:
    request_id = "de518343-e63e-43d6-9a0d-bc7807d11b6b"
    problem = Refused("Blocked.", code="AADSTS53003", status=400, request_id=request_id)
    facts = (FactLine(Sign.GOOD, "sign-in", "cipp-service@blueyonder.example is signed in"),)

    lines = panel_text(replace(ANSWER, problem=problem, facts=facts), width=43).splitlines()

    assert max(map(len, lines)) <= 43
    place = lines.index(" Request")
    assert lines[place + 1] == f"   {request_id}"
    place = lines.index(" + sign-in")
    assert lines[place + 1] == "   cipp-service@blueyonder.example is"
    place = next(i for i, line in enumerate(lines) if "y e" in line)
    assert lines[place : place + 2] == [
        "       -  y e copy the raw error with its",
        "              ids",
    ]
