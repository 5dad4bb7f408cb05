"""The bag a screen or a command is given: the fleet, the jobs, the news, and the verbs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cipp_tui.api.backend import Comparison, DeviceSignIn, Preflight
from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.views import (
    FleetCounts,
    ItemView,
    JobView,
    News,
    Reading,
    SignInState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """What the screen tells of the profile in force."""

    name: str
    backend: str  # direct | cipp | demo
    read_only: bool = False
    tag: str = ""
    colour: str = ""
    confirm_always: bool = False
    reason_required: bool = False
    prune: bool = False


class Fleet:
    """Every known tenant, in memory, the newest facts."""

    @property
    def revision(self) -> int:
        """Grows with every changed row."""
        raise NotImplementedError

    @property
    def membership(self) -> int:
        """Grows when tenants come or go."""
        raise NotImplementedError

    @property
    def read_at(self) -> datetime | None:
        """When the whole list was last read."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def rows(self) -> Sequence[TenantRow]:
        """All rows, in no order."""
        raise NotImplementedError

    def row(self, tenant: TenantId) -> TenantRow | None:
        raise NotImplementedError

    def since(self, seen: int) -> tuple[int, list[TenantId]]:
        """The revision now, and whose rows changed after revision `seen`."""
        raise NotImplementedError

    def counts(self) -> FleetCounts:
        """The numbers of the title line; kept up to date, so asking is cheap."""
        raise NotImplementedError


class Session:
    """One profile at work. Every method that acts returns at once; progress is on the boards."""

    profile: ProfileFacts
    clock: Clock
    fleet: Fleet
    actor: str
    looking_only: str | None  # who else works on this profile, when somebody does

    # -- reading ---------------------------------------------------------------------------
    def read_list(self, only: TenantId | None = None) -> bool:
        """Start reading the list (or one tenant) again; False when it is being read already."""
        raise NotImplementedError

    @property
    def reading(self) -> Reading:
        raise NotImplementedError

    async def compare(self, tenant: TenantId) -> Comparison:
        """Compare one tenant now and remember the result. Raises: Problem."""
        raise NotImplementedError

    async def preflight(self, tenant: TenantId) -> Preflight:
        """Whether a reset would be able to give back. Raises: Problem."""
        raise NotImplementedError

    async def history(self, tenant: TenantId, limit: int = 20) -> list[AuditEntry]:
        """What was done to the tenant, newest first."""
        raise NotImplementedError

    # -- acting ----------------------------------------------------------------------------
    def why_off(self, action: Action | None = None) -> str | None:
        """Why nothing (or not this action) can be done now: read-only, sign-in needed, …"""
        raise NotImplementedError

    async def exclude(self, tenants: Iterable[TenantId], reason: str = "") -> JobView:
        raise NotImplementedError

    async def include(self, tenants: Iterable[TenantId]) -> JobView:
        raise NotImplementedError

    async def remove(self, tenants: Iterable[TenantId], *, exclude: bool = False) -> JobView:
        raise NotImplementedError

    async def refresh(self, tenants: Iterable[TenantId]) -> JobView:
        raise NotImplementedError

    async def reset(self, tenants: Iterable[TenantId]) -> JobView:
        raise NotImplementedError

    @property
    def undoable(self) -> tuple[Action, tuple[TenantId, ...]] | None:
        """The last exclude or include of this run that was not taken back, and whom it changed."""
        raise NotImplementedError

    async def undo(self) -> JobView:
        """Take it back: who, when and why are put back as they were."""
        raise NotImplementedError

    async def clear_failures(self, tenants: Iterable[TenantId]) -> JobView:
        """Set the failure count back and refresh now."""
        raise NotImplementedError

    # -- jobs ------------------------------------------------------------------------------
    @property
    def jobs_revision(self) -> int:
        raise NotImplementedError

    def running_job(self) -> JobView | None:
        """The newest job at work."""
        raise NotImplementedError

    def job(self, job: int) -> JobView | None:
        """A job of this run, or one that was loaded by `jobs`."""
        raise NotImplementedError

    def items(self, job: int) -> Sequence[ItemView]:
        """Failed first, then running, skipped, done, waiting."""
        raise NotImplementedError

    async def jobs(self, limit: int = 200) -> list[JobView]:
        """Newest first, from the journal."""
        raise NotImplementedError

    async def stop(self, job: int) -> None:
        """What is in flight ends, what waits does not start; debts are always paid."""
        raise NotImplementedError

    async def retry(self, job: int) -> JobView:
        """A new job for those that failed or were not started."""
        raise NotImplementedError

    async def resume(self, job: int) -> JobView:
        """Go on with a job that was interrupted."""
        raise NotImplementedError

    @property
    def owed(self) -> Sequence[TenantRow]:
        """Tenants whose access was taken away and is not back."""
        raise NotImplementedError

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        raise NotImplementedError

    # -- news ------------------------------------------------------------------------------
    @property
    def news(self) -> Sequence[News]:
        """All messages of this run, oldest first."""
        raise NotImplementedError

    # -- signing in ------------------------------------------------------------------------
    @property
    def sign_in_state(self) -> SignInState:
        raise NotImplementedError

    @property
    def user(self) -> str | None:
        """Who is signed in."""
        raise NotImplementedError

    async def begin_sign_in(self) -> DeviceSignIn:
        """Start a device code sign-in; it is finished in the background. Raises: Problem."""
        raise NotImplementedError

    @property
    def sign_in_problem(self) -> Problem | None:
        """Why the last sign-in did not work."""
        raise NotImplementedError

    def cancel_sign_in(self) -> None:
        raise NotImplementedError

    # -- remembering and leaving -----------------------------------------------------------
    def remembered(self, key: str, default: str = "") -> str:
        """What the program remembers by itself: sort, columns, panel, theme, filters."""
        raise NotImplementedError

    def remember(self, key: str, value: str) -> None:
        """Kept on disk soon, never at once."""
        raise NotImplementedError

    async def leave(self) -> None:
        """Take no more work, let what is in flight end, and pay every debt."""
        raise NotImplementedError
