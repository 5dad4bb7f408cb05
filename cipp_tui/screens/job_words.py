"""A job in one line: its state, its outcome, how long it took. Pure functions."""

from typing import Final

from cipp_tui.services.views import JobView
from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.words import countdown

JOB_HEADS: Final = ("job", "state", "action", "of", "outcome", "took", "who", "started")


def state_cell(job: JobView) -> Cell:
    """`> 57 %`, `!! owed`, `x 3 of 31`, `- stopped`, `+ done`."""
    if job.stranded:
        return Cell("!! owed", Tone.URGENT)
    if job.at_work:
        return Cell(f"> {job.finished * 100 // max(1, job.total)} %", Tone.BUSY)
    if job.failed:
        return Cell(f"x {job.failed:,} of {job.total:,}", Tone.BAD)
    if job.stopped:
        return Cell("- stopped", Tone.MUTED)
    return Cell("+ done", Tone.GOOD)


def outcome_words(job: JobView) -> str:
    """`21 done 1 failed 1 skipped 4 running`."""
    parts = (
        (job.stranded, "no access"),
        (job.done, "done"),
        (job.failed, "failed"),
        (job.skipped, "skipped"),
        (job.running, "running"),
        (job.stopped, "not finished"),
    )
    return " ".join(f"{count:,} {word}" for count, word in parts if count or word == "done")


def took_words(job: JobView) -> str:
    """`4:12`, or `0:41 left` while it runs."""
    if job.ended_at is not None:
        return countdown((job.ended_at - job.started_at).total_seconds())
    return f"{countdown(job.left_s)} left" if job.left_s is not None else ""


def job_facts(job: JobView) -> list[str]:
    """One job in words, for copying and exports."""
    return [
        str(job.id),
        state_cell(job).words,
        job.action,
        str(job.total),
        outcome_words(job),
        took_words(job),
        job.actor,
        job.started_at.isoformat(timespec="seconds"),
    ]
