"""A plan as a change notice: who made it, for which set, and one line per tenant and permission."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, overload

from cipp_tui.domain.permissions import WantedPermissions
from cipp_tui.screens.export import Table
from cipp_tui.services.advice import advise
from cipp_tui.services.plans import Change, PlannedChange, TenantPlan

HEADS: Final = (
    "tenant", "tenant id", "domain", "due", "change", "kind", "resource", "permission", "why",
)  # fmt: skip
NOT_READ: Final = "not read"
LEFT_OUT: Final = "left out"


@dataclass(frozen=True, slots=True)
class NoticeRows(Sequence[Sequence[str]]):
    """The lines of a notice, made while they are written: a fleet's would fill the memory."""

    plans: tuple[TenantPlan, ...]
    changes_only: bool = False

    def __len__(self) -> int:
        return sum(map(self._lines, self.plans))

    def __iter__(self) -> Iterator[Sequence[str]]:
        for plan in self.plans:
            yield from self._rows(plan)

    @overload
    def __getitem__(self, place: int) -> Sequence[str]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[str]]: ...

    def __getitem__(self, place: int | slice) -> Sequence[str] | Sequence[Sequence[str]]:
        if isinstance(place, slice):
            return list(self)[place]
        found = next(islice(self, range(len(self))[place], None), None)
        if found is None:
            raise IndexError(place)
        return found

    def _lines(self, plan: TenantPlan) -> int:
        if plan.diff is None:
            return 1
        return plan.added_count + plan.removed_count if self.changes_only else plan.change_count

    def _rows(self, plan: TenantPlan) -> Iterator[Sequence[str]]:
        head = (plan.name, plan.tenant, plan.domain or "", plan.due_words)
        if plan.left_out:
            yield (*head, LEFT_OUT, "", "", "", plan.left_out)
        elif plan.diff is None:
            yield (*head, NOT_READ, "", "", "", _reason(plan))
        for one in self._changes(plan):
            resource = plan.resource_name(one.resource)
            yield (*head, one.change, one.kind, resource, one.permission, one.why)

    def _changes(self, plan: TenantPlan) -> Iterator[PlannedChange]:
        if self.changes_only:
            yield from plan.additions()
            yield from plan.removals()
        else:
            yield from plan.changes()


def _reason(plan: TenantPlan) -> str:
    if plan.problem is None:
        return "not compared"
    raw = " ".join(filter(None, (plan.problem.code, plan.problem.request_id)))
    return f"{advise(plan.problem).headline} [{raw}]" if raw else advise(plan.problem).headline


def notice_table(
    plans: Sequence[TenantPlan],
    *,
    profile: str,
    wanted: WantedPermissions | None,
    at: datetime,
    changes_only: bool = False,
) -> Table:
    """The notice of these plans. Its rows are made one by one, so writing it needs no memory."""
    rows = NoticeRows(tuple(plans), changes_only)
    counted = _counted(plans)
    prune = any(plan.prune for plan in plans)
    notice = {
        "change notice": "refresh of CPV permissions: a plan, nothing has been changed",
        "made at": at.isoformat(timespec="seconds"),
        "profile": profile,
        "application": wanted.app_name if wanted is not None else "",
        "application id": wanted.app if wanted is not None else "",
        "wanted set": wanted.fingerprint if wanted is not None else "",
        "prune": "on" if prune else "off",
        "tenants": str(len(plans)),
        **{name: str(counted[name]) for name in (*Change, NOT_READ, LEFT_OUT)},
    }
    return Table(HEADS, rows, tuple(notice.items()))


def _counted(plans: Sequence[TenantPlan]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for plan in plans:
        counted[Change.ADD] += plan.added_count
        counted[Change.REMOVE] += plan.removed_count
        counted[Change.KEEP] += plan.kept_count
        counted[LEFT_OUT] += bool(plan.left_out)
        counted[NOT_READ] += plan.diff is None and not plan.left_out
    return counted
