"""The steps of the direct backend's plans, and how long each may wait."""

from typing import Final

from cipp_tui.domain.jobs import Effect, Step

PREFLIGHT: Final = Step("preflight", Effect.READ)
SNAPSHOT: Final = Step("snapshot", Effect.READ)
TAKE_AWAY: Final = Step("take-away", Effect.DESTROY)
CONSENT: Final = Step("consent", Effect.ENSURE)
VISIBLE: Final = Step("visible", Effect.READ)
ROLES: Final = Step("roles", Effect.ENSURE)
SCOPES: Final = Step("scopes", Effect.ENSURE)
VERIFY: Final = Step("verify", Effect.READ)

REFRESH_PLAN: Final = (CONSENT, VISIBLE, ROLES, SCOPES, VERIFY)
RESET_PLAN: Final = (PREFLIGHT, SNAPSHOT, TAKE_AWAY, *REFRESH_PLAN)
"""Names of steps are in users' journals: never rename."""

NOTHING_TO_GIVE: Final = (VISIBLE.name, ROLES.name, SCOPES.name)
"""What a tenant that has the wanted set needs no more."""

VISIBLE_PATIENCE_S: Final = 120.0
VERIFY_PATIENCE_S: Final = 60.0
