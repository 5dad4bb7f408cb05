"""The port: everything the program asks of the outside world, whoever answers."""

from collections.abc import AsyncGenerator, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cipp_tui.api.live_record import Observation
from cipp_tui.domain.credentials import CredentialStatus
from cipp_tui.domain.evidence import Evidence
from cipp_tui.domain.gdap_trace import TraceReading
from cipp_tui.domain.jobs import Action, Step
from cipp_tui.domain.permissions import (
    NOTHING_DONE,
    GrantedPermissions,
    PermissionDiff,
    StepCounts,
    WantedPermissions,
)
from cipp_tui.domain.problems import Problem, Refused, Side, SignInProblem
from cipp_tui.domain.refusals import Refusal
from cipp_tui.domain.tenants import Tenant, TenantId, UnreadableRow


class Capability(StrEnum):
    """What a backend can do at all."""

    COMPARE = "compare"
    REFRESH = "refresh"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a tenant holds, read just now, against what is wanted."""

    wanted: WantedPermissions
    granted: GrantedPermissions
    diff: PermissionDiff
    unlicensed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step of a plan did."""

    counts: StepCounts = NOTHING_DONE
    comparison: Comparison | None = None  # set by a step that read everything back
    tenant: Tenant | None = None  # set when the tenant's own facts (domains) were read on the way
    note: str = ""
    request_id: str | None = None
    settled: tuple[str, ...] = ()  # later steps of the plan that have nothing left to do
    refused: tuple[Refusal, ...] = ()  # parts that the tenant did not let us give
    principal: str | None = None  # our object id before something is taken away; "": none


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a pre-flight."""

    words: str
    good: bool
    problem: Problem | None = None  # what a service said, where that is why it is not good


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was checked before something is taken away."""

    checks: tuple[Check, ...]

    @property
    def good(self) -> bool:
        return all(check.good for check in self.checks)

    @property
    def reason(self) -> str:
        """The first failed check, in words; empty when all are good."""
        return next((check.words for check in self.checks if not check.good), "")

    @property
    def own_side(self) -> Problem | None:
        """What our own side was refused, so that it would be so for every customer."""
        for check in self.checks:
            problem = check.problem
            if isinstance(problem, Refused | SignInProblem) and problem.side is Side.OWN:
                return problem
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSignIn:
    """A sign-in by device code that is under way."""

    user_code: str
    verification_uri: str
    expires_at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSignIn:
    """A sign-in with a browser that is under way."""

    address: str  # to be opened in the browser
    redirect: str  # where the browser ends: this, with the answer behind it
    is_listening: bool  # on this machine the browser comes back by itself
    expires_at: datetime


class Visit(Protocol):
    """Work on one tenant: remembers what it has read, so that steps need not read it again.

    Forgetting a visit loses nothing: a step that finds its reading missing reads anew.
    """

    done: StepCounts
    """What the step performed last has done, as far as answers told; also when it failed."""

    async def perform(self, step: Step) -> StepResult:
        """Run one step.

        Raises: Problem.
        """
        ...


