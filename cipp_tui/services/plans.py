"""What a refresh would change in a tenant, permission by permission, and why it is due."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from cipp_tui.domain.due import Due, aside, due
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.permissions import (
    AppId,
    AppRole,
    DelegatedScope,
    PermissionDiff,
    WantedPermissions,
)
from cipp_tui.domain.problems import Problem, SignInProblem
from cipp_tui.domain.roles import role_name
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut


class Change(StrEnum):
    """What a refresh would do to a permission."""

    ADD = "add"
    REMOVE = "remove"
    KEEP = "keep"


class Kind(StrEnum):
    """What is added, removed or kept."""

    CONSENT = "consent"
    PRINCIPAL = "service principal"
    APP = "app"
    DELEGATED = "delegated"
    DIRECTORY_ROLE = "directory role"


class PlannedChange(NamedTuple):
    """One permission of one tenant."""

    change: Change
    kind: Kind
    permission: str  # its value; an app role's id where nobody told us the value
    resource: AppId | None = None
    why: str = ""


_CONSENT: Final = PlannedChange(Change.ADD, Kind.CONSENT, "consent", None, "no consent yet")
_MISSING: Final = "wanted, missing"
_THERE: Final = "wanted, there already"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPlan:
    """One tenant: compared, or why it was not. Small, so that a whole fleet's plan fits."""

    tenant: TenantId
    name: str
    domain: str | None = None
    due: Due | None = None  # judged before it was compared
    not_due: str = ""  # why the schedule would leave it out: excluded, suspended, …
    prune: bool = False
    diff: PermissionDiff | None = None
    wanted: WantedPermissions | None = None
    unlicensed: tuple[str, ...] = ()
    problem: Problem | None = None
    left_out: str = ""  # why a refresh does not take it

    @property
    def due_words(self) -> str:
        """`due: new set`, `not due`, `not due: suspended`."""
        if self.due is not None:
            return f"due: {self.due.reason}"
        return f"not due: {self.not_due}" if self.not_due else "not due"

    @property
    def pruned(self) -> frozenset[DelegatedScope]:
        """Scopes a refresh takes away: only with `prune`, only of resources we want scopes of."""
        if not self.prune or self.diff is None or self.wanted is None:
            return frozenset()
        if not self.diff.scopes_extra:
            return frozenset()
        ours = {scope.resource for scope in self.wanted.scopes}
        return frozenset(scope for scope in self.diff.scopes_extra if scope.resource in ours)

    @property
    def added_count(self) -> int:
        """How many things would be given: consent and service principals count."""
        diff = self.diff
        if diff is None:
            return 0
        made = 1 if diff.consent_missing else len(diff.principals_missing)
        return made + diff.missing_count

    @property
    def removed_count(self) -> int:
        return len(self.pruned)

    @property
    def kept_count(self) -> int:
        """How many stay: what is wanted and there, and what is there beside it."""
        diff, wanted = self.diff, self.wanted
        if diff is None or wanted is None:
            return 0
        gone = self._not_licensed
        there = wanted.count + len(wanted.directory_roles) - diff.missing_count
        if gone:
            there -= sum(role.resource in gone for role in wanted.roles)
            there -= sum(scope.resource in gone for scope in wanted.scopes)
        return there + diff.extra_count - self.removed_count

    @property
    def changes_nothing(self) -> bool:
        """Whether it was compared, and a refresh would leave it as it is."""
        return self.diff is not None and not self.added_count and not self.removed_count

    @property
    def change_count(self) -> int:
        """How many lines `changes` has."""
        return self.added_count + self.removed_count + self.kept_count

    def resource_name(self, resource: AppId | None) -> str:
        """The resource's name, or its id where nobody told us."""
        if resource is None:
            return ""
        return self.wanted.resource_names.get(resource, resource) if self.wanted else resource

    def additions(self) -> Iterator[PlannedChange]:
        """What would be given."""
        diff = self.diff
        if diff is None:
            return
        if diff.consent_missing:
            yield _CONSENT
        else:
            for app in sorted(diff.principals_missing, key=self.resource_name):
                name = self.resource_name(app)
                yield PlannedChange(Change.ADD, Kind.PRINCIPAL, name, app, "not there yet")
        yield from self._sorted(Change.ADD, Kind.APP, diff.roles_missing, _MISSING)
        yield from self._sorted(Change.ADD, Kind.DELEGATED, diff.scopes_missing, _MISSING)
        for role in sorted(map(role_name, diff.directory_roles_missing)):
            yield PlannedChange(Change.ADD, Kind.DIRECTORY_ROLE, role, None, _MISSING)

    def removals(self) -> Iterator[PlannedChange]:
        """What would be taken away."""
        yield from self._sorted(
            Change.REMOVE, Kind.DELEGATED, self.pruned, "extra, and prune is on"
        )

    def extras(self) -> Iterator[PlannedChange]:
        """What is there beside what is wanted, and stays."""
        diff = self.diff
        if diff is None:
            return
        app, value = self.resource_name, "extra, kept: others added them"
        for resource, role in sorted(diff.roles_extra, key=lambda one: (app(one[0]), one[1])):
            yield PlannedChange(Change.KEEP, Kind.APP, role, resource, value)
        why = "extra, kept: not a resource of ours" if self.prune else "extra, kept: prune is off"
        kept = diff.scopes_extra - self.pruned
        yield from self._sorted(Change.KEEP, Kind.DELEGATED, kept, why)

    def changes(self) -> Iterator[PlannedChange]:
        """Every permission: what is given, what is taken away, what stays."""
        yield from self.additions()
        yield from self.removals()
        diff, wanted = self.diff, self.wanted
        if diff is None or wanted is None:
            return
        gone = self._not_licensed
        roles = [r for r in wanted.roles - diff.roles_missing if r.resource not in gone]
        scopes = [s for s in wanted.scopes - diff.scopes_missing if s.resource not in gone]
        yield from self._sorted(Change.KEEP, Kind.APP, roles, _THERE)
        yield from self._sorted(Change.KEEP, Kind.DELEGATED, scopes, _THERE)
        for role in sorted(map(role_name, wanted.directory_roles - diff.directory_roles_missing)):
            yield PlannedChange(Change.KEEP, Kind.DIRECTORY_ROLE, role, None, _THERE)
        yield from self.extras()

    @property
    def _not_licensed(self) -> frozenset[AppId]:
        if not self.unlicensed or self.wanted is None:
            return frozenset()
        names = self.wanted.resource_names
        return frozenset(app for app, name in names.items() if name in self.unlicensed)

    def _sorted(
        self,
        change: Change,
        kind: Kind,
        permissions: Iterable[AppRole | DelegatedScope],
        why: str,
    ) -> Iterator[PlannedChange]:
        found = [(self.resource_name(one.resource), one.value, one.resource) for one in permissions]
        for _, value, resource in sorted(found):
            yield PlannedChange(change, kind, value, resource, why)


