"""What a nightly run prints: its tenants as they come out, and one summary."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.following import SUMMED, Follower, numbers_of
from cipp_tui.cli.opening import Interrupts
from cipp_tui.cli.output import exit_of, iso, problem_facts
from cipp_tui.cli.streams import json_line, line, nobody_reads
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.services.advice import advise
from cipp_tui.services.news import clock_words
from cipp_tui.services.nightly import NightReport
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut
from cipp_tui.services.views import JobView

_WORST_FIRST: Final = (
    Exit.OWED,
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.USAGE,
    Exit.SIGN_IN,
    Exit.SOME_FAILED,
)
_NAMED: Final = 20
_LOOKED_AT: Final = ("changed", "unchanged", "restored", "failed", "stranded")
_SUMMED: Final = tuple(
    (name, "already up to date" if name == "unchanged" else words) for name, words in SUMMED
)


class NightTeller:
    """Prints one nightly run."""

    def __init__(self, session: Session, interrupts: Interrupts, *, as_json: bool) -> None:
        self._session = session
        self._interrupts = interrupts
        self._as_json = as_json
        self._began = time.monotonic()
        self._numbers: Counter[str] = Counter()
        self._codes: set[int] = set()

    async def follow(self, view: JobView | None, left_out: Sequence[LeftOut]) -> bool:
        """Print the tenants of a job until it ends; False when the run is to end here."""
        follower = Follower.of(self._session, self._as_json)
        heard = True
        with self._interrupts.listening():
            try:
                if view is None:
                    for one in left_out:
                        follower.skipped(one)
                    await follower.debts_settled()
                else:
                    await follower.print_results(view.id, self._interrupts, left_out)
            except BrokenPipeError:  # whoever reads has left: what is in flight ends, no more
                nobody_reads()
                await self._session.leave()
                heard = False
        if view is None:
            self._codes.add(Exit.OWED if self._session.owed else Exit.WELL)
        else:
            view = self._session.jobs.view(view.id) or view
            self._codes.add(follower.code_of(view, self._interrupts))
        numbers = numbers_of(view, len(left_out))
        self._numbers.update({name: numbers[name] for name in ("total", *dict(SUMMED))})
        return heard and not self._interrupts.asked.is_set()

    def sum_up(self, report: NightReport, next_run: datetime | None) -> int:
        """Print the summary; the exit code. `next_run` None: whoever started this run knows."""
        if report.list_problem is not None:
            self._codes.add(exit_of(report.list_problem))
        try:
            if self._as_json:
                self._print_facts(report, next_run)
            else:
                self._print_words(report, next_run)
        except BrokenPipeError:
            nobody_reads()
        return next((code for code in _WORST_FIRST if code in self._codes), Exit.WELL)

    @property
    def _looked_at(self) -> int:
        """Tenants that were read in this run, whatever came of it."""
        return sum(self._numbers[name] for name in _LOOKED_AT)

    def _print_facts(self, report: NightReport, next_run: datetime | None) -> None:
        selected = report.selected
        summary: dict[str, Any] = {
            "jobs": [view.id for view in report.jobs],
            **{name: self._numbers[name] for name in ("total", *dict(SUMMED))},
            "looked_at": self._looked_at,
            "due": dict(selected.reasons) if selected is not None else None,
            "failed_newly": sorted(report.newly_failed),
            "backing_off": [row.id for row in selected.backing_off] if selected else [],
            "resumed": report.resumed,
            "interrupted_resets": sorted(report.left_alone),
            "read": report.reading.seen,
            "new": len(report.reading.new),
            "gone": len(report.reading.gone),
            "list_problem": problem_facts(report.list_problem),
            "needs_human": [row.id for row in report.needs_human],
            "suspended": [row.id for row in report.suspended],
            "next_run": iso(next_run),
            "http_requests": self._session.http_requests,
            "seconds": round(time.monotonic() - self._began, 3),
        }
        json_line({"summary": summary})

    def _print_words(self, report: NightReport, next_run: datetime | None) -> None:
        selected = report.selected
        backing_off = len(selected.backing_off) if selected is not None else 0
        numbers = dict(self._numbers)
        numbers["skipped"] = numbers.get("skipped", 0) - backing_off
        parts = [f"{numbers[name]} {words}" for name, words in _SUMMED if numbers.get(name)]
        if backing_off:
            parts.append(f"{backing_off} left to their back-off")
        took = clock_words(time.monotonic() - self._began)
        line(f"Nightly run: {self._looked_at} looked at, {', '.join([*parts, took])}.")
        for words, rows in (
            (
                "Failed, not before this run",
                [r for r in report.failed if r.id in report.newly_failed],
            ),
            ("Failed again", [r for r in report.failed if r.id not in report.newly_failed]),
        ):
            if rows:
                line(f"  {words}: {_names(rows)}")
        if selected is not None and selected.reasons:
            reasons = [f"{number} {why}" for why, number in sorted(selected.reasons.items())]
            line(f"  Due: {', '.join(reasons)}.")
        if report.resumed:
            line(f"  Resumed: {report.resumed} of interrupted refreshes.")
        if report.list_problem is not None:
            line(
                f"  List: could not be read, those known were refreshed."
                f" {advise(report.list_problem).headline} [{report.list_problem.code}]"
            )
        else:
            line(f"  List: {report.reading.seen} tenants read, {report.reading.words}.")
        for job, left in report.left_alone.items():
            line(f"  Reset job {job}: interrupted, {left} not done. cipp-tui jobs resume {job}")
        if report.needs_human:
            line(f"  Needs a human: {_names(report.needs_human)}")
        if report.suspended:
            line(f"  Suspended: {_names(report.suspended)}")
        if report.needs_human or report.suspended:
            line("  cipp-tui refresh TENANT tests one of these now; a success clears its count.")
        if next_run is not None:
            line(f"  Next run: {next_run:%Y-%m-%d %H:%M} UTC.")


def _names(rows: Sequence[TenantRow]) -> str:
    named = [f"{row.tenant.name} ({row.tenant.label})" for row in rows[:_NAMED]]
    more = len(rows) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
