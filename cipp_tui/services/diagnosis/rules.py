"""The table: rules in the order in which they are asked. The first that speaks is the verdict.

Our own side comes first, for it concerns every tenant; then what we decided; then the way into the
tenant from outside to inside; then what is held there; then what will go wrong; then all is well.
"""

from typing import Final

from cipp_tui.services.diagnosis import rules_access as access
from cipp_tui.services.diagnosis import rules_holdings as holdings
from cipp_tui.services.diagnosis import rules_own as own
from cipp_tui.services.diagnosis.finding import Rule

RULES: Final[tuple[Rule, ...]] = (
    own.own_sign_in,
    own.own_permissions,
    own.own_last_problem,
    own.not_listed,
    own.excluded,
    access.tenant_gone,
    access.relationship,
    access.mapping,
    access.customer_sign_in,
    access.consent,
    holdings.principal,
    access.narrow_consent,
    holdings.unreadable,
    holdings.not_assignable,
    holdings.too_long,
    holdings.last_problem,
    holdings.missing,
    holdings.over,
    holdings.ends_today,
    holdings.next_consent,
    holdings.ends_soon,
    holdings.no_domain,
    holdings.extra,
    holdings.well,
)
