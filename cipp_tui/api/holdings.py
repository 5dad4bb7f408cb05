"""What our application holds in a tenant, as a diagnosis needs it: out of one reading."""

from cipp_tui.api.graph import TenantReading, names_of
from cipp_tui.api.http import Token
from cipp_tui.api.known import graph_scopes
from cipp_tui.domain.evidence import Holdings
from cipp_tui.domain.permissions import (
    GRANT_WRITERS,
    WantedPermissions,
    against,
)


def holdings_of(
    token: Token,
    reading: TenantReading,
    wanted: WantedPermissions,
    *,
    unlicensed: tuple[str, ...],
    prune: bool,
) -> Holdings:
    """What is held, against what is wanted, and whether a refresh could mend it.

    `unlicensed` names resources that an earlier refresh found the tenant cannot have.
    Source: Graph, servicePrincipal, appRoleAssignment and oAuth2PermissionGrant resource types.
    """
    granted = reading.granted
    absent = {
        app: name
        for app, name in wanted.resource_names.items()
        if name in unlicensed and app not in granted.resources
    }
    return Holdings(
        diff=against(granted, wanted, unobtainable=frozenset(absent)),
        enabled=reading.principal_enabled,
        widenable=not GRANT_WRITERS.isdisjoint(token.scopes or graph_scopes(granted)),
        longest_grant=_longest_grant(reading, wanted, prune=prune),
        default_domain=names_of(reading.domains or ())[0] is not None,
        unlicensed=tuple(sorted(absent.values())),
    )


def _longest_grant(reading: TenantReading, wanted: WantedPermissions, *, prune: bool) -> int:
    """Signs of the longest delegated grant that a refresh would have to write."""
    lengths = [0]
    for app in reading.resources:
        target = {scope.value for scope in wanted.scopes if scope.resource == app}
        grant = reading.grants.get(app)
        present = set((grant.scope or "").split()) if grant is not None else set()
        final = target if prune else target | present
        if final != present:
            lengths.append(len(" ".join(final)))
    return max(lengths)
