"""Refreshing a whole fleet: bare and in the screen, beside the ideal and beside the SDK."""

from collections.abc import Callable, Sequence
from typing import Final

from bench.measuring import LATENCY_S, UP_TO_DATE_PERCENT, Case, Measured
from bench.report import goal, table
from bench.sdk import SdkRun

CASES: Final = (
    *(Case("none", tenants, 32, screen) for tenants in (1_000, 10_000) for screen in (False, True)),
    *(Case("none", tenants, 64, screen) for tenants in (1_000, 10_000) for screen in (False, True)),
    *(
        Case("300/s", tenants, 32, screen)
        for tenants in (1_000, 10_000)
        for screen in (False, True)
    ),
    *(Case("mild", tenants, 32, screen) for tenants in (1_000, 10_000) for screen in (False, True)),
    Case("storm", 1_000, 32, screen=False),
    Case("storm", 1_000, 32, screen=True),
    Case("storm", 10_000, 32, screen=False),
)
QUICK_CASES: Final = tuple(
    Case(throttling, 1_000, in_flight, screen)
    for throttling, in_flight in (("none", 32), ("none", 64), ("300/s", 32), ("mild", 32))
    for screen in (False, True)
)


def throughput_table(runs: Sequence[Measured], sdk: SdkRun | None) -> str:
    """One row per case."""
    head = (
        *("throttling", "tenants", "in flight", "most seen", "where", "refresh, s"),
        *("whole program, s", "ideal, s", "efficiency", "tenants/s", "times the SDK", "requests"),
        *("429 per 1,000 accepted", "parts 429", "CPU ms a request", "peak MB"),
        *("commits per 1,000 tenants", "complete"),
    )
    rows = [
        (
            *(run.case.throttling, f"{run.case.tenants:,}", run.case.in_flight, run.at_once),
            *(
                run.case.where,
                f"{run.seconds:.2f}",
                f"{run.whole_s:.1f}" if not run.case.screen else "",
            ),
            *(f"{run.ideal_s:.2f}", f"{run.efficiency:.2f}", f"{run.per_second:.0f}"),
            *(f"{run.per_second / sdk.per_second:.0f}" if sdk else "", run.accepted),
            *(f"{run.wasted:.1f}", run.rejected_parts, f"{run.cpu_ms:.2f}", f"{run.peak_mb:.0f}"),
            *(f"{1000 * run.commits / run.total:.1f}", f"{run.right:,} of {run.total:,}"),
        )
        for run in runs
    ]
    return "\n".join(
        [
            "## Throughput",
            "",
            f"{LATENCY_S * 1000:.0f} ms simulated latency. {UP_TO_DATE_PERCENT} of 100 tenants have"
            " the wanted set, the others have never consented. The list was read before. The ideal"
            " is the largest of: requests sent, times latency, by requests in flight; requests"
            " accepted, by the limit; consents, by Partner Center's 50 a second. Waits a service"
            " asks for are not part of it. In the screen, 140x45, the time is from the first"
            " request to the last answer, by the simulator's log.",
            "",
            table(head, rows),
            "",
        ]
    )


def gaps_table(runs: Sequence[Measured]) -> str:
    """How free the event loop is, idle and at work."""
    rows = [
        (
            *(run.case.throttling, f"{run.case.tenants:,}", run.case.in_flight, run.case.where),
            *(run.idle or "", run.gaps),
            f"{run.gaps.p95 / run.idle.p95:.1f}" if run.idle else "",
        )
        for run in runs
    ]
    head = (
        *("throttling", "tenants", "in flight", "where", "idle p50 / p95 / max, ms"),
        *("at work p50 / p95 / max, ms", "p95 to idle p95"),
    )
    return "\n".join(
        [
            "## The event loop",
            "",
            "From one beat to the next; a beat is due every 10 ms.",
            "",
            table(head, rows),
            "",
        ]
    )


def goals_table(runs: Sequence[Measured], sdk: SdkRun | None) -> str:
    """Every goal that these runs can tell about, with its worst run."""
    rows: list[tuple[str, str, str]] = []

    def judge(
        what: str,
        chosen: Callable[[Case], bool],
        value: Callable[[Measured], float],
        least: float | None = None,
        most: float | None = None,
    ) -> None:
        values = [value(run) for run in runs if chosen(run.case)]
        if not values:
            return
        worst = min(values) if least is not None else max(values)
        met = worst >= least if least is not None else worst <= (most or 0.0)
        rows.append((what, f"{worst:.2f}", goal(met)))

    def free(case: Case) -> bool:
        return case.throttling == "none"

    def efficiency(run: Measured) -> float:
        return run.efficiency

    judge(
        "efficiency >= 0.85, bare, 32 in flight",
        lambda c: free(c) and c.in_flight == 32 and not c.screen,
        efficiency,
        least=0.85,
    )
    judge(
        "efficiency >= 0.80, with the screen, 32 in flight",
        lambda c: free(c) and c.in_flight == 32 and c.screen,
        efficiency,
        least=0.80,
    )

    def of_size(size: int, in_flight: int) -> Callable[[Case], bool]:
        return lambda case: free(case) and (case.tenants, case.in_flight) == (size, in_flight)

    def limited(size: int) -> Callable[[Case], bool]:
        return lambda case: case.limit is not None and case.tenants == size

    for size in (1_000, 10_000):
        judge(
            f"efficiency >= 0.70, 64 in flight, {size:,} tenants",
            of_size(size, 64),
            efficiency,
            least=0.70,
        )
    for size in (1_000, 10_000):
        judge(
            f"accepted per second / limit >= 0.85, {size:,} tenants",
            limited(size),
            lambda run: run.accepted / run.seconds / (run.case.limit or 1.0),
            least=0.85,
        )
        judge(
            f"rejected per 1,000 at a limit <= 5, {size:,} tenants",
            limited(size),
            lambda run: run.wasted,
            most=5.0,
        )
    judge(
        "requests at once over those allowed <= 1, which is MSAL's own",
        lambda _: True,
        lambda run: run.at_once - run.case.most_in_flight,
        most=1.0,
    )
    if sdk is not None:
        judge(
            "times the SDK's tenants/s >= 40, no throttling",
            free,
            lambda run: run.per_second / sdk.per_second,
            least=40.0,
        )
    judge(
        "loop gap p95, screen at work / idle <= 3",
        lambda c: c.screen,
        lambda run: run.gaps.p95 / run.idle.p95 if run.idle else 0.0,
        most=3.0,
    )
    rows += _memory(runs)
    rows.append(
        (
            "every tenant as the simulator's world says",
            f"{sum(run.right for run in runs):,} of {sum(run.total for run in runs):,}",
            goal(all(run.right == run.total for run in runs)),
        )
    )
    return "\n".join(
        ["## Goals", "", table(("goal", "worst run", ""), rows), ""],
    )


def _memory(runs: Sequence[Measured]) -> list[tuple[str, str, str]]:
    """Peak memory of ten times the tenants, case by case."""
    small = {
        (r.case.throttling, r.case.in_flight, r.case.where): r
        for r in runs
        if r.case.tenants == 1_000
    }
    ratios = [
        run.peak_mb / small[key].peak_mb
        for run in runs
        if run.case.tenants == 10_000
        and (key := (run.case.throttling, run.case.in_flight, run.case.where)) in small
    ]
    if not ratios:
        return []
    return [("peak memory, 10,000 / 1,000 <= 1.5", f"{max(ratios):.2f}", goal(max(ratios) <= 1.5))]
