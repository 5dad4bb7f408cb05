"""What every service needs beside the request: the world, the clock, knobs, faults and limits."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cipp_tui.simulator.entra.tokens import TokenMint
from cipp_tui.simulator.faults import Faults
from cipp_tui.simulator.knobs import Knobs
from cipp_tui.simulator.limits import Limits
from cipp_tui.simulator.messages import Request, Response
from cipp_tui.simulator.world import Relationship, Tenant, World

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class KeptRelationships:
    """The last filtered list of relationships, for the pages that follow."""

    key: tuple[int, str, str]
    since: float
    found: list[Relationship]


@dataclass(slots=True)
class Context:
    """The parts of the simulator that services share."""

    world: World
    knobs: Knobs
    faults: Faults
    mint: TokenMint
    limits: Limits
    clock: Clock = time.time
    shuffle: random.Random = field(default_factory=lambda: random.Random(0))
    kept_relationships: KeptRelationships | None = None

    def replication_delay(self, knob_s: float) -> float:
        """Return how long a fresh object stays hidden: the knob, or what the faults bring."""
        return max(knob_s, self.faults.replication_delay())

    def consent_delete_removes_principal(self, tenant: Tenant) -> bool:
        """Decide what deleting a consent does to the principal in this tenant.

        Source: Partner Center, Control Panel Vendor APIs ("remove consent"); third parties
        report that the principal stays.
        """
        if tenant.principal_survives_delete is not None:
            return not tenant.principal_survives_delete
        choice = self.knobs.consent_delete_removes_principal
        if choice == "alternate":
            return int(tenant.id.replace("-", ""), 16) % 2 == 0
        return choice


@dataclass(frozen=True, slots=True)
class Resolution:
    """A request whose meaning is known: its route, its tenant, and how to answer it."""

    route: str
    tenant: str | None
    run: Callable[[], Response]
    is_write: bool = False


Resolver = Callable[[Request], Resolution]
