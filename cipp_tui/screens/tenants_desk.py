"""What all parts of the Tenants screen share: the session, the list, the frame and the panel."""

from textual.screen import Screen

from cipp_tui.screens.tenants_frame import Frame
from cipp_tui.screens.tenants_info import Info
from cipp_tui.screens.tenants_list import TenantList
from cipp_tui.services.session import Session
from cipp_tui.widgets.status_line import Question


class TenantsDesk(Screen[None]):
    """A part of the screen asks and speaks through this, and knows no other part."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.list = TenantList(session)
        self.frame = Frame(session, self.list)
        self.info = Info(session, self.list)

    def refuse(self, words: str) -> None:
        """Say in the status line why a key did nothing."""
        self.frame.refuse(words)
        self.tell()

    def mention(self, words: str) -> None:
        """Say in the status line what a key did."""
        self.frame.mention(words)
        self.tell()

    async def ask(self, question: Question) -> str | None:
        """Ask in the status line; the key that was pressed, None for escape."""
        return await self.frame.status.ask(question)

    def tell(self) -> None:
        """Write the frame anew; what says the same is not painted."""
        raise NotImplementedError
