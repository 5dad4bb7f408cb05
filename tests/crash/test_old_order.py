"""Journals of before, whose plans give roles before scopes: they are gone on with and end whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from cipp_tui.api.steps import (
    CONSENT,
    PREFLIGHT,
    ROLES,
    SCOPES,
    SNAPSHOT,
    TAKE_AWAY,
    VERIFY,
    VISIBLE,
)
from cipp_tui.domain.jobs import Action, Job, Mark, Step, Word
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Simulator
from cipp_tui.simulator.catalogue import GRAPH
from cipp_tui.simulator.directory_roles import COMPLIANCE_ADMINISTRATOR
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Draft, Journal
from tests.crash.disk import Picture
from tests.crash.histories import Explorer, Moment, Services
from tests.crash.lane import Sent
from tests.crash.small_world import BOOTSTRAP, branch, customers
from tests.support import ACTOR, START

OLD_REFRESH = (CONSENT, VISIBLE, ROLES, SCOPES, VERIFY)
OLD_RESET = (PREFLIGHT, SNAPSHOT, TAKE_AWAY, *OLD_REFRESH)


def done(*steps: Step) -> tuple[Mark, ...]:
    """The notes of such marks had no object id in them."""
    return tuple(Mark(step=step.name, word=Word.DONE, at=START) for step in steps)


INTENDED = (
    *done(PREFLIGHT, SNAPSHOT),
    Mark(step=TAKE_AWAY.name, word=Word.INTENT, at=START),
)
REMOVED = (*INTENDED, *done(TAKE_AWAY))
REFUSED = Mark(step=ROLES.name, word=Word.REFUSED, at=START)


def as_it_was(simulator: Simulator, tenant: TenantId) -> None:
    """Nothing was done yet."""


def bare(simulator: Simulator, tenant: TenantId) -> None:
    """What a first consent leaves: the three scopes, and a directory role that nobody used."""
    world = simulator.world
    directory = world.directory_to_change(world.tenants[tenant])
    own = directory.principals[world.application.app_id]
    own.app_roles.clear()
    directory.remove_grants(lambda grant: grant.client_id == own.id)
    graph = directory.principals[GRAPH].id
    directory.set_grant(own.id, graph, " ".join(BOOTSTRAP), now=simulator.now)
    directory.active_roles.pop(COMPLIANCE_ADMINISTRATOR, None)
    directory.role_members.pop(COMPLIANCE_ADMINISTRATOR, None)


def gone(simulator: Simulator, tenant: TenantId) -> None:
    """Our principal is no more."""
    world = simulator.world
    directory = world.directory_to_change(world.tenants[tenant])
    directory.remove_principal(directory.principals[world.application.app_id])


@dataclass(frozen=True, slots=True)
class Cut:
    """A program of before was cut off after these marks, its customer's tenant like this."""

    action: Action
    plan: tuple[Step, ...]
    marks: Sequence[Mark]
    world: Callable[[Simulator, TenantId], None]

    async def moment(self, explorer: Explorer) -> Moment:
        start = await explorer.beginning()
        simulator = branch(start.services.simulator, start.clock)
        (customer,) = customers(simulator.world)
        tenant = TenantId(customer.id)
        self.world(simulator, tenant)
        path = explorer.folder / "old" / "state.db"
        start.disk.hang_up(path)
        async with open_database(path) as database:
            journal = Journal(database)
            await journal.open()
            wish = Job(id=0, action=self.action, actor=ACTOR, created_at=START)
            _, (item,) = await journal.begin(wish, [Draft(tenant, customer.name, self.plan)])
            for mark in self.marks:
                journal.mark(item.id, mark)
            await journal.flush()
        removal = f"/v1/customers/{tenant}/applicationconsents/{simulator.world.application.app_id}"
        return Moment(
            "an old journal",
            Picture.of(path),
            Services(simulator),
            start.clock,
            frozenset({tenant}),
            (Sent("DELETE", removal, 200, True),) if self.marks[:4] == REMOVED else (),
        )


CUTS = {
    "refresh, not begun": Cut(Action.REFRESH, OLD_REFRESH, (), bare),
    "refresh, roles refused": Cut(Action.REFRESH, OLD_REFRESH, (REFUSED,), bare),
    "reset, not begun": Cut(Action.RESET, OLD_RESET, done(PREFLIGHT, SNAPSHOT), as_it_was),
    "reset, not taken": Cut(Action.RESET, OLD_RESET, INTENDED, as_it_was),
    "reset, taken without an answer": Cut(Action.RESET, OLD_RESET, INTENDED, gone),
    "reset, taken": Cut(Action.RESET, OLD_RESET, REMOVED, gone),
    "reset, consented": Cut(Action.RESET, OLD_RESET, (*REMOVED, *done(CONSENT, VISIBLE)), bare),
    "reset, roles refused": Cut(
        Action.RESET, OLD_RESET, (*REMOVED, *done(CONSENT, VISIBLE), REFUSED), bare
    ),
    "reset, roles given": Cut(
        Action.RESET, OLD_RESET, (*REMOVED, *done(CONSENT, VISIBLE, ROLES)), bare
    ),
    "reset, all but read back": Cut(
        Action.RESET, OLD_RESET, (*REMOVED, *done(CONSENT, VISIBLE, ROLES, SCOPES)), as_it_was
    ),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
async def test_a_job_in_the_old_order_is_gone_on_with_and_ends_whole(
    explorer: Explorer, cut: Cut
) -> None:
    moments = await explorer.start_again(await cut.moment(explorer))

    assert moments
    explorer.skip_known = True
    await explorer.die_everywhere(moments)
