"""How this copy of the services behaves where the documents leave room or the network does."""

from dataclasses import dataclass
from typing import Final, Literal

NO_DELAY: Final = 0.0


@dataclass(frozen=True, slots=True)
class Knobs:
    """Delays, limits and undecided behaviours.

    Source: Graph docs, throttling for identity and access; Partner Center, Control Panel Vendor
    APIs. Delays are reported by third parties, 0 to 60 seconds.
    """

    principal_list_delay_s: float = NO_DELAY  # a fresh principal is missing from lists
    principal_read_delay_s: float = NO_DELAY  # a fresh principal cannot be read or referred to
    grant_list_delay_s: float = NO_DELAY  # a fresh grant is missing from unfiltered lists
    token_delay_s: float = NO_DELAY  # AADSTS65001 for so long after a consent
    consent_delete_removes_principal: bool | Literal["alternate"] = True
    missing_principal_code: Literal[65001, 7000229] = 65001  # for user tokens
    token_lifetime_s: int = 3600
    refresh_token_lifetime_s: int = 90 * 86_400
    device_code_interval_s: int = 5
    device_code_lifetime_s: int = 900
    # Conditional Access blocks device codes: told to whoever polls, or in the browser alone.
    device_code_blocked: Literal["no", "told", "silent"] = "no"
    browser_sign_in: Literal["approved", "declined", "blocked"] = "approved"
    # Whether a user's token without CrossTenantInformation.ReadBasic.All reads tenant information.
    tenant_information: Literal["field", "documented"] = "field"
    # Whether memberOf may be cast to directoryRole: the page asks for $count, which roles lack.
    directory_role_cast: Literal["field", "documented"] = "field"
    enforce_limits: bool = True  # the documented limits
    partner_center_per_s: int = 50
    requests_per_second: float | None = None  # one limit over all three services
    page_size_cap: int = 999  # no page is longer, whatever $top asks for
    shuffle_batches: bool = True


DEFAULT_KNOBS: Final = Knobs()
