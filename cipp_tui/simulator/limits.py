"""The documented rate limits, as windows that count."""

from dataclasses import dataclass, field
from typing import Final

# Source: Graph docs, throttling limits for identity and access (a tenant below 50 users).
APP_TENANT_UNITS: Final = (3_500, 10.0)
APP_TENANT_WRITES: Final = (3_000, 150.0)
APP_UNITS: Final = (150_000, 20.0)
APP_WRITES: Final = (35_000, 300.0)
TENANT_WRITES: Final = (18_000, 300.0)


@dataclass(slots=True)
class Window:
    """So many units in so many seconds; units asked for while it is full still count."""

    limit: float
    seconds: float
    started: float = 0.0
    used: float = 0.0

    def charge(self, units: float, now: float) -> float | None:
        """Take units; return the seconds until the window ends when it is full."""
        if now - self.started >= self.seconds:
            self.started, self.used = now, 0.0
        self.used += units
        if self.used <= self.limit:
            return None
        return max(self.started + self.seconds - now, 0.001)


@dataclass(frozen=True, slots=True)
class Throttled:
    """A refusal by one of the limits."""

    retry_after_s: float
    scope: str  # first two parts of x-ms-throttle-scope
    information: str


@dataclass(slots=True)
class Limits:
    """All windows of one simulator."""

    enforced: bool
    partner_center_per_s: int
    requests_per_second: float | None
    _windows: dict[tuple[str, ...], Window] = field(default_factory=dict)

    def everything(self, now: float) -> bool:
        """Count one request against the limit over all services; say whether it passes."""
        if self.requests_per_second is None:
            return True
        return self._charge(("all",), (self.requests_per_second, 1.0), 1, now) is None

    def partner_center(self, app_id: str, operation: str, now: float) -> float | None:
        """Count one consent call of an application.

        Source: Partner Center, Control Panel Vendor APIs (50 requests per second per app id).
        """
        if not self.enforced:
            return None
        limit = (self.partner_center_per_s, 1.0)
        return self._charge(("partner", app_id, operation), limit, 1, now)

    def graph(
        self, app_id: str, tenant_id: str, units: int, writes: int, now: float
    ) -> Throttled | None:
        """Count one Graph request.

        Source: Graph docs, throttling limits for identity and access.
        """
        if not self.enforced:
            return None
        # Every limit counts the request, also when another refuses it; the nearest one is told.
        refusals = [
            self._units(("ru", app_id, tenant_id), APP_TENANT_UNITS, units, now),
            self._units(("ru", app_id), APP_UNITS, units, now),
        ]
        if writes:
            pair = ("w", app_id, tenant_id)
            refusals += [
                self._writes(pair, APP_TENANT_WRITES, "Tenant_Application", now),
                self._writes(("w", app_id), APP_WRITES, "Application", now),
                self._writes(("w", "", tenant_id), TENANT_WRITES, "Tenant", now),
            ]
        return next(filter(None, refusals), None)

    def _units(
        self, key: tuple[str, ...], limit: tuple[float, float], units: int, now: float
    ) -> Throttled | None:
        wait = self._charge(key, limit, units, now)
        scope = "Tenant_Application/ReadWrite" if len(key) == 3 else "Application/ReadWrite"
        return Throttled(wait, scope, "ResourceUnitLimitExceeded") if wait else None

    def _writes(
        self, key: tuple[str, ...], limit: tuple[float, float], scope: str, now: float
    ) -> Throttled | None:
        wait = self._charge(key, limit, 1, now)
        return Throttled(wait, f"{scope}/Write", "WriteLimitExceeded") if wait else None

    def _charge(
        self, key: tuple[str, ...], limit: tuple[float, float], units: float, now: float
    ) -> float | None:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Window(*limit, started=now)
        return window.charge(units, now)
