"""Every fault the simulator knows, alone and in pairs: the run ends, and the others go on."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults
from cipp_tui.simulator.faults import INNER_ACTIONS, Action
from tests.crash.histories import Explorer, Moment, debts_paid, never_twice, nothing_is_hidden
from tests.crash.house import SmallHouse
from tests.crash.small_world import customers, holding

Fault = Mapping[str, Any]

OUTER = ("token", "batch", "consent.create", "consent.delete", "principals.delete")
WELL = (Outcome.CHANGED, Outcome.UNCHANGED, Outcome.RESTORED)


def ids(house: SmallHouse) -> list[TenantId]:
    return [TenantId(tenant.id) for tenant in customers(house.simulator.world)]


async def inner_routes(explorer: Explorer, start: Moment, action: str) -> list[str]:
    """What is asked for inside the batches of such a run, in the customers' tenants."""
    async with explorer.playing(start) as (house, _):
        house.simulator.reset_log()
        await act(house, action)
        found = {
            inner.route
            for entry in house.simulator.log
            for inner in entry.inner
            if entry.tenant != house.simulator.world.partner.id
        }
    assert len(found) >= 5
    return sorted(found)


async def act(house: SmallHouse, action: str) -> None:
    """One job over every tenant; of resets one for each, so that none stops the others."""
    if action == "refresh":
        view = await house.session.acts.refresh(ids(house))
        await house.session.jobs.finished(view.id)
        return
    for one in ids(house):
        view = await house.session.acts.reset([one])
        await house.session.jobs.finished(view.id)


async def suffered(explorer: Explorer, start: Moment, action: str, faults: Sequence[Fault]) -> None:
    """A run in which one tenant suffers. Then the faults are over and the next start comes."""
    async with explorer.playing(start) as (house, ending):
        struck, *others = ids(house)
        house.simulator.faults = Faults.script([{**fault, "tenant": struck} for fault in faults])
        await act(house, action)
        house.simulator.faults = Faults.none()
        await nothing_is_hidden(house, ending)
        for tenant in others:
            row = house.session.fleet.row(tenant)
            assert row is not None
            assert row.progress is not None
            assert row.progress.outcome in WELL, (faults, row.progress)
            assert holding(house.simulator.world, tenant).whole
        row = house.session.fleet.row(struck)
        assert row is not None
        assert row.progress is not None
        if row.progress.outcome not in WELL:
            problem = row.progress.problem
            assert problem is not None, (faults, row.progress)
            assert problem.message
            assert problem.code
            assert row.progress.step
    async with explorer.playing(ending.moments[-1]) as (house, _):
        await debts_paid(house)
        assert not house.session.owed
        never_twice([*ending.sent, *house.lane.sent])
    explorer.tally.histories += 1
    explorer.tally.played += 1


async def test_every_fault_inside_a_batch_alone(explorer: Explorer) -> None:
    for action in ("refresh", "reset"):
        start = await explorer.beginning(2, consented=action == "reset")
        for route in await inner_routes(explorer, start, action):
            for kind in sorted(INNER_ACTIONS):
                for status in (400, 403, 404, 500) if kind == "status" else (503,):
                    for count in (1, 1000):
                        fault = {"route": route, "action": kind, "status": status, "count": count}
                        await suffered(explorer, start, action, [fault])


async def test_a_pair_of_any_faults(explorer: Explorer) -> None:
    starts = {
        "refresh": await explorer.beginning(3, consented=False),
        "reset": await explorer.beginning(3),
    }
    inner = await inner_routes(explorer, starts["refresh"], "refresh")

    outer = st.fixed_dictionaries(
        {
            "route": st.sampled_from(OUTER),
            "action": st.sampled_from(get_args(Action)),
            "status": st.sampled_from((400, 401, 403, 404, 409, 412, 500, 502, 503, 504)),
            "nth": st.integers(1, 4),
            "count": st.sampled_from((1, 2, 5, 1000)),
            "seconds": st.sampled_from((1.0, 25.0, 60.0)),
            "retry_after": st.sampled_from((None, 0, 1, 30, 400, "http-date")),
            "bytes": st.just(40 * 1024 * 1024),
        }
    )
    within = st.fixed_dictionaries(
        {
            "route": st.sampled_from(inner),
            "action": st.sampled_from(sorted(INNER_ACTIONS)),
            "status": st.sampled_from((400, 403, 404, 409, 424, 500, 503)),
            "nth": st.integers(1, 4),
            "count": st.sampled_from((1, 2, 5, 1000)),
            "retry_after": st.sampled_from((None, 0, 1, 30)),
        }
    )
    fault = st.one_of(outer, within)
    found: list[tuple[str, tuple[Fault, Fault]]] = []

    @settings(
        max_examples=200,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(("refresh", "reset")), st.tuples(fault, fault))
    def collect(action: str, faults: tuple[Fault, Fault]) -> None:
        found.append((action, faults))

    collect()
    for action, faults in found:
        await suffered(explorer, starts[action], action, faults)
