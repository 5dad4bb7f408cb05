"""What a run says it did is what is different in the simulator's books, number by number."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.permissions import StepCounts
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Faults
from cipp_tui.simulator.catalogue import EXCHANGE, GRAPH
from cipp_tui.simulator.directory_roles import COMPLIANCE_ADMINISTRATOR
from cipp_tui.simulator.world import World
from tests.crash.histories import Explorer
from tests.crash.small_world import (
    BOOTSTRAP,
    WANTED_SCOPES,
    Holding,
    customers,
    holding,
)


@dataclass(frozen=True)
class State:
    """What a tenant lacks, and what it has too much."""

    roles_gone: int
    graph_scopes: frozenset[str]
    extra_scopes: frozenset[str]
    exchange_grant: bool
    exchange: bool
    directory_role: bool
    active_role: bool
    consented: bool
    unlicensed: bool

    def apply(self, world: World, tenant: str) -> None:
        """Bring the tenant into this state."""
        customer = world.tenants[tenant]
        directory = world.directory_to_change(customer)
        own = directory.principals[world.application.app_id]
        for key in list(own.app_roles)[: self.roles_gone]:
            del own.app_roles[key]
        for grant in list(directory.grants_of(own.id)):
            if directory.principals_by_id[grant.resource_id].app_id == GRAPH:
                grant.scope = " ".join(sorted({*BOOTSTRAP, *self.graph_scopes, *self.extra_scopes}))
            elif not self.exchange_grant:
                del directory.grants[grant.id]
        if not self.directory_role or not self.active_role:
            directory.role_members[COMPLIANCE_ADMINISTRATOR].clear()
        if not self.active_role:
            del directory.active_roles[COMPLIANCE_ADMINISTRATOR]
            del directory.role_members[COMPLIANCE_ADMINISTRATOR]
        if not self.exchange:
            directory.remove_principal(directory.principals[EXCHANGE])
            customer.unlicensed = frozenset({EXCHANGE} if self.unlicensed else ())
        if not self.consented:
            directory.remove_principal(own)


STATES = st.builds(
    State,
    roles_gone=st.integers(0, 3),
    graph_scopes=st.frozensets(st.sampled_from(WANTED_SCOPES[GRAPH])),
    extra_scopes=st.frozensets(st.sampled_from(("Notes.Read", "Mail.Read"))),
    exchange_grant=st.booleans(),
    exchange=st.booleans(),
    directory_role=st.booleans(),
    active_role=st.booleans(),
    consented=st.booleans(),
    unlicensed=st.booleans(),
)


def differences(before: Holding, after: Holding, own: str) -> StepCounts:
    """What the books say was done. The scopes that come with a consent count as the consent."""
    consents = int(before.principal is None)
    wanted = {(app, value) for app, values in WANTED_SCOPES.items() for value in values}
    with_consent = len(BOOTSTRAP) if consents else 0
    return StepCounts(
        consents=consents,
        principals_created=len((after.resources - before.resources) - {own}),
        roles_added=len(after.roles - before.roles),
        scopes_added=len(after.scopes - before.scopes) - with_consent,
        scopes_removed=len(before.scopes - after.scopes),
        scopes_kept=len((before.scopes & after.scopes) - wanted),
        directory_roles_added=len(after.directory_roles - before.directory_roles),
    )


@pytest.mark.parametrize("prune", [False, True])
async def test_counts_are_what_is_different(explorer: Explorer, prune: bool) -> None:
    found: list[State] = []

    @settings(
        max_examples=120,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(STATES)
    def collect(state: State) -> None:
        found.append(state)

    collect()
    start = await explorer.beginning()
    for state in found:
        async with explorer.playing(start, prune=prune) as (house, _):
            world = house.simulator.world
            one = TenantId(customers(world)[0].id)
            state.apply(world, one)
            before = holding(world, one)

            view = await house.session.acts.refresh([one])
            view = await house.session.jobs.finished(view.id)

            after = holding(world, one)
            (item,) = house.session.jobs.items(view.id)
            counts = item.counts
            told = StepCounts(
                consents=counts.consents,
                principals_created=counts.principals_created,
                roles_added=counts.roles_added,
                scopes_added=counts.scopes_added,
                scopes_removed=counts.scopes_removed,
                scopes_kept=counts.scopes_kept,
                directory_roles_added=counts.directory_roles_added,
            )
            assert told == differences(before, after, world.application.app_id), state
            changed = before != after
            assert item.progress.outcome is (Outcome.CHANGED if changed else Outcome.UNCHANGED)
            lacks = not state.exchange and state.unlicensed
            assert bool(counts.unlicensed) == lacks, state
            assert lacks or after.whole


async def test_what_was_there_already_is_success_and_counted_so(explorer: Explorer) -> None:
    """A write whose answer was lost is repeated; the second answer is "exists already"."""
    start = await explorer.beginning(consented=False)
    async with explorer.playing(start) as (house, _):
        world = house.simulator.world
        one = TenantId(customers(world)[0].id)
        house.simulator.faults = Faults.script(
            [{"route": "batch", "tenant": one, "action": "lose-reply", "nth": 2, "count": 3}]
        )

        view = await house.session.acts.refresh([one])
        view = await house.session.jobs.finished(view.id)

        assert view.changed == 1
        assert house.session.jobs.items(view.id)[0].counts.already_there > 0
        assert holding(world, one).whole
