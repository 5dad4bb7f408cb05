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

REFRESH_PLAN: Final = (CONSENT, VISIBLE, SCOPES, ROLES, VERIFY)
RESET_PLAN: Final = (PREFLIGHT, SNAPSHOT, TAKE_AWAY, *REFRESH_PLAN)
"""Delegated permissions first: a token has to carry them before roles can be given. Plans of older
journals have it the other way round, so that each step makes sure of what it needs.
Names of steps are in users' journals: never rename.
"""

NOTHING_TO_GIVE: Final = (VISIBLE.name, SCOPES.name, ROLES.name)
"""What a tenant that has the wanted set needs no more."""

VISIBLE_PATIENCE_S: Final = 120.0
VERIFY_PATIENCE_S: Final = 60.0
TOKEN_PATIENCE_S: Final = 30.0
"""For a token to carry what was granted just now. Source: field reports, 5 to 60 s."""
