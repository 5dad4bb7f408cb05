"""Following a job: results stream as tenants finish, then the summary."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Interrupts
from cipp_tui.cli.output import json_line, line, problem_facts, tell, tell_problem, tenant_facts
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.problems import SignInProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.services.news import clock_words
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut
from cipp_tui.services.views import ItemView, JobView

LOOK_S = 0.2


@dataclass(slots=True)
class Follower:
    """Prints one job's results, each tenant once."""

    session: Session
    as_json: bool
    began: float
    printed: set[TenantId]
    seen: int = 0

    @classmethod
    def of(cls, session: Session, as_json: bool) -> "Follower":
        return cls(session, as_json, time.monotonic(), set())

    async def follow(
        self,
        view: JobView,
        interrupts: Interrupts,
        left_out: Sequence[LeftOut] = (),
    ) -> int:
        """Print results until the job ends or is interrupted; the exit code."""
        with interrupts.listening():
            return await self._follow(view, interrupts, left_out)

    async def _follow(
        self, view: JobView, interrupts: Interrupts, left_out: Sequence[LeftOut]
    ) -> int:
        for one in left_out:
            self._skipped(one)
        ended = asyncio.create_task(self.session.finished(view.id))
        asked = asyncio.create_task(interrupts.asked.wait())
        while not ended.done() and not asked.done():
            await asyncio.wait({ended, asked}, timeout=LOOK_S, return_when="FIRST_COMPLETED")
            self._print_new(view.id)
            self._progress(view.id)
        if asked.done() and not ended.done():
            ended.cancel()
            await self.session.leave()
        asked.cancel()
        if ended.done() and not ended.cancelled():
            await ended
        self._print_new(view.id)
        self._print_undone(view.id)
        now = self.session.job(view.id) or view
        self._summary(now, len(left_out))
        if now.stranded or self.session.owed:
            return Exit.OWED
        if interrupts.asked.is_set():
            return interrupts.code
        if now.fleet_wide is not None:
            tell_problem(now.fleet_wide)
            wide = isinstance(now.fleet_wide, SignInProblem)
            return Exit.SIGN_IN if wide else Exit.SOME_FAILED
        return Exit.SOME_FAILED if now.failed else Exit.WELL

    def _print_new(self, job: int) -> None:
        for item in self.session.results(job, self.seen):
            self.seen += 1
            if item.tenant not in self.printed:
                self.printed.add(item.tenant)
                self._print(item)

    def _print_undone(self, job: int) -> None:
        """The tenants that an interruption left alone."""
        for item in self.session.items(job):
            if item.tenant not in self.printed:
                self.printed.add(item.tenant)
                self._print(item)

    def _print(self, item: ItemView) -> None:
        row = self.session.fleet.row(item.tenant)
        progress = item.progress
        if self.as_json:
            facts: dict[str, Any] = (
                tenant_facts(
                    row, outcome=progress.outcome, problem=progress.problem, counts=item.counts
                )
                if row is not None
                else {
                    "tenant_id": item.tenant,
                    "display_name": item.tenant_name,
                    "default_domain": None,
                    **({"outcome": progress.outcome} if progress.outcome else {}),
                    "problem": problem_facts(progress.problem),
                }
            )
            if progress.outcome is None:
                facts["stopped"] = True
            json_line(facts)
            return
        name = item.tenant_name if row is None else f"{row.tenant.name} ({row.tenant.label})"
        line(f"{_sign(progress.outcome)} {name}: {_words(item)}")

    def _skipped(self, one: LeftOut) -> None:
        row: TenantRow = one.row
        if self.as_json:
            json_line(tenant_facts(row, outcome=Outcome.SKIPPED, skipped_because=one.reason))
        else:
            line(f"- {row.tenant.name} ({row.tenant.label}): left out, {one.reason}")

    def _summary(self, view: JobView, left_out: int) -> None:
        seconds = time.monotonic() - self.began
        if self.as_json:
            json_line({"summary": self._numbers(view, left_out, seconds)})
            return
        parts = [
            f"{number} {word}"
            for number, word in (
                (view.changed, "changed"),
                (view.unchanged, "in order already"),
                (view.restored, "restored"),
                (view.failed, "failed"),
                (view.stranded, "WITHOUT ACCESS"),
                (view.skipped + left_out, "left out"),
                (view.stopped + view.waiting + view.running, "not done"),
            )
            if number
        ]
        line(f"Job {view.id}: {', '.join(parts) or 'nothing to do'}, {clock_words(seconds)}.")

    def _numbers(self, view: JobView, left_out: int, seconds: float) -> dict[str, Any]:
        return {
            "job": view.id,
            "total": view.total + left_out,
            "changed": view.changed,
            "unchanged": view.unchanged,
            "failed": view.failed,
            "skipped": view.skipped + left_out,
            "restored": view.restored,
            "stranded": view.stranded,
            "stopped": view.stopped + view.waiting + view.running,
            "http_requests": self.session.http_requests,
            "seconds": round(seconds, 3),
        }

    def _progress(self, job: int) -> None:
        """One live line, for a human at a terminal only."""
        view = self.session.job(job)
        if view is None or not sys.stderr.isatty() or not self.as_json:
            return
        left = f", {clock_words(view.left_s)} left" if view.left_s is not None else ""
        held = f"  {self.session.holding}" if self.session.holding else ""
        sys.stderr.write(f"\r\x1b[K{view.finished} of {view.total}{left}{held}")
        sys.stderr.flush()
        if view.ended_at is not None:
            tell("")


def _words(item: ItemView) -> str:
    progress, counts = item.progress, item.counts
    if progress.problem is not None and progress.outcome in (Outcome.FAILED, Outcome.STRANDED):
        advice = advise(progress.problem)
        raw = " ".join(filter(None, (progress.problem.code, progress.problem.request_id)))
        return f"{progress.outcome}. {advice.headline} {advice.advice} [{raw}]"
    if progress.outcome is None:
        return "not done"
    if progress.outcome is Outcome.UNCHANGED:
        return "already in order"
    given = [
        f"{number} {word}"
        for number, word in (
            (counts.consents, "consent"),
            (counts.principals_created, "principals"),
            (counts.roles_added, "app roles"),
            (counts.scopes_added, "delegated"),
            (counts.directory_roles_added, "directory roles"),
        )
        if number
    ]
    taken = f", {counts.scopes_removed} taken away" if counts.scopes_removed else ""
    return f"{progress.outcome}" + (f", {', '.join(given)} given" if given else "") + taken


def _sign(outcome: Outcome | None) -> str:
    return "-" if outcome is None else _SIGNS[outcome]


_SIGNS = {
    Outcome.CHANGED: "+",
    Outcome.UNCHANGED: "=",
    Outcome.FAILED: "x",
    Outcome.SKIPPED: "-",
    Outcome.RESTORED: "+",
    Outcome.STRANDED: "!!",
}
