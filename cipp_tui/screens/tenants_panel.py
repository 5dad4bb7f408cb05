"""The info panel: opening and closing it, and letting it follow the cursor."""

import asyncio
from typing import Final

from textual import on
from textual.geometry import Offset

from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_desk import TenantsDesk
from cipp_tui.screens.tenants_info import RESTS_S
from cipp_tui.widgets.fleet_table import FleetTable
from cipp_tui.widgets.panel import Panel

SLIDE_S: Final = 0.15


class PanelSide(TenantsDesk):
    """The part of the screen that shows one tenant."""

    @property
    def panel_open(self) -> bool:
        return self.has_class("-panel")

    @property
    def panel_is_whole(self) -> bool:
        """Whether the panel covers the table."""
        return self.size.width < 100

    @on(FleetTable.RowSelected)
    def _selected(self) -> None:
        self.toggle_panel()

    def toggle_panel(self) -> None:
        if self.panel_open:
            self.close_panel()
        else:
            self.open_panel()

    def open_panel(self) -> None:
        if self._slides:
            self.info.panel.offset = Offset(self.size.width, 0)
        self.add_class("-panel")
        self.session.remember("panel", "open")
        self.call_after_refresh(self._panel_opened)

    @property
    def _slides(self) -> bool:
        """Only where moving costs nothing: on the admin's own terminal."""
        return self.app.animation_level != "none"

    def _panel_opened(self) -> None:
        self._show_in_panel()
        if self._slides:
            self.info.panel.animate("offset", Offset(0, 0), duration=SLIDE_S, easing="out_cubic")
        if self.panel_is_whole:
            self.info.panel.focus(scroll_visible=False)

    def _show_in_panel(self) -> None:
        key = self.frame.table.cursor_key
        tenant = TenantId(key) if key is not None else None
        self.info.about(tenant, whole_screen=self.panel_is_whole)
        self.run_worker(self._read_history(), group="history", exclusive=True)

    def panel_follows(self) -> None:
        if self.panel_is_whole:
            self._show_in_panel()
        else:
            self.run_worker(self._follow_cursor(), group="panel", exclusive=True)

    async def _follow_cursor(self) -> None:
        await asyncio.sleep(RESTS_S)  # a newer step cancels this one
        self._show_in_panel()

    def ask_why(self) -> None:
        """Ask the services why the tenant at the cursor does not work; the panel shows it."""
        key = self.frame.table.cursor_key
        if key is None:
            return
        if not self.panel_open:
            self.open_panel()
        self.run_worker(self._ask_why(TenantId(key)), group="why", exclusive=True)

    async def _ask_why(self, tenant: TenantId) -> None:
        info = self.info
        info.asking = tenant
        info.tell(whole_screen=self.panel_is_whole)
        try:
            await info.ask_why(tenant)
        finally:
            if info.asking == tenant:
                info.asking = None
            if self.is_mounted:
                info.tell(whole_screen=self.panel_is_whole)

    async def _read_history(self) -> None:
        await self.info.read_history(whole_screen=self.panel_is_whole)

    @on(Panel.Shut)
    def close_panel(self) -> None:
        self.remove_class("-panel")
        self.session.remember("panel", "")
        self.frame.table.focus(scroll_visible=False)

    @on(Panel.Neighbour)
    def _neighbour(self, event: Panel.Neighbour) -> None:
        self.frame.table.action_step(event.by)

    @on(Panel.Pager)
    def _pager(self) -> None:
        from cipp_tui.widgets.pager import page_text

        if (reason := page_text(self.app, self.info.text())) is not None:
            self.refuse(f"Pager: {reason}")
