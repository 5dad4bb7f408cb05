"""What a job's list says of each tenant: sign, step, time, and what happened. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cipp_tui.domain.fleet import Progress
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.refusals import summary_of
from cipp_tui.services.advice import Surface, advise
from cipp_tui.services.views import ItemView, JobView
from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.words import span

FOLDED_FROM: Final = 6
"""So many equal failures become one line."""

_SIGNS: Final[dict[ItemState, tuple[str, Tone]]] = {
    ItemState.STRANDED: ("!!", Tone.URGENT),
    ItemState.FAILED: ("x", Tone.BAD),
    ItemState.RUNNING: (">", Tone.BUSY),
    ItemState.STOPPED: ("-", Tone.MUTED),
    ItemState.RESTORED: ("+", Tone.WARN),
    ItemState.DONE: ("+", Tone.GOOD),
    ItemState.WAITING: (" ", Tone.MUTED),
}

_DONE: Final[dict[Action, str]] = {
    Action.REFRESH: "given and verified",
    Action.RESET: "taken away, given back, verified",
    Action.EXCLUDE: "excluded",
    Action.INCLUDE: "included",
    Action.REMOVE: "removed from the list",
    Action.WRITE_OFF: "written off",
    Action.SYNC: "read",
}


@dataclass(frozen=True, slots=True)
class Fold:
    """Failures with one cause, as one line."""

    key: str
    words: str
    items: tuple[ItemView, ...]


def skipped(item: ItemView) -> bool:
    return item.progress.outcome is Outcome.SKIPPED


def bad(item: ItemView) -> bool:
    """Whether it failed, or is owed."""
    return item.progress.state in (ItemState.FAILED, ItemState.STRANDED)


def name_cell(item: ItemView) -> Cell:
    """Sign and name."""
    sign, tone = ("-", Tone.MUTED) if skipped(item) else _SIGNS[item.progress.state]
    if item.progress.state is ItemState.RUNNING and item.progress.paying:
        sign, tone = "!!", Tone.URGENT
    return Cell(f"{sign:<2}{item.tenant_name}", tone)


def step_cell(item: ItemView) -> Cell:
    """`4/5 verify`; `skipped`, `not started`."""
    progress = item.progress
    if skipped(item):
        return Cell("skipped", Tone.MUTED)
    if progress.state is ItemState.STOPPED:
        return Cell("stopped" if progress.step else "not started", Tone.MUTED)
    if progress.state is ItemState.WAITING:
        return Cell("waiting", Tone.MUTED)
    back = "back " if progress.paying else ""
    if progress.state in (ItemState.DONE, ItemState.RESTORED) or not progress.step:
        return Cell("")
    place = f"{progress.place}/{progress.steps} " if progress.place else ""
    return Cell(f"{back}{place}{progress.step}")


def time_cell(item: ItemView, now: datetime) -> Cell:
    """How long it took, or takes."""
    progress = item.progress
    if progress.took_s is not None:
        return Cell(span(progress.took_s))
    if progress.state is ItemState.RUNNING and progress.since is not None:
        return Cell(span((now - progress.since).total_seconds()))
    return Cell("")


def what_happened(item: ItemView, *, whole: bool) -> Cell:
    """The last column. `whole`: with the next step, where there is room for it."""
    progress = item.progress
    if skipped(item):
        return Cell(item.skipped_because, Tone.MUTED)
    match progress.state:
        case ItemState.WAITING:
            return Cell("")
        case ItemState.RUNNING:
            return Cell(progress.note or ("giving access back" if progress.paying else ""))
        case ItemState.RESTORED:
            return Cell("access is back; whether the reset happened is not known", Tone.WARN)
        case ItemState.DONE:
            return Cell(_done_words(item))
        case ItemState.STRANDED:
            return Cell("NO ACCESS: " + _cause(progress, whole=whole), Tone.URGENT)
        case ItemState.FAILED | ItemState.STOPPED:
            half = f" {item.counts.given} given before that." if item.counts.given else ""
            what = f" {summary_of(item.refused).capitalize()}." if item.refused else ""
            return Cell(_cause(progress, whole=whole) + (what + half if whole else ""))


def _cause(progress: Progress, *, whole: bool) -> str:
    if progress.problem is None:
        return ""
    advice = advise(progress.problem)
    code = f"{progress.problem.code} " if progress.problem.aadsts is not None and whole else ""
    next_step = f" {advice.next_step(Surface.SCREEN)}" if whole else ""
    return f"{code}{advice.headline}{next_step}"


def _done_words(item: ItemView) -> str:
    noted = f"; {summary_of(item.refused)}" if item.refused else ""
    if item.progress.outcome is Outcome.UNCHANGED:
        words = "already in order" if item.progress.action is Action.REFRESH else "already so"
        return words + noted
    words = _DONE[item.progress.action]
    if item.progress.action is not Action.REFRESH:
        return words
    counts = item.counts
    parts = [f"{counts.given} given, verified"] if counts.given else []
    if counts.consents:
        parts.insert(0, "consent given")
    if counts.scopes_removed:
        parts.append(f"{counts.scopes_removed} removed")
    if counts.unlicensed:
        parts.append(f"not licensed: {', '.join(counts.unlicensed)}")
    rest = [refusal for refusal in item.refused if not refusal.is_absent]
    if rest:
        parts.append(summary_of(rest))
    return "; ".join(parts) or words


def folded_failures(items: Sequence[ItemView], open_folds: frozenset[str]) -> list[ItemView | Fold]:
    """The list with equal failures folded into one line where there are more than five."""
    causes: dict[str, list[ItemView]] = {}
    for item in items:
        if item.progress.state is ItemState.FAILED and item.progress.problem is not None:
            causes.setdefault(_fold_key(item), []).append(item)
    folds = {key: members for key, members in causes.items() if len(members) >= FOLDED_FROM}
    found: list[ItemView | Fold] = []
    for item in items:
        key = _fold_key(item) if item.progress.state is ItemState.FAILED else ""
        if key not in folds:
            found.append(item)
            continue
        members = folds[key]
        if item is members[0]:
            words = f"{len(members)} tenants: {_cause(item.progress, whole=True)}"
            found.append(Fold(key, words, tuple(members)))
        if key in open_folds:
            found.append(item)
    return found


def row_key(row: ItemView | Fold) -> str:
    """What the table calls a line."""
    return row.key if isinstance(row, Fold) else row.tenant


def _fold_key(item: ItemView) -> str:
    problem = item.progress.problem
    return f"fold:{advise(problem).kind}:{item.progress.step}" if problem is not None else ""


def counts_words(job: JobView) -> list[Cell]:
    """`21 done   1 failed   1 skipped   4 running   13 waiting`."""
    parts = (
        (job.stranded, "NO ACCESS", Tone.URGENT),
        (job.done, "done", Tone.PLAIN),
        (job.failed, "failed", Tone.BAD),
        (job.skipped, "skipped", Tone.PLAIN),
        (job.running, "running", Tone.BUSY),
        (job.waiting, "waiting", Tone.PLAIN),
        (job.stopped, "not finished", Tone.MUTED),
    )
    return [
        Cell(f" {count:,} {word}  ", tone)
        for count, word, tone in parts
        if count or word in ("done", "failed")
    ]


def causes_words(items: Sequence[ItemView]) -> str:
    """`3 failed for 3 different reasons`; empty when none did."""
    failed = [item for item in items if bad(item)]
    if not failed:
        return ""
    kinds = {advise(p).kind for item in failed if (p := item.progress.problem) is not None}
    if len(kinds) <= 1:
        first = failed[0].progress.problem
        why = advise(first).headline if first is not None else ""
        return f"{len(failed)} failed: {why}" if why else f"{len(failed)} failed"
    return f"{len(failed)} failed for {len(kinds)} different reasons"
