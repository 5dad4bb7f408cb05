"""Messages of this run: what happened, to whom, how many, what next."""

from collections.abc import Sequence

from cipp_tui.api.backend import Concurrency
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import StorageProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.services.views import JobView, Level, News, Reading

_KEPT = 1000


class NewsDesk:
    """Keeps the messages, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._news: list[News] = []
        self.revision = 0

    @property
    def all(self) -> Sequence[News]:
        return self._news

    def tell(
        self,
        level: Level,
        text: str,
        *,
        tenant: TenantId | None = None,
        job: int | None = None,
    ) -> None:
        """Add a message."""
        news = News(at=self._clock.now(), level=level, text=text, tenant=tenant, job=job)
        self._news.append(news)
        del self._news[:-_KEPT]
        self.revision += 1

    def job_ended(self, view: JobView, only: str | None) -> None:
        """Tell how a job ended. `only` is the tenant's name when it was just one."""
        level, sentence = job_sentence(view, only)
        self.tell(level, sentence, job=view.id)

    def debts_paid(self, view: JobView, only: str | None) -> None:
        """Tell how giving access back ended. `only` is the tenant's name when it was just one."""
        level, sentence = debt_sentence(view, only)
        self.tell(level, sentence, job=view.id)

    def list_read(self, reading: Reading) -> None:
        """Tell how reading the list ended."""
        level, sentence = reading_sentence(reading)
        self.tell(level, sentence)

    def disk_lost(self, problem: StorageProblem) -> None:
        """Tell that nothing can be written down any more, so nothing may be begun."""
        words = f"Nothing can be changed any more: {problem.message}"
        self.tell(Level.ERROR, words)

    def left_out(self, entries: Sequence[str]) -> None:
        """Tell what of the registration nobody can be given."""
        self.tell(Level.WARNING, left_out_sentence(entries))

    def suspended(self, row: TenantRow) -> None:
        """Tell that a tenant has failed too often in a row to be tried by itself."""
        count = row.failures.count if row.failures is not None else 0
        words = f"{row.tenant.name}: failure {count} in a row, suspended. C clears and tests again."
        self.tell(Level.WARNING, words, tenant=row.id)


def left_out_sentence(entries: Sequence[str]) -> str:
    """What the app registration asks for and no service publishes in the partner's tenant."""
    shown = ", ".join(entries[:3]) + (f" and {len(entries) - 3} more" if len(entries) > 3 else "")
    return f"The app registration asks for what is published nowhere, left out: {shown}."


def job_sentence(view: JobView, only: str | None = None) -> tuple[Level, str]:
    """How a job ended, with all its counts. `only` is the tenant's name when it was just one."""
    if (cause := view.fleet_wide) is not None:
        advice = advise(cause)
        words = advice.headline if advice.fleet_wide else cause.message or advice.headline
        return Level.ERROR, f"Job {view.id} stopped: one cause for all, {words.rstrip('.')}."
    verb = _VERBS[view.action]
    if only is not None and view.total == 1 and view.done == 1:
        return Level.GOOD, f"{verb} {only}.{_hint(view)}"
    parts = [
        f"{number} {word}"
        for number, word in (
            (view.changed, "changed" if view.action is Action.REFRESH else "done"),
            (view.unchanged, "in order already"),
            (view.restored, "restored"),
            (view.failed, "failed"),
            (view.stranded, "WITHOUT ACCESS"),
            (view.skipped, "left out"),
            (view.stopped, "not started"),
        )
        if number
    ]
    took = (view.ended_at - view.started_at).total_seconds() if view.ended_at else 0.0
    bad = view.failed + view.stranded
    level = Level.ERROR if view.stranded else Level.WARNING if bad else Level.GOOD
    counts = ", ".join(parts) or "nothing to do"
    tail = " J shows them." if view.action in (Action.REFRESH, Action.RESET) else _hint(view)
    return level, f"Job {view.id}: {counts}, {clock_words(took)}.{tail}"


def debt_sentence(view: JobView, only: str | None = None) -> tuple[Level, str]:
    """How giving back what an earlier run took away ended."""
    if view.stranded or view.waiting or view.stopped:
        who = only or f"{view.stranded} tenants"
        return Level.ERROR, f"{who} still without access: enter on the row says why."
    if only is not None:
        return Level.GOOD, f"{only} has its access back."
    return Level.GOOD, f"{view.done} tenants have their access back."


def reading_sentence(reading: Reading) -> tuple[Level, str]:
    """How reading the list ended."""
    if reading.problem is not None:
        return Level.ERROR, f"Could not read the list: {reading.problem}. ctrl+r tries again."
    return Level.INFO, f"List read: {reading.seen} tenants, {reading.words}."


def traffic_words(concurrency: Concurrency) -> str:
    """How many requests are in flight: "24 requests in flight, up to 64 (auto)"."""
    auto = "" if concurrency.is_fixed else " (auto)"
    return f"{concurrency.in_flight} requests in flight, up to {concurrency.limit}{auto}"


def clock_words(seconds: float) -> str:
    """A duration as minutes and seconds: 4:12."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


_VERBS = {
    Action.EXCLUDE: "Excluded",
    Action.INCLUDE: "Included",
    Action.REMOVE: "Removed from the list:",
    Action.REFRESH: "Refreshed",
    Action.RESET: "Reset",
    Action.WRITE_OFF: "Written off:",
    Action.SYNC: "Read",
}


def _hint(view: JobView) -> str:
    return " u takes it back." if view.action in (Action.EXCLUDE, Action.INCLUDE) else ""
