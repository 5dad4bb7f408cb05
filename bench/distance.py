"""Refreshing a whole fleet over a real distance: 32 in flight beside as many as bring more."""

from collections.abc import Sequence
from typing import Final

from bench.measuring import UP_TO_DATE_PERCENT, Case, Measured
from bench.report import goal, table

LATENCY_S: Final = 0.250
"""Microsoft answers in 150 to 400 ms."""

SIZES: Final = (1_000, 10_000)
THROTTLING: Final = ("none", "300/s", "mild")
CASES: Final = tuple(
    Case(throttling, tenants, in_flight, screen=False, latency_s=LATENCY_S, again=again)
    for throttling in THROTTLING
    for tenants in SIZES
    for in_flight, again in ((32, False), (None, False), (None, True))
    if not again or throttling == "300/s"
)
QUICK_CASES: Final = tuple(case for case in CASES if case.tenants == SIZES[0])


def distance_tables(runs: Sequence[Measured]) -> str:
    """One row per case, and the goals."""
    head = (
        *("throttling", "tenants", "in flight", "run", "most seen", "refresh, s", "tenants/s"),
        *("times fixed 32", "bound, s", "of the bound", "429 per 1,000 accepted"),
        *("CPU ms a request", "complete"),
    )
    fixed = {(r.case.throttling, r.case.tenants): r for r in runs if r.case.in_flight is not None}
    rows = []
    for run in runs:
        case = run.case
        base = fixed.get((case.throttling, case.tenants))
        rows.append(
            (
                *(case.throttling, f"{case.tenants:,}", case.in_flight or "auto"),
                *("second" if case.again else "first", run.at_once, f"{run.seconds:.1f}"),
                f"{run.per_second:.0f}",
                f"{run.per_second / base.per_second:.2f}" if base is not None else "",
                *(f"{bound(run):.1f}", f"{bound(run) / run.seconds:.2f}", f"{run.wasted:.1f}"),
                *(f"{run.cpu_ms:.2f}", f"{run.right:,} of {run.total:,}"),
            )
        )
    return "\n".join(
        [
            "## Over a real distance",
            "",
            f"{LATENCY_S * 1000:.0f} ms simulated latency; {UP_TO_DATE_PERCENT} of 100 tenants have"
            " the wanted set. The bound is the largest of: requests sent, times latency, by 32 or"
            " 128 in flight; requests accepted, by the limit; consents, by 50 a second; the"
            " requests' CPU time on one core. A second run begins with what the first has learned.",
            "",
            table(head, rows),
            "",
            table(("goal", "worst run", ""), list(_goals(runs, fixed))),
            "",
        ]
    )


def bound(run: Measured) -> float:
    """The least time, in seconds, that limits and one core leave for what was sent."""
    sent = run.accepted + run.rejected
    return max(run.ideal_s, sent * run.cpu_ms / 1000)


def _goals(
    runs: Sequence[Measured], fixed: dict[tuple[str, int], Measured]
) -> list[tuple[str, str, str]]:
    auto = [run for run in runs if run.case.in_flight is None]
    rows = []
    for size in SIZES:
        chosen = [run for run in auto if run.case.tenants == size]
        pairs = [(run, fixed.get((run.case.throttling, size))) for run in chosen]
        times = [
            run.per_second / base.per_second
            for run, base in pairs
            if base is not None and run.case.limit is None
        ]
        if times:
            name = f"tenants/s >= 3 times fixed 32, no limit, {size:,} tenants"
            rows.append((name, f"{min(times):.2f}", goal(min(times) >= 3)))
        if chosen:
            shares = [bound(run) / run.seconds for run in chosen]
            name = f"of the bound >= 0.85, {size:,} tenants"
            rows.append((name, f"{min(shares):.2f}", goal(min(shares) >= 0.85)))
        more = [run.wasted - base.wasted for run, base in pairs if base is not None]
        if more:
            name = f"rejected per 1,000 above fixed 32 <= 0, {size:,} tenants"
            rows.append((name, f"{max(more):.1f}", goal(max(more) <= 0)))
    return rows
