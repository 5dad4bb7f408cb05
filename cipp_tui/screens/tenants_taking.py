"""Taking something along: copying through the terminal, writing to a file."""

import asyncio

from cipp_tui.domain.tenants import TenantId
from cipp_tui.screens.tenants_copy import copy_question, copyable, fleet_table, table_text
from cipp_tui.screens.tenants_desk import TenantsDesk


class Taking(TenantsDesk):
    """The part of the screen that copies and exports."""

    async def ask_copy(self) -> None:
        from cipp_tui.screens.copying import copied_words, copy_text

        table = self.frame.table
        key = table.cursor_key
        row = self.session.fleet.row(TenantId(key)) if key is not None else None
        texts = copyable(row, self.list.seen, self.info.answered_problem(row))
        texts["t"] = table_text(table.heads, [self.list.draw(seen) for seen in table.seen])
        pressed = await self.ask(copy_question(texts))
        if pressed is not None:
            copy_text(self.app, texts[pressed])
            self.mention(copied_words(texts[pressed]))

    async def ask_export(self) -> None:
        from cipp_tui.screens.export import written
        from cipp_tui.screens.export_sheet import ExportSheet, Scope

        scopes = [Scope("all shown", len(self.list.keys))]
        if len(self.list.marks):
            scopes.insert(0, Scope("marked", len(self.list.marks)))
        choice = await self.app.push_screen_wait(
            ExportSheet("tenants", scopes, clock=self.session.clock)
        )
        if choice is None:
            return
        rows = self.list.chosen(marked=choice.scope == "marked")
        table = await asyncio.to_thread(fleet_table, rows, self.list.seen)
        try:
            path = await written(choice.path, choice.format, table)
        except OSError as error:
            self.refuse(f"Not written: {error}")
        else:
            self.mention(f"Wrote {len(rows):,} tenants to {path}")
