"""Jobs on the Tenants screen: the dock of the one at work, and the way to results."""

from textual import on

from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_desk import TenantsDesk
from cipp_tui.services.session import Session
from cipp_tui.widgets.dock import Dock


class JobSide(TenantsDesk):
    """The part of the screen that shows what runs and opens what ran."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.dock_wanted = session.remembered("dock", "dock") == "dock"

    def next_dock(self) -> None:
        """The dock: a line, six lines, the whole screen."""
        job = self.session.jobs.running()
        if job is not None and self.size.height >= 30 and not self.dock_wanted:
            self.dock_wanted = True
            self.session.remember("dock", "dock")
        else:
            self.dock_wanted = False
            self.session.remember("dock", "line")
            self.open_job(job.id if job is not None else None)

    def look_at_dock(self) -> None:
        """Fill the dock; when it goes, the focus goes back to the table."""
        frame = self.frame
        changed = frame.tell_dock(wanted=self.dock_wanted, tall=self.size.height >= 30)
        if changed and self.focused is frame.dock and not frame.dock.display:
            frame.table.focus(scroll_visible=False)

    @on(Dock.Opened)
    def _dock_opened(self) -> None:
        job = self.session.jobs.running()
        self.open_job(job.id if job is not None else None)

    def open_job(self, job: int | None) -> None:
        """Show the results of a job; of the newest one without a number."""
        self.run_worker(self._open_job(job), group="act")

    async def _open_job(self, job: int | None) -> None:
        from cipp_tui.screens.job import JobScreen

        if job is None:
            jobs = await self.session.jobs.newest(1)
            job = jobs[0].id if jobs else None
        if job is None or await self.session.jobs.load(job) is None:
            self.refuse("No job has run yet")
        else:
            await self.app.push_screen(JobScreen(self.session, job))

    async def open_latest_job(self) -> None:
        """Show the results of the latest job of the tenant at the cursor."""
        key = self.frame.table.cursor_key
        if key is None:
            return
        history = await self.session.past.of_tenant(TenantId(key), 1)
        if history:
            await self._open_job(history[0].job)
        else:
            self.refuse("Nothing was done to this tenant yet")
