"""Times and counts in the words of the table, the lines and the panel."""

from datetime import datetime, timedelta


def age(at: datetime, now: datetime) -> str:
    """`5 m`, `3 h`, `9 d`: how long ago."""
    passed = max(timedelta(0), now - at)
    if passed < timedelta(hours=1):
        return f"{passed.seconds // 60} m"
    if passed < timedelta(days=1):
        return f"{passed.seconds // 3600} h"
    return f"{passed.days} d"


def list_age(at: datetime, now: datetime) -> str:
    """`now`, `4 min`, `3 h`, `2 d`."""
    passed = max(timedelta(0), now - at)
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed.seconds // 60} min"
    return age(at, now)


def clock_time(at: datetime) -> str:
    """`09:41`, in the admin's own time zone."""
    return at.astimezone().strftime("%H:%M")


def brief_day(at: datetime, now: datetime) -> str:
    """`14 May`, or `May 2025` in another year."""
    local = at.astimezone()
    if local.year != now.astimezone().year:
        return f"{local:%b %Y}"
    return f"{local.day} {local:%b}"


def moment(at: datetime, now: datetime) -> str:
    """`10:01` today, else `28 Jul`, for lists where both stand under each other."""
    same = at.astimezone().date() == now.astimezone().date()
    return clock_time(at) if same else brief_day(at, now)


def day_and_time(at: datetime, now: datetime) -> str:
    """`10:01` today, else `28 Jul 03:10`."""
    same = at.astimezone().date() == now.astimezone().date()
    return clock_time(at) if same else f"{brief_day(at, now)} {clock_time(at)}"


def countdown(seconds: float) -> str:
    """`0:41`, `4:12`, `1:04:12`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def span(seconds: float) -> str:
    """`9 s` under a minute, else `4:12`."""
    return f"{max(0, round(seconds))} s" if seconds < 59.5 else countdown(seconds)


def tenants(count: int) -> str:
    """`1 tenant`, `40 tenants`."""
    return "1 tenant" if count == 1 else f"{count:,} tenants"
