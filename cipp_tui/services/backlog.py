"""What earlier runs left: debts, which are paid at once, and interruptions, which wait."""

from collections import Counter
from collections.abc import Iterable, Sequence

from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Job, Mark, Word, give_back_from, in_debt
from cipp_tui.domain.permissions import NOTHING_DONE
from cipp_tui.domain.tenants import Tenant, TenantId
from cipp_tui.services.fleet import Fleet
from cipp_tui.services.jobbook import Work
from cipp_tui.services.news import NewsDesk
from cipp_tui.services.notes import END, counts_in, note_of
from cipp_tui.services.suits import LeftOut, why_not
from cipp_tui.services.views import Level
from cipp_tui.storage.journal import Entry, Journal


class Backlog:
    """Unfinished items of the journal, sorted by what is to become of them."""

    def __init__(
        self,
        journal: Journal,
        fleet: Fleet,
        desk: NewsDesk,
        clock: Clock,
        *,
        partner: str = "",
        app: str = "",
    ) -> None:
        self._partner = partner
        self._app = app
        self._journal = journal
        self._fleet = fleet
        self._desk = desk
        self._clock = clock
        self._debts: list[Entry] = []
        self._interrupted: dict[TenantId, list[Entry]] = {}

    async def take_stock(self, unpaid_because: str = "") -> None:
        """Look the journal through, and tell. `unpaid_because`: why no debt is paid in this run."""
        for entry in await self._journal.unfinished():
            if in_debt(entry.item.plan, entry.marks):
                self._debts.append(entry)
                if self._fleet.row(entry.item.tenant) is None:
                    self._fleet.learn([Tenant(id=entry.item.tenant, name=entry.item.tenant_name)])
                self._fleet.stranded(entry.item.tenant, True)
            else:
                self._interrupted.setdefault(entry.item.tenant, []).append(entry)
        for words in self.held_back:
            self._desk.tell(Level.ERROR, words)
        if fitting := [entry for entry in self._debts if self._fits(entry.job)]:
            names = ", ".join(entry.item.tenant_name for entry in fitting[:3])
            what = unpaid_because or "gets its access back now"
            self._desk.tell(Level.WARNING, f"{len(fitting)} owed: {names} {what}.")
        for job, left in self.interrupted.items():
            self._desk.tell(
                Level.WARNING,
                f"Job {job} was interrupted, {left} not done."
                " Open it (2, enter): r begins them again.",
                job=job,
            )

    @property
    def held_back(self) -> list[str]:
        """Debts that another application or partner incurred, and what would let them be paid."""
        told = []
        for job in {entry.job.id: entry.job for entry in self._debts}.values():
            if not self._fits(job):
                names = ", ".join(e.item.tenant_name for e in self._debts if e.job.id == job.id)
                told.append(
                    f"{names}: job {job.id} took away access of application {job.app} of partner"
                    f" {job.partner}; this profile is for {self._app} of {self._partner}. Set"
                    " client_id and partner_tenant back to give it back, or write it off"
                )
        return told

    def _fits(self, job: Job) -> bool:
        """Whether a job was begun for this profile's application and partner, as far as it says."""
        return job.partner in (None, self._partner or job.partner) and job.app in (
            None,
            self._app or job.app,
        )

    @property
    def interrupted(self) -> dict[int, int]:
        """Jobs that can be resumed, and how many tenants each has left."""
        left: dict[int, int] = {}
        for held in self._interrupted.values():
            for entry in held:
                left[entry.job.id] = left.get(entry.job.id, 0) + 1
        return left

    def interrupted_job(self, tenant: TenantId) -> int | None:
        """The newest job that was interrupted before this tenant's turn was over."""
        return max((entry.job.id for entry in self._interrupted.get(tenant, ())), default=None)

    def take_debts(self) -> list[list[Entry]]:
        """Hand over the debts, job by job; never those of another application or partner."""
        debts = [entry for entry in self._debts if self._fits(entry.job)]
        self._debts = [entry for entry in self._debts if not self._fits(entry.job)]
        return [
            [entry for entry in debts if entry.job.id == job]
            for job in sorted({entry.job.id for entry in debts})
        ]

    def take_debts_of(self, tenant: TenantId) -> list[Entry]:
        """Hand over what is owed to one tenant, whoever owes it."""
        taken = [entry for entry in self._debts if entry.item.tenant == tenant]
        self._debts = [entry for entry in self._debts if entry.item.tenant != tenant]
        return taken

    def take_job(self, job: int) -> list[Entry]:
        """Hand over what is left of an interrupted job."""
        taken = [e for held in self._interrupted.values() for e in held if e.job.id == job]
        for entry in taken:
            self._interrupted[entry.item.tenant].remove(entry)
        return taken

    def leave_out(self, job: int) -> list[LeftOut]:
        """Close, as not done, what an interrupted job must not go on with any more; say why.

        What was decided after the interruption counts. Debts are not asked: they are paid.
        """
        left_out: list[LeftOut] = []
        for held in self._interrupted.values():
            for entry in [one for one in held if one.job.id == job]:
                reason = self._why_not_any_more(entry)
                if reason is None:
                    continue
                held.remove(entry)
                note = note_of(words=f"left out: {reason}")
                mark = Mark(step=END, word=Word.STOPPED, at=self._clock.now(), note=note)
                self._journal.mark(entry.item.id, mark)
                left_out.append(LeftOut(self._row_of(entry), reason))
        return sorted(left_out, key=lambda one: one.row.tenant.name.casefold())

    def _why_not_any_more(self, entry: Entry) -> str | None:
        if not self._fits(entry.job):
            return "begun for another application or partner"
        row = self._fleet.row(entry.item.tenant)
        if row is None:
            return "removed from the list"
        if row.exclusion is not None:
            return "excluded"
        failures = row.failures
        if failures is not None and failures.suspended and failures.last_at > entry.job.created_at:
            return "suspended"
        return why_not(row, entry.job.action)

    def _row_of(self, entry: Entry) -> TenantRow:
        row = self._fleet.row(entry.item.tenant)
        return row or TenantRow(tenant=Tenant(id=entry.item.tenant, name=entry.item.tenant_name))

    def replace(self, rows: Iterable[TenantRow]) -> None:
        """A new job takes the place of what was left unfinished for these tenants."""
        for row in rows:
            for entry in self._interrupted.pop(row.id, []):
                mark = Mark(step=END, word=Word.STOPPED, at=self._clock.now())
                self._journal.mark(entry.item.id, mark)

    def works(self, entries: Sequence[Entry]) -> list[Work]:
        """The entries as work for the engine.

        A debt is given back from its first step on. Anything else starts anew: a pre-flight of an
        earlier run says nothing about today.
        """
        works = []
        for entry in entries:
            tenant = self._row_of(entry).tenant
            plan, marks = entry.item.plan, entry.marks
            owes = in_debt(plan, marks)
            works.append(
                Work(
                    item=entry.item,
                    tenant=tenant,
                    marks=list(give_back_from(plan, marks)) if owes else [],
                    counts=sum((counts_in(mark.note) for mark in marks), NOTHING_DONE),
                    tried=Counter(mark.step for mark in marks if mark.word is not Word.INTENT),
                )
            )
        return works
