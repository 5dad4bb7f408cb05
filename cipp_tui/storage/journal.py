"""The journal of jobs: a book of debts, append only."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cipp_tui.domain.jobs import Job, JobItem, Mark, Step, in_debt
from cipp_tui.domain.tenants import TenantId
from cipp_tui.storage.database import Database
from cipp_tui.storage.rows import (
    Row,
    item_from,
    job_from,
    job_to,
    mark_from,
    mark_to,
    plan_to,
)
from cipp_tui.storage.shapes import decoded, number, text


@dataclass(frozen=True, slots=True)
class Draft:
    """One tenant's part of a job that is about to be written."""

    tenant: TenantId
    tenant_name: str
    plan: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item with its job and everything the journal says about it."""

    job: Job
    item: JobItem
    marks: tuple[Mark, ...]


class Journal:
    """Writes and reads jobs, items and marks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next_job = 1
        self._next_item = 1

    async def open(self) -> None:
        """Learn where the numbering stands."""
        ((job, item),) = await self._database.read(
            "SELECT (SELECT coalesce(max(id),0) FROM job), (SELECT coalesce(max(id),0) FROM item)"
        )
        with decoded(self._database.path, "job"):
            self._next_job, self._next_item = number(job) + 1, number(item) + 1

    async def begin(self, job: Job, drafts: Sequence[Draft]) -> tuple[Job, list[JobItem]]:
        """Write a job and its items, durably. The id in `job` is replaced by the next one."""
        number, self._next_job = self._next_job, self._next_job + 1
        first, self._next_item = self._next_item, self._next_item + len(drafts)
        made = Job(
            id=number,
            action=job.action,
            actor=job.actor,
            created_at=job.created_at,
            reason=job.reason,
            retry_of=job.retry_of,
            partner=job.partner,
            app=job.app,
        )
        items = [
            JobItem(
                id=first + place,
                job=number,
                tenant=draft.tenant,
                tenant_name=draft.tenant_name,
                plan=draft.plan,
            )
            for place, draft in enumerate(drafts)
        ]
        self._database.write(
            "INSERT INTO job (id, action, actor, created_at, reason, retry_of, partner, app)"
            " VALUES (?,?,?,?,?,?,?,?)",
            job_to(made),
        )
        self._database.write(
            "INSERT INTO item VALUES (?,?,?,?,?)",
            *((i.id, i.job, i.tenant, i.tenant_name, plan_to(i.plan)) for i in items),
        )
        await self._database.flush()
        return made, items

    def mark(self, item: int, mark: Mark) -> None:
        """Note something about an item; on disk within a tick, or after `flush`."""
        self._database.write(
            "INSERT INTO mark (item, step, word, at, request_id, note) VALUES (?,?,?,?,?,?)",
            mark_to(item, mark),
        )

    async def flush(self) -> None:
        """Return when everything noted so far is on disk."""
        await self._database.flush()

    async def unfinished(self) -> list[Entry]:
        """Items that were not brought to an end: interrupted, or owing a tenant its access.

        Everything up to the oldest of them is closed; that mark is kept, so that a long history
        is not searched at every start.
        """
        await self.flush()
        closed = await self._database.read("SELECT value FROM remembered WHERE key='closed-until'")
        with decoded(self._database.path, "remembered"):
            after = number(int(text(closed[0][0]))) if closed else 0
        items = await self._database.read(
            "SELECT id, job, tenant, tenant_name, plan FROM item i WHERE id > ? AND NOT EXISTS"
            " (SELECT 1 FROM mark m WHERE m.item = i.id AND m.step = 'end') ORDER BY id",
            after,
        )
        until = items[0][0] - 1 if items else self._next_item - 1
        self._database.write(
            "INSERT OR REPLACE INTO remembered VALUES ('closed-until', ?)", (str(until),)
        )
        return await self._entries(self._items(items))

    async def debts(self) -> list[Entry]:
        """Unfinished items that owe a tenant its access."""
        return [entry for entry in await self.unfinished() if in_debt(entry.item.plan, entry.marks)]

    async def of_tenant(self, tenant: TenantId, limit: int) -> list[Entry]:
        """The newest items of a tenant, newest first."""
        await self.flush()
        rows = await self._database.read(
            "SELECT id, job, tenant, tenant_name, plan FROM item WHERE tenant=?"
            " ORDER BY id DESC LIMIT ?",
            tenant,
            limit,
        )
        return await self._entries(self._items(rows))

    async def of_job(self, job: int) -> list[Entry]:
        """Every item of a job."""
        await self.flush()
        rows = await self._database.read(
            "SELECT id, job, tenant, tenant_name, plan FROM item WHERE job=? ORDER BY id", job
        )
        return await self._entries(self._items(rows))

    async def newest(self, limit: int, *, tenant: TenantId | None = None) -> list[Entry]:
        """The newest items of all jobs, newest first."""
        if tenant is not None:
            return await self.of_tenant(tenant, limit)
        await self.flush()
        rows = await self._database.read(
            "SELECT id, job, tenant, tenant_name, plan FROM item ORDER BY id DESC LIMIT ?", limit
        )
        return await self._entries(self._items(rows))

    async def jobs(self, limit: int) -> list[Job]:
        """The newest jobs, newest first."""
        await self.flush()
        rows = await self._database.read(
            "SELECT id, action, actor, created_at, reason, retry_of, partner, app FROM job"
            " ORDER BY id DESC LIMIT ?",
            limit,
        )
        with decoded(self._database.path, "job"):
            return [job_from(row) for row in rows]

    async def _entries(self, items: Sequence[JobItem]) -> list[Entry]:
        jobs = {job.id: job for job in await self._jobs({item.job for item in items})}
        marks = await self._marks([item.id for item in items])
        with decoded(self._database.path, "item"):
            return [Entry(jobs[item.job], item, tuple(marks[item.id])) for item in items]

    def _items(self, rows: Sequence[Row]) -> list[JobItem]:
        with decoded(self._database.path, "item"):
            return [item_from(row) for row in rows]

    async def _jobs(self, numbers: Iterable[int]) -> list[Job]:
        rows = await self._database.read(
            "SELECT id, action, actor, created_at, reason, retry_of, partner, app FROM job"
            " WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(sorted(numbers)),
        )
        with decoded(self._database.path, "job"):
            return [job_from(row) for row in rows]

    async def _marks(self, items: Sequence[int]) -> dict[int, list[Mark]]:
        rows = await self._database.read(
            "SELECT item, step, word, at, request_id, note FROM mark"
            " WHERE item IN (SELECT value FROM json_each(?)) ORDER BY seq",
            json.dumps(items),
        )
        found: dict[int, list[Mark]] = defaultdict(list)
        with decoded(self._database.path, "mark"):
            for row in rows:
                found[row[0]].append(mark_from(row[1:]))
        return found
