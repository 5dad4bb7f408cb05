"""The job dock: six lines about the running job."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from cipp_tui.domain.jobs import Action
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.views import ItemView, JobView
from cipp_tui.widgets.cells import Cell, Tone, cut, fit, width_of
from cipp_tui.widgets.lines import NOTHING, Said, TextBlock, said
from cipp_tui.widgets.status_line import Listening
from cipp_tui.widgets.words import clock_time, countdown, tenants

LINES = 6
_KEYS = " enter results  K stop  J full/line ─"


class Dock(TextBlock, Listening, can_focus=True):
    """Shows a job: its totals, the four oldest in flight, the last failure, who makes us wait."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", show=False)]

    class Opened(Message):
        """Enter was pressed: the results are asked for."""

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def tell(self, job: JobView, holding: str, now: float, traffic: str = "") -> None:
        """Show how the job stands; `now` is a POSIX time, `traffic` what is in flight."""
        self.say_lines(dock_lines(job, holding, now, self.size.width, traffic))


def dock_lines(job: JobView, holding: str, now: float, width: int, traffic: str = "") -> list[Said]:
    """The lines of the dock; the last one tells who asks us to wait, else what is in flight."""
    flying = [in_flight(item, now, (width - 2) // 2) for item in job.in_flight]
    tone = Tone.WARN if holding else Tone.MUTED
    flying += [""] * (4 - len(flying))
    return [
        said([Cell(rule(f"Job {job.id}: {_what(job)}", _KEYS, width), Tone.MUTED)]),
        _totals(job, width),
        said([Cell(f" {flying[0]}{flying[1]}", Tone.BUSY)]),
        said([Cell(f" {flying[2]}{flying[3]}", Tone.BUSY)]),
        _failure(job),
        said([Cell(f" {holding}" if holding else f" {traffic}", tone)]),
    ]


def _what(job: JobView) -> str:
    whom = "the list" if job.action is Action.SYNC else tenants(job.total)
    return f"{job.action} {whom}, since {clock_time(job.started_at)}, {job.actor}"


def rule(title: str, right: str, width: int) -> str:
    """`─ title ───── right`, as wide as asked."""
    right = right if width_of(title) + width_of(right) + 6 <= width else ""
    left = f"─ {cut(title, max(1, width - width_of(right) - 4))} "
    return left + "─" * (width - width_of(left) - width_of(right)) + right


def _totals(job: JobView, width: int) -> Said:
    share = job.finished / job.total if job.total else 1.0
    counts = [
        Cell(f"  {number:,} {word}", tone)
        for number, word, tone in (
            (job.done, "done", Tone.PLAIN),
            (job.failed, "failed", Tone.BAD),
            (job.stranded, "without access", Tone.URGENT),
            (job.skipped, "left out", Tone.PLAIN),
            (job.running, "running", Tone.PLAIN),
            (job.waiting, "waiting", Tone.PLAIN),
        )
        if number
    ]
    cells = max(5, min(51, width - 84))
    full = round(share * cells)
    left = [
        Cell(f"  {job.finished:,} of {job.total:,}  "),
        Cell("█" * full + "░" * (cells - full), Tone.BUSY),
        Cell(f"  {int(share * 100)} %  "),
        *counts,
    ]
    return said(left, [Cell(f"{countdown(job.left_s)} left ")] if job.left_s is not None else [])


def in_flight(item: ItemView, now: float, width: int) -> str:
    """`> Contoso Ltd   4/5 verify   2 s`, in exactly this width."""
    progress = item.progress
    step = progress.note or f"{progress.place}/{progress.steps} {progress.step}"
    since = progress.since.timestamp() if progress.since is not None else now
    took = f"{max(0, round(now - since))} s"
    name = max(12, (width - 10) * 55 // 100)
    words = f"> {fit(item.tenant_name, name)} {fit(step, max(1, width - name - 12))} {took:>5}"
    return fit(words, width)


def _failure(job: JobView) -> Said:
    item = job.last_failure
    if item is None or item.progress.problem is None:
        return NOTHING
    advice = advise(item.progress.problem)
    name = fit(item.tenant_name, 28)
    return said([Cell(f" x {name}{advice.headline} {advice.next_step(Surface.SCREEN)}", Tone.BAD)])
