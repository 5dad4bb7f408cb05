"""The journal read aloud: who did what to which tenant, and how it ended."""

from dataclasses import dataclass
from datetime import datetime

from cipp_tui.domain.jobs import Action, Outcome
from cipp_tui.domain.permissions import NOTHING_DONE, StepCounts
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.tenants import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One tenant's part of one job, as it stands."""

    at: datetime  # the newest mark, else when the job was made
    actor: str
    job: int
    action: Action
    reason: str
    tenant: TenantId
    tenant_name: str
    outcome: Outcome | None  # None: not finished
    stopped_at: str = ""  # the step it stopped at
    counts: StepCounts = NOTHING_DONE
    problem: Problem | None = None
    request_id: str | None = None
