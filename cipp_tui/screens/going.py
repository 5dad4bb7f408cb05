"""Where a screen asks the program to go; the app answers these messages."""

from textual.message import Message

from cipp_tui.domain.tenants import TenantId


class GoToTenant(Message):
    """Show the Tenants screen with the cursor on this tenant."""

    def __init__(self, tenant: TenantId) -> None:
        super().__init__()
        self.tenant = tenant


class GoToJob(Message):
    """Show the results of this job."""

    def __init__(self, job: int) -> None:
        super().__init__()
        self.job = job


class GoHome(Message):
    """Show the Tenants screen: the screen that asks has nothing to go back to."""


class GoToProfile(Message):
    """End with this profile: the program goes on with it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
