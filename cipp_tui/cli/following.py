"""Following a job: results stream as tenants finish, then the summary."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Interrupts, debts_settled
from cipp_tui.cli.output import exit_of, problem_facts, raw_of, tell_problem, tenant_facts
from cipp_tui.cli.streams import PROGRESS, json_line, line, nobody_reads, tell
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Outcome
from cipp_tui.domain.refusals import summary_of
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.news import clock_words, traffic_words
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut
from cipp_tui.services.views import ItemView, JobView

LOOK_S: Final = 0.2


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
            try:
                await self.print_results(view.id, interrupts, left_out)
                self._summary(self.session.jobs.view(view.id), len(left_out))
                self._point_further(view.id)
            except BrokenPipeError:  # whoever reads has left: what is in flight ends, no more
                nobody_reads()
                await self.session.leave()
        return self.code_of(self.session.jobs.view(view.id) or view, interrupts)

    def nothing(self, left_out: Sequence[LeftOut]) -> int:
        """Print that there was nobody to work on; the exit code."""
        for one in left_out:
            self.skipped(one)
        self._summary(None, len(left_out))
        return Exit.OWED if self.session.owed else Exit.WELL

    async def print_results(
        self, job: int, interrupts: Interrupts, left_out: Sequence[LeftOut] = ()
    ) -> None:
        """Print every tenant once, as it comes out, until the job ends or is interrupted."""
        for one in left_out:
            self.skipped(one)
        ended = asyncio.create_task(self._ended(job))
        asked = asyncio.create_task(interrupts.asked.wait())
        while not ended.done() and not asked.done():
            await asyncio.wait({ended, asked}, timeout=LOOK_S, return_when="FIRST_COMPLETED")
            self._print_new(job)
            self._progress(job)
        if asked.done() and not ended.done():
            ended.cancel()
            await self.session.leave()
        asked.cancel()
        if ended.done() and not ended.cancelled():
            await ended
        PROGRESS.clear()
        self._print_new(job)
        self._print_undone(job)

    async def _ended(self, job: int) -> None:
        """Wait for the job, and for the access that is owed from earlier runs."""
        await self.session.jobs.finished(job)
        await self.debts_settled()

    async def debts_settled(self) -> None:
        await debts_settled(self.session)

    def code_of(self, view: JobView, interrupts: Interrupts) -> int:
        """The exit code that a job's end means; one cause for all is told."""
        if self.session.owed:
            return Exit.OWED
        if interrupts.asked.is_set():
            return interrupts.code
        if view.fleet_wide is not None:
            tell_problem(view.fleet_wide)
            return exit_of(view.fleet_wide)
        return Exit.SOME_FAILED if view.failed or _undone(view) else Exit.WELL

    def _print_new(self, job: int) -> None:
        for item in self.session.jobs.results(job, self.seen):
            self.seen += 1
            if item.tenant not in self.printed:
                self.printed.add(item.tenant)
                self._print(item)

    def _print_undone(self, job: int) -> None:
        """The tenants that an interruption left alone."""
        for item in self.session.jobs.items(job):
            if item.tenant not in self.printed:
                self.printed.add(item.tenant)
                self._print(item)

    def _print(self, item: ItemView) -> None:
        row = self.session.fleet.row(item.tenant)
        progress = item.progress
        if self.as_json:
            facts: dict[str, Any] = (
                tenant_facts(
                    row,
                    outcome=progress.outcome,
                    problem=progress.problem,
                    counts=item.counts,
                    skipped_because=item.skipped_because,
                    refused=item.refused,
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

    def skipped(self, one: LeftOut) -> None:
        """Print that a tenant is left out, and why."""
        row: TenantRow = one.row
        if self.as_json:
            json_line(tenant_facts(row, outcome=Outcome.SKIPPED, skipped_because=one.reason))
        else:
            line(f"- {row.tenant.name} ({row.tenant.label}): left out, {one.reason}")

    def _summary(self, view: JobView | None, left_out: int) -> None:
        seconds = time.monotonic() - self.began
        numbers = numbers_of(view, left_out)
        if self.as_json:
            numbers |= {
                "http_requests": self.session.http_requests,
                "seconds": round(seconds, 3),
            }
            json_line({"summary": numbers})
            return
        parts = [f"{numbers[name]} {words}" for name, words in SUMMED if numbers[name]]
        head = f"Job {view.id}: " if view is not None else "Nothing was done: "
        line(f"{head}{', '.join(parts) or 'nothing to do'}, {clock_words(seconds)}.")

    def _point_further(self, job: int) -> None:
        """For a human who saw failures: the command that looks deeper."""
        view = self.session.jobs.view(job)
        if view is not None and view.failed and view.fleet_wide is None and not self.as_json:
            tell("cipp-tui why TENANT asks the services what is behind a failure.")

    def _progress(self, job: int) -> None:
        """One live line, for a human at a terminal only."""
        view = self.session.jobs.view(job)
        if view is not None:
            left = f", {clock_words(view.left_s)} left" if view.left_s is not None else ""
            held = f"  {self.session.holding or traffic_words(self.session.concurrency)}"
            PROGRESS.show(f"{view.finished:,} of {view.total:,}{left}{held}")


def numbers_of(view: JobView | None, left_out: int) -> dict[str, Any]:
    """A job in numbers, as the summary prints them."""
    if view is None:
        return {"job": None, "total": left_out, **dict.fromkeys(_COUNTED, 0), "skipped": left_out}
    return {
        "job": view.id,
        "total": view.total + left_out,
        "changed": view.changed,
        "unchanged": view.unchanged,
        "failed": view.failed,
        "skipped": view.skipped + left_out,
        "restored": view.restored,
        "stranded": view.stranded,
        "stopped": _undone(view),
    }


def _undone(view: JobView) -> int:
    """Whoever has no outcome: stopped, not begun, or cut off when the program was ended."""
    return view.total - (view.done + view.failed + view.skipped + view.stranded)


SUMMED: Final = (
    ("changed", "changed"),
    ("unchanged", "in order already"),
    ("restored", "restored"),
    ("failed", "failed"),
    ("stranded", "WITHOUT ACCESS"),
    ("skipped", "left out"),
    ("stopped", "not done"),
)
_COUNTED: Final = tuple(name for name, _ in SUMMED)


def _words(item: ItemView) -> str:
    progress, counts = item.progress, item.counts
    if progress.problem is not None and progress.outcome in (Outcome.FAILED, Outcome.STRANDED):
        advice = advise(progress.problem)
        raw = raw_of(progress.problem)
        step = advice.next_step(Surface.COMMAND_LINE)
        half = f" {counts.given} given before that." if counts.given else ""
        what = f" {summary_of(item.refused).capitalize()}." if item.refused else ""
        return f"{progress.outcome}. {advice.headline}{what} {step}{half} [{raw}]"
    if progress.outcome is None:
        return "not done"
    if progress.outcome is Outcome.SKIPPED:
        return f"left out, never begun: {item.skipped_because}"
    if progress.outcome is Outcome.UNCHANGED:
        return "already in order" + _noted(item)
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
    done = f", {', '.join(given)} given" if given else ""
    return f"{progress.outcome}{done}{taken}{_noted(item)}"


def _noted(item: ItemView) -> str:
    """What a tenant that came out well did not take: its directory role, a service it lacks."""
    if not item.refused:
        return ""
    codes = ", ".join(sorted({refusal.problem.code for refusal in item.refused}))
    return f"; {summary_of(item.refused)} [{codes}]"


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
