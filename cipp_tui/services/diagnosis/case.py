"""Everything that is known of one tenant, stored or read just now, and what follows from it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeVar

from cipp_tui.domain.evidence import Evidence, Holdings, Membership, RoleMapping, Unread
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import (
    Broken,
    LostReply,
    Problem,
    Refused,
    SignInProblem,
    Stopped,
    Throttled,
    Unreachable,
)
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import GdapRelationship, TenantKind

T = TypeVar("T")

USER_UNKNOWN_CODES: Final = frozenset({50020, 50177, 90072})
"""Source: Entra, "Authentication and authorization error codes"."""

PASSING: Final = (Throttled, Unreachable, LostReply, Broken, Stopped)
"""Problems that say nothing of the tenant once its services have answered again."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A tenant to be judged."""

    row: TenantRow
    now: datetime
    found: Evidence | None = None  # None: nobody was asked
    listed: bool = True
    prune: bool = False

    # -- what is stored ------------------------------------------------------------------------
    @property
    def by_gdap(self) -> bool:
        """Whether access comes, or should come, through a relationship."""
        return self.row.tenant.kind is TenantKind.CUSTOMER

    @cached_property
    def last_problem(self) -> Problem | None:
        """The newest problem of the tenant that is kept."""
        progress = self.row.progress
        if progress is not None and progress.problem is not None:
            return progress.problem
        return self.row.failures.problem if self.row.failures is not None else None

    @cached_property
    def standing_problem(self) -> Problem | None:
        """The newest problem, unless what was read just now shows that it is over."""
        problem = self.last_problem
        if problem is None or self.found is None:
            return problem
        if self.holdings is None:
            return None  # what was read says more
        over = (
            problem.entra is not None
            or problem.lacks_consent
            or isinstance(problem, (*PASSING, SignInProblem))
            or problem.code.startswith("gdap-")
            or self.complete
        )
        return None if over else problem

    # -- what was read ---------------------------------------------------------------------------
    @property
    def holdings(self) -> Holdings | None:
        return None if self.found is None else _known(self.found.holdings)

    @property
    def membership(self) -> Membership | None:
        return None if self.found is None else _known(self.found.membership)

    @property
    def mappings(self) -> tuple[RoleMapping, ...] | None:
        return None if self.found is None else _known(self.found.mappings)

    @property
    def token_problem(self) -> Problem | None:
        """Why the customer's Entra ID gives us no token."""
        return _why_unread(self.found.token) if self.found is not None else None

    @property
    def token_works(self) -> bool:
        return self.found is not None and isinstance(self.found.token, bool)

    @property
    def complete(self) -> bool:
        """Whether nothing that is wanted is missing, as it was read just now."""
        holdings = self.holdings
        return holdings is not None and holdings.enabled and holdings.diff.in_order

    @property
    def consent_problem(self) -> Problem | None:
        """What says, in the sign-in or in Graph, that our application is not in the tenant."""
        unread = self.found.holdings if self.found is not None else None
        for problem in (self.token_problem, _why_unread(unread)):
            if problem is not None and problem.lacks_consent:
                return problem
        return None

    @property
    def consent_missing(self) -> bool:
        """Whether our application is not in the tenant."""
        if self.consent_problem is not None:
            return True
        return (
            self.token_problem is None
            and self.holdings is not None
            and self.holdings.diff.consent_missing
        )

    @property
    def too_narrow(self) -> bool:
        """Whether something is missing and the consent does not let us give, or even see, it."""
        if not self.by_gdap:
            return False
        holdings = self.holdings
        if holdings is None:
            return self.found is not None and self.found.token is False and self._denied
        if holdings.diff.consent_missing or holdings.diff.in_order:
            return False
        return not holdings.widenable

    @property
    def _denied(self) -> bool:
        """Whether reading with the token was refused for want of rights."""
        holdings = self.found.holdings if self.found is not None else None
        return isinstance(holdings, Unread) and (
            isinstance(holdings.problem, Refused) and holdings.problem.status == 403
        )

    # -- relationships, roles, our user ------------------------------------------------------------
    @cached_property
    def relationships(self) -> tuple[GdapRelationship, ...] | None:
        """As read just now, else as stored; None where neither tells."""
        if self.found is not None and self.found.relationships is not None:
            return _known(self.found.relationships)
        stored = self.row.tenant.relationships
        return stored if stored or self.row.tenant.gone_since is not None else None

    @cached_property
    def usable(self) -> tuple[GdapRelationship, ...]:
        """Relationships that give access now."""
        if self.row.tenant.gone_since is not None and not self._relationships_read:
            return ()  # the last whole reading of the list did not bring any
        return tuple(
            r
            for r in self.relationships or ()
            if r.usable and (r.ends_at is None or r.ends_at > self.now)
        )

    @property
    def _relationships_read(self) -> bool:
        return self.found is not None and _known(self.found.relationships) is not None

    @cached_property
    def active_mappings(self) -> tuple[RoleMapping, ...]:
        return tuple(m for m in self.mappings or () if m.active)

    @cached_property
    def our_roles(self) -> frozenset[RoleId] | None:
        """The roles our user has there through GDAP; None where that is not known."""
        if self.mappings is None or self.membership is None:
            return None
        groups = self.membership.groups
        return frozenset(
            role for m in self.active_mappings if m.group in groups for role in m.roles
        )


def _known(fact: T | Unread | None) -> T | None:
    return None if fact is None or isinstance(fact, Unread) else fact


def _why_unread(fact: object) -> Problem | None:
    return fact.problem if isinstance(fact, Unread) else None
