"""What every visit of a session works with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cipp_tui.api.backend import Preflight
from cipp_tui.api.grants import Grants
from cipp_tui.api.graph import Graph
from cipp_tui.api.pace import Patience
from cipp_tui.api.partner import PartnerCenter
from cipp_tui.api.tokens import Tokens
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.permissions import WantedPermissions
from cipp_tui.domain.tenants import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """The parts of a backend, handed to each of its visits."""

    tokens: Tokens
    graph: Graph
    grants: Grants
    partner: PartnerCenter
    wanted: Callable[[], Awaitable[WantedPermissions]]
    preflight: Callable[[Tenant], Awaitable[Preflight]]
    ended: Callable[[Tenant], Awaitable[str | None]]  # why its relationships are over, if they are
    prune: bool
    patience: Patience
    seed: str  # makes request ids unique to this state on disk
    clock: Clock
