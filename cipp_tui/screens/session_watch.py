"""What the program does by itself: it asks to sign in, reads the list, rings for a long job."""

import gc
from collections.abc import Callable
from typing import Final

from cipp_tui.domain.jobs import Action
from cipp_tui.services.session import Session
from cipp_tui.services.views import JobView, SignInState

BELL_FROM_S: Final = 60.0

SETTLED_ROWS: Final = 1_000
"""So many new tenants in memory are worth telling the collector about."""


class SessionWatch:
    """Looks at the session once a second."""

    def __init__(
        self, session: Session, *, sign_in: Callable[[], None], ring: Callable[[], None]
    ) -> None:
        self._session = session
        self._sign_in = sign_in
        self._ring = ring
        self._sign_in_was = SignInState.UNKNOWN
        self._read_started = False
        self._job_seen: int | None = None
        self._settled_rows = 0

    def look(self) -> None:
        """Has the sign-in changed, has a long job ended, has the list grown?"""
        self.spare_the_collector()
        self._look_at_sign_in()
        self._look_at_job()

    def spare_the_collector(self) -> None:
        """Tenants stay, and what a job found of them: to search them stops the screen for 0.2 s.

        The rest, closed dialogs for the most part, is searched while no job runs, soon enough to
        take no more than some milliseconds.
        """
        if abs(len(self._session.fleet) - self._settled_rows) >= SETTLED_ROWS:
            self._settle()
        elif gc.get_count()[2] > 0 and self._session.jobs.running() is None:
            gc.collect()

    def _settle(self) -> None:
        self._settled_rows = len(self._session.fleet)
        gc.collect(1)
        gc.freeze()

    def _look_at_sign_in(self) -> None:
        state = self._session.signing.state
        if state is self._sign_in_was:
            return
        was, self._sign_in_was = self._sign_in_was, state
        if state is SignInState.SIGNED_IN and not self._read_started:
            off = self._session.acts.why_off(Action.SYNC) is not None
            self._read_started = not off and self._session.listing.start()
        elif state is SignInState.NEEDED and was is not SignInState.PENDING:
            self._sign_in()  # but not because somebody has just given one up

    def _look_at_job(self) -> None:
        job = self._session.jobs.running()
        if job is not None:
            self._job_seen = job.id
        elif self._job_seen is not None:
            over = self._session.jobs.view(self._job_seen)
            self._job_seen = None
            self._settle()
            if over is not None and self._session.profile.bell and _took_s(over) >= BELL_FROM_S:
                self._ring()


def _took_s(job: JobView) -> float:
    return (job.ended_at - job.started_at).total_seconds() if job.ended_at is not None else 0.0
