"""What a screen is shown of jobs, the list being read, news and profiles. Facts, no verbs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cipp_tui.domain.fleet import Progress
from cipp_tui.domain.jobs import Action, ItemState, Outcome
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.refusals import Refusal
from cipp_tui.domain.tenants import TenantId, UnreadableRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One tenant in a job."""

    tenant: TenantId
    tenant_name: str
    progress: Progress
    counts: StepCounts = NOTHING_DONE
    skipped_because: str = ""
    refused: tuple[Refusal, ...] = ()  # parts that the tenant did not let us give

    @property
    def needs_retry(self) -> bool:
        """Whether a retry of the job takes it again: it failed, was stopped, or never begun."""
        left = self.progress.outcome is Outcome.SKIPPED
        return left or self.progress.state in (ItemState.FAILED, ItemState.STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job at one moment, in numbers."""

    id: int
    action: Action
    actor: str
    started_at: datetime
    ended_at: datetime | None
    total: int
    waiting: int
    running: int
    changed: int
    unchanged: int
    failed: int
    skipped: int
    restored: int
    stranded: int
    stopped: int
    left_s: float | None  # seconds left by the rate so far; None before the tenth finished tenant
    in_flight: tuple[ItemView, ...]  # the four oldest
    last_failure: ItemView | None
    fleet_wide: Problem | None = None  # one cause that stopped the whole job
    retry_of: int | None = None

    @property
    def finished(self) -> int:
        return self.total - self.waiting - self.running

    @property
    def done(self) -> int:
        """Came out well."""
        return self.changed + self.unchanged + self.restored

    @property
    def at_work(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """One fact of a tenant that a reading of the list found changed."""

    tenant: TenantId
    name: str
    what: str  # "name" or "default domain"
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what} {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The list being read, or how it went the last time."""

    running: bool
    seen: int = 0
    about: int | None = None  # how many tenants the stored list has
    started_at: datetime | None = None
    problem: Problem | None = None
    new: tuple[str, ...] = ()  # names
    changed: tuple[FactChange, ...] = ()
    gone: tuple[str, ...] = ()
    excluded: int = 0  # of those that were seen
    domains_unread: tuple[str, ...] = ()
    domains_refusal: Problem | None = None  # one cause why no domain could be read
    unreadable: tuple[UnreadableRow, ...] = ()

    @property
    def words(self) -> str:
        """What became of the list, in one phrase: "2 new, 1 gone, 3 excluded"."""
        news = [
            f"{number} {word}"
            for number, word in (
                (len(self.new), "new"),
                (len({change.tenant for change in self.changed}), "changed"),
                (len(self.gone), "gone"),
            )
            if number
        ]
        rest = [
            f"{number} {word}"
            for number, word in (
                (self.excluded, "excluded"),
                (
                    0 if self.domains_refusal else len(self.domains_unread),
                    "without a readable domain",
                ),
                (len(self.unreadable), "unreadable"),
            )
            if number
        ]
        if self.domains_refusal is not None:
            rest.append(f"default domains not readable ({self.domains_refusal.code})")
        return ", ".join([*(news or ["nothing changed"]), *rest])


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCounts:
    """The numbers of the title line."""

    total: int
    managed: int
    failing: int
    excluded: int
    no_access: int
    gone: int
    due: int


class Level(StrEnum):
    """How much a message matters."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One message. One line, what happened, to whom, how many, what next."""

    at: datetime
    level: Level
    text: str
    tenant: TenantId | None = None
    job: int | None = None


class SignInState(StrEnum):
    """Whether the services know us."""

    UNKNOWN = "unknown"  # not asked yet
    SIGNED_IN = "signed in"
    NEEDED = "needed"
    PENDING = "pending"  # a device code waits to be used


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """What the screen tells of the profile in force."""

    name: str
    backend: str  # direct | cipp | demo
    partner: str = ""  # whose tenant, and which application, jobs are done with
    app: str = ""
    read_only: bool = False
    tag: str = ""
    colour: str = ""
    confirm_always: bool = False
    reason_required: bool = False
    prune: bool = False
    title: bool = True
    bell: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLine:
    """A profile as the config file has it."""

    name: str
    backend: str
    where: str  # "acme-msp.com", "the built-in simulator"
    read_only: bool = False
    problem: str = ""  # "BETA_SECRET is not set"
