"""What filter and sort read off a row: its words by field, and its numbers."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cipp_tui.domain.due import Aside, aside, due
from cipp_tui.domain.failures import Failures
from cipp_tui.domain.fleet import Standing, TenantRow
from cipp_tui.domain.jobs import ItemState, Outcome
from cipp_tui.domain.permissions import Verdict
from cipp_tui.domain.tenants import AccessLevel
from cipp_tui.domain.text import folded

STANDING_WORDS: Final[dict[Standing, str]] = {
    Standing.NO_ACCESS: "no access",
    Standing.SUSPENDED: "suspended",
    Standing.STUCK: "stuck",
    Standing.FAILING: "failing",
    Standing.NO_DOMAIN: "no domain",
    Standing.GONE: "gone",
    Standing.MANAGED: "managed",
    Standing.PARTNER: "partner",
    Standing.EXCLUDED: "excluded",
}

VERDICT_WORDS: Final[dict[Verdict, str]] = {
    Verdict.IN_ORDER: "in order",
    Verdict.MISSING: "missing",
    Verdict.NO_CONSENT: "no consent",
    Verdict.NOT_CHECKED: "not checked",
}

ACCESS_WORDS: Final[dict[AccessLevel, str]] = {
    AccessLevel.OWN: "own",
    AccessLevel.DIRECT: "direct",
    AccessLevel.ENDED: "ended",
    AccessLevel.NONE: "none",
    AccessLevel.ENDING: "ending",
    AccessLevel.LASTS: "lasts",
    AccessLevel.EXTENDS: "auto",
}

NO_END: Final = float("inf")
"""Days left of access that extends by itself."""


def standing_word(standing: Standing) -> str:
    """The word of the column State, without sign and number."""
    return STANDING_WORDS[standing]


def permission_words(row: TenantRow, now: datetime) -> tuple[str, ...]:
    """Every word that holds of the permissions: the verdict, `due`, and what a job does or did."""
    record = row.permissions
    words = [VERDICT_WORDS[record.verdict] if record is not None else "unknown"]
    if due(row, app=None, fingerprint=None, now=now) is not None:
        words.append("due")
    if row.progress is not None:
        words.append(row.progress.state.value)
    return tuple(words)


def _access_words(row: TenantRow, now: datetime) -> tuple[str, ...]:
    return (ACCESS_WORDS[row.tenant.access(now).level],)


def standing_words(row: TenantRow) -> tuple[str, ...]:
    """Every word that holds of how a tenant stands; a stuck one is failing as well."""
    word = standing_word(row.standing)
    return (word, "needs human", "failing") if row.standing is Standing.STUCK else (word,)


def failure_words(failures: Failures) -> str:
    """How many in a row, and of what: "12 failures in a row (9 sign-in, 3 consent)"."""
    kinds = ", ".join(f"{cause.count} {cause.kind}" for cause in failures.causes)
    plural = "" if failures.count == 1 else "s"
    return f"{failures.count} failure{plural} in a row" + (f" ({kinds})" if kinds else "")


def aside_sentence(row: TenantRow) -> str:
    """Why the schedule leaves a tenant to a human; empty when it does not."""
    why = aside(row)
    if row.failures is None or why is None:
        return ""
    what = "Suspended" if why is Aside.SUSPENDED else "Needs a human"
    return f"{what}: {failure_words(row.failures)}. The nightly run leaves it out."


def _standing_words(row: TenantRow, _now: datetime) -> tuple[str, ...]:
    return standing_words(row)


def _excluder_words(row: TenantRow, _now: datetime) -> tuple[str, ...]:
    return (folded(row.exclusion.by),) if row.exclusion is not None else ()


def days_left(row: TenantRow, now: datetime) -> float | None:
    """Days until access ends; None where that is no question or over already."""
    access = row.tenant.access(now)
    if access.level is AccessLevel.EXTENDS:
        return NO_END
    return access.days_left


def failures(row: TenantRow, _now: datetime) -> float:
    """Failures in a row."""
    return row.failures.count if row.failures is not None else 0


def checked_at(row: TenantRow) -> datetime | None:
    """When the tenant's permissions were last really asked for."""
    record = row.permissions
    failed = row.failures.last_at if row.failures is not None else None
    read = record.checked_at if record is not None else None
    return max((at for at in (failed, read) if at is not None), default=None)


def days_unchecked(row: TenantRow, now: datetime) -> float:
    """Days since it was last asked; for ever when it never was."""
    at = checked_at(row)
    return (now - at) / _DAY if at is not None else NO_END


def _job(row: TenantRow, _now: datetime) -> float | None:
    return row.progress.job if row.progress is not None else None


_DAY: Final = timedelta(days=1)
_UNIT_IN_DAYS: Final = {"": 1.0, "d": 1.0, "h": 1 / 24, "m": 1 / 1440, "w": 7.0}
_NUMBER: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([dhmw]?)")


def number_of(field: str, text: str) -> float | None:
    """The number written for a field: ages with d, h, m, w (days without); None: not one."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    unit = found[2]
    if unit and field not in ("checked", "gdap"):
        return None
    return float(found[1]) * _UNIT_IN_DAYS[unit]


WORDS: Final[dict[str, Callable[[TenantRow, datetime], tuple[str, ...]]]] = {
    "state": _standing_words,
    "perm": permission_words,
    "by": _excluder_words,
    "gdap": _access_words,
}
"""Fields that hold words, folded."""

NUMBERS: Final[dict[str, Callable[[TenantRow, datetime], float | None]]] = {
    "gdap": days_left,
    "fails": failures,
    "checked": days_unchecked,
    "job": _job,
}
"""Fields that hold numbers; None passes no comparison."""

FIELDS: Final = frozenset({*WORDS, *NUMBERS})


def permission_rank(row: TenantRow) -> int:
    """How much the permissions ask for attention; the least first."""
    progress = row.progress
    if progress is not None and progress.at_work:
        return 0
    if progress is not None and (
        progress.outcome in (Outcome.FAILED, Outcome.STRANDED)
        or progress.state in (ItemState.FAILED, ItemState.STRANDED)
    ):
        return 1
    if row.permissions is None:
        return 5
    return {
        Verdict.NO_CONSENT: 2,
        Verdict.MISSING: 3,
        Verdict.NOT_CHECKED: 4,
        Verdict.IN_ORDER: 6,
    }[row.permissions.verdict]