Found = Callable[[TenantRow, TenantPlan], None]


def left_out_plan(one: LeftOut) -> TenantPlan:
    """The plan of a tenant that a refresh does not take."""
    tenant = one.row.tenant
    return TenantPlan(
        tenant=tenant.id,
        name=tenant.name,
        domain=tenant.default_domain,
        not_due=one.reason,
        left_out=one.reason,
    )


async def plan_tenants(
    session: Session, rows: Iterable[TenantRow], found: Found, *, at_once: int
) -> None:
    """Compare tenants, several at once; each plan is handed over as it comes. Writes nothing.

    Raises: SignInProblem, and what keeps the wanted set from being read.
    """
    wanted = await session.inspection.wanted()
    waiting = iter(rows)
    known: dict[PermissionDiff, PermissionDiff] = {}  # most tenants differ alike: kept once

    async def work() -> None:
        for row in waiting:
            plan = await _planned(session, row, wanted)
            if plan.diff is not None:
                plan = replace(plan, diff=known.setdefault(plan.diff, plan.diff))
            found(row, plan)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())
    except ExceptionGroup as failed:  # all for one reason: no sign-in, or no reader any more
        raise failed.exceptions[0] from None


async def _planned(session: Session, row: TenantRow, wanted: WantedPermissions) -> TenantPlan:
    tenant = row.tenant
    left = aside(row)
    why = due(row, app=wanted.app, fingerprint=wanted.fingerprint, now=session.clock.now())
    not_due = ""
    if why is None:
        not_due = "excluded" if row.exclusion is not None else str(left or "")
    plan = TenantPlan(
        tenant=tenant.id,
        name=tenant.name,
        domain=tenant.default_domain,
        due=why,
        not_due=not_due,
        prune=session.profile.prune,
        wanted=wanted,
    )
    try:
        comparison = await session.inspection.compare(row.id)
    except SignInProblem:
        raise
    except Problem as problem:
        return replace(plan, problem=problem)
    return replace(plan, diff=comparison.diff, unlicensed=comparison.unlicensed)
