"""From a comparison to what is remembered of it, in words."""

from datetime import datetime
from sys import intern

from cipp_tui.api.backend import Comparison
from cipp_tui.domain.permissions import (
    PermissionDiff,
    PermissionRecord,
    Verdict,
    WantedPermissions,
)
from cipp_tui.domain.roles import role_name
from cipp_tui.domain.shared import shared


def record_of(
    comparison: Comparison, *, now: datetime, applied_at: datetime | None
) -> PermissionRecord:
    """What to remember. `applied_at` is when the set was last verified as given."""
    diff, wanted = comparison.diff, comparison.wanted
    if diff.consent_missing:
        verdict = Verdict.NO_CONSENT
    else:
        verdict = Verdict.MISSING if diff.missing_count else Verdict.NOT_CHECKED
        verdict = Verdict.IN_ORDER if diff.in_order else verdict
    return PermissionRecord(
        verdict=verdict,
        checked_at=now,
        app=wanted.app,
        fingerprint=wanted.fingerprint,
        missing=() if diff.consent_missing else shared(missing_words(diff, wanted)),
        extra=shared(extra_words(diff, wanted)),
        unlicensed=comparison.unlicensed,
        applied_at=now if diff.in_order else applied_at,
    )


def missing_words(diff: PermissionDiff, wanted: WantedPermissions) -> tuple[str, ...]:
    """What is missing, one line each: "app: Directory.ReadWrite.All (Microsoft Graph)"."""
    names = wanted.resource_names
    return tuple(
        intern(line)
        for line in [
            *sorted(
                f"app: {role.value} ({names.get(role.resource, role.resource)})"
                for role in diff.roles_missing
            ),
            *sorted(
                f"delegated: {scope.value} ({names.get(scope.resource, scope.resource)})"
                for scope in diff.scopes_missing
            ),
            *sorted(f"directory role: {role_name(r)}" for r in diff.directory_roles_missing),
        ]
    )


def extra_words(diff: PermissionDiff, wanted: WantedPermissions) -> tuple[str, ...]:
    """What is there beyond what is wanted, one line each."""
    names = wanted.resource_names
    return tuple(
        intern(line)
        for line in [
            *sorted(
                f"app: {role} ({names.get(resource, resource)})"
                for resource, role in diff.roles_extra
            ),
            *sorted(
                f"delegated: {scope.value} ({names.get(scope.resource, scope.resource)})"
                for scope in diff.scopes_extra
            ),
        ]
    )
