"""Marking tenants: one, a range, all that are shown."""

from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_desk import TenantsDesk


class Marking(TenantsDesk):
    """The part of the screen that marks."""

    def toggle_mark(self) -> None:
        table, marks = self.frame.table, self.list.marks
        if marks.ranging:
            self._keep_range()
        elif (key := table.cursor_key) is not None:
            marks.toggle(TenantId(key))
            table.put([key])
            table.action_step(1)

    def draw_range(self) -> None:
        table, marks = self.frame.table, self.list.marks
        if marks.ranging:
            self._keep_range()
        elif (key := table.cursor_key) is not None:
            marks.begin_range(TenantId(key))
            table.put([key])

    def _keep_range(self) -> None:
        self.list.marks.keep_range()

    def mark_all(self) -> None:
        self.list.marks.add(self.list.keys)
        self.frame.table.put(self.list.keys)

    def invert_marks(self) -> None:
        self.list.marks.invert(self.list.keys)
        self.frame.table.put(self.list.keys)

    def unmark_all(self) -> None:
        marked = self.list.marks.all
        self.list.marks.clear()
        self.frame.table.put(marked)
