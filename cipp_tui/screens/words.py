"""Times in the words of lists that reach back for days."""

from datetime import datetime, timedelta

from cipp_tui.widgets.words import brief_day, clock_time


def when(at: datetime, now: datetime) -> str:
    """`09:41` today, `Sun 22:10` within a week, else `14 May`."""
    local, today = at.astimezone(), now.astimezone().date()
    if local.date() == today:
        return clock_time(at)
    if timedelta(0) < today - local.date() < timedelta(days=7):
        return local.strftime("%a %H:%M")
    return brief_day(at, now)


def on_day(at: datetime, now: datetime) -> str:
    """`today 09:41`, else `3 Aug 10:00`."""
    same = at.astimezone().date() == now.astimezone().date()
    return f"{'today' if same else brief_day(at, now)} {clock_time(at)}"