class Waits(Protocol):
    """Work that waits for its own tenant's sake, a throttled one for example."""

    waiting: int
    """How many visits wait at present. They need no worker meanwhile."""

    on_wait: Callable[[], None] | None
    """Called whenever one begins to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedPace:
    """What a run learned of how much may be asked of the services."""

    at: datetime
    in_flight: int  # requests at once
    per_second: Mapping[str, float]  # by service, where a limit was met


class Concurrency(Protocol):
    """How many requests may be in flight at once, at present, and how many are."""

    @property
    def limit(self) -> int: ...

    @property
    def in_flight(self) -> int: ...

    @property
    def is_fixed(self) -> bool:
        """The profile names the number; else it follows what the services bear."""
        ...


class Backend(Protocol):
    """One way to reach the tenants."""

    capabilities: frozenset[Capability]

    def tenants(
        self,
        only: TenantId | None = None,
        *,
        unreadable: Callable[[UnreadableRow], None],
        known: Container[TenantId] = frozenset(),
    ) -> AsyncGenerator[Sequence[Tenant], None]:
        """Tenants as their facts come in; a later one replaces an earlier of the same id.

        With `only`, the one tenant, read thoroughly. `unreadable` is told of rows that nobody
        understands; they keep no other from being read. `known` tells whose domain is known: theirs
        is read, too, but after the others'. Closing it ends what is under way. Raises: Problem.
        """
        ...

    @property
    def domains_refusal(self) -> Problem | None:
        """Why nobody's default domain could be read in the last reading: one cause for all."""
        ...

    async def wanted(self) -> WantedPermissions:
        """The permission set every tenant should hold. Read once, then remembered."""
        ...

    @property
    def credential(self) -> CredentialStatus:
        """What the application proves itself with, and when that ends, as far as it was read."""
        ...

    async def compare(self, tenant: Tenant, *, unlicensed: tuple[str, ...] = ()) -> Comparison:
        """Read a tenant and compare; writes nothing. Raises: Problem.

        `unlicensed` names resources that an earlier refresh found the tenant cannot have.
        """
        ...

    async def evidence(
        self, tenant: Tenant, *, unlicensed: tuple[str, ...] = (), in_debt: bool = False
    ) -> Evidence:
        """Read, just now, what tells why a tenant works or not; writes nothing, raises nothing.

        A fact that cannot be read is told as such. `in_debt`: access is owed, so that a consent
        will have to be given.
        """
        ...

    async def preflight(self, tenant: Tenant) -> Preflight:
        """Check whether a reset could give back what it takes away; changes nothing."""
        ...

    async def own_checks(self) -> Sequence[Check]:
        """Whether our own side can work at all; changes nothing."""
        ...

    def live_check(self, tenant: TenantId | None) -> AsyncGenerator[Observation, None]:
        """Read, one thing after the other, what a refresh and a reset read; changes nothing.

        `tenant`: which customer; None: the first with an active relationship.
        """
        ...

    async def gdap_trace(
        self, tenant: TenantId, users: Sequence[str], heard: Callable[[str], None]
    ) -> TraceReading:
        """Read what decides which roles users of the partner hold in a tenant; changes nothing.

        `heard` is told what is being read. Raises: Problem when nothing can be said at all; what
        could be read in part only is told in the reading.
        """
        ...

    def plan(self, action: Action, tenant: Tenant) -> tuple[Step, ...]:
        """The steps of an action on a tenant; what each does, not when."""
        ...

    def visit(
        self, tenant: Tenant, *, item: int, tried: Mapping[str, int], removed: str | None = None
    ) -> Visit:
        """Begin work on a tenant. `item` names the journal's entry, for request ids.

        `removed`: the object id our principal had when it was, or may have been, taken away; empty
        when it is not known; None when nothing was taken. A reading that shows it proves nothing.

        `tried` tells how often each step of the item came to an end before, well or not: a service
        answers a request id it knows as it did then.
        """
        ...

    async def signed_in(self) -> str | None:
        """Who is signed in, without asking anybody; None when a sign-in is needed."""
        ...

    async def begin_sign_in(self) -> DeviceSignIn:
        """Start a sign-in by device code. Raises: Problem."""
        ...

    async def begin_browser_sign_in(self) -> BrowserSignIn:
        """Start a sign-in with a browser. Raises: Problem."""
        ...

    def paste_address(self, text: str) -> None:
        """Take the address that the browser ended on. Raises: SignInProblem; it waits on then."""
        ...

    async def finish_sign_in(self) -> str:
        """Wait until the sign-in begun last is done; the user's name. Raises: SignInProblem."""
        ...

    def cancel_sign_in(self) -> None:
        """Give the pending sign-in up."""
        ...

    @property
    def sign_in_trouble(self) -> str:
        """Why the sign-in is not kept where it should be, as a sentence; empty when it is."""
        ...

    @property
    def http_requests(self) -> int:
        """How many HTTP requests were sent so far."""
        ...

    @property
    def patience(self) -> Waits:
        """Who waits, of the visits under way."""
        ...

    @property
    def holding(self) -> str:
        """Words for a service that asks us to wait; empty when none does."""
        ...

    @property
    def concurrency(self) -> Concurrency:
        """The requests in flight."""
        ...

    def learned_pace(self) -> LearnedPace | None:
        """What the next run may begin with; None where nothing was learned."""
        ...

    def resume_pace(self, pace: LearnedPace) -> None:
        """Begin with what an earlier run learned."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
