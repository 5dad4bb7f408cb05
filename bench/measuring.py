"""One run of the program against a simulated fleet: bare, or in its screen on a terminal."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from cipp_tui.api.concurrency import MOST
from tests.e2e.fleet import Fleet, simulated_fleet

LATENCY_S: Final = 0.030
UP_TO_DATE_PERCENT: Final = 99
PARTNER_CENTER_PER_S: Final = 50.0
ROOT: Final = Path(__file__).parents[1]
LONGEST_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured."""

    throttling: str  # none, mild, storm, or "300/s"
    tenants: int
    in_flight: int | None  # None: the program decides
    screen: bool
    latency_s: float = LATENCY_S
    again: bool = False  # measure the second run of two: it knows what the first has learned

    @property
    def label(self) -> str:
        again = " again" if self.again else ""
        return f"{self.throttling} {self.tenants} {self.in_flight or 'auto'}{again} {self.where}"

    @property
    def most_in_flight(self) -> int:
        return self.in_flight or MOST

    @property
    def where(self) -> str:
        return "screen" if self.screen else "bare"

    @property
    def limit(self) -> float | None:
        return float(self.throttling[:-2]) if self.throttling.endswith("/s") else None


@dataclass(frozen=True, slots=True)
class Gaps:
    """Milliseconds from one beat of the event loop to the next; one is due every 10 ms."""

    p50: float
    p95: float
    longest: float

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f} / {self.longest:.0f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run came to; times in seconds."""

    case: Case
    seconds: float  # of the refresh itself
    whole_s: float  # of the program, from its start to its end
    ideal_s: float  # what latency, requests in flight and limits leave as the least
    at_once: int  # most requests in flight, by the simulator
    accepted: int  # requests
    rejected: int  # requests answered by 429
    rejected_parts: int  # requests inside batches answered by 429
    cpu_ms: float  # a request, of the whole process while it refreshed
    peak_mb: float
    commits: int
    idle: Gaps | None
    gaps: Gaps
    right: int  # tenants that hold the wanted set afterwards, by the simulator's world
    total: int

    @property
    def efficiency(self) -> float:
        return self.ideal_s / self.seconds

    @property
    def per_second(self) -> float:
        return self.total / self.seconds

    @property
    def wasted(self) -> float:
        """Requests rejected per 1,000 accepted."""
        return 1000 * self.rejected / self.accepted


def measure(case: Case, lists: Path) -> Measured:
    """Refresh every tenant of a list read before; `lists` keeps the lists for later cases."""
    with tempfile.TemporaryDirectory() as folder, _fleet(Path(folder), case) as fleet:
        seen_at = Path(folder) / "seen.json"
        _with_list(fleet, Path(folder) / "state", lists / str(case.tenants))
        if case.again:
            _program(fleet.env, seen_at, "refresh", "--all", "--json")
        fleet.ask("reset-log", {})
        began = time.time()
        if case.screen:
            idle_from, pressed = _on_screen(fleet, seen_at, case)
            said = None
        else:
            idle_from = pressed = began
            said = _program(fleet.env, seen_at, "refresh", "--all", "--json")
        whole_s = time.time() - began
        return _summed(
            case, fleet, json.loads(seen_at.read_text()), said, whole_s, idle_from, pressed
        )


@contextmanager
def _fleet(folder: Path, case: Case) -> Iterator[Fleet]:
    extra = ["--up-to-date", str(UP_TO_DATE_PERCENT)]
    if case.limit is not None:
        extra += ["--limit", str(case.limit)]
    faults = case.throttling if case.throttling in ("mild", "storm") else "none"
    with simulated_fleet(
        folder,
        tenants=case.tenants,
        seed=5,
        latency_ms=case.latency_s * 1000,
        faults=faults,
        extra=extra,
    ) as fleet:
        with (folder / "config.toml").open("a") as config:
            config.write(f"concurrency = {case.in_flight or json.dumps('auto')}\n")
        yield fleet


def _with_list(fleet: Fleet, state: Path, kept: Path) -> None:
    """Have the list of tenants stored: fleets of one size are the same, so it is read once."""
    if not kept.exists():
        _program(fleet.env, state.parent / "sync.json", "sync", "--json")
        shutil.copytree(state, kept)
        return
    shutil.copytree(kept, state)


def _program(env: Mapping[str, str], seen_at: Path, *words: str) -> dict[str, Any]:
    """Run the command line to its end; its summary."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.watched", str(seen_at), *words],
        env=dict(env),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])["summary"]
    return summary


def _on_screen(fleet: Fleet, seen_at: Path, case: Case) -> tuple[float, float]:
    """Refresh all by keys; from when on the screen was idle, and when the last key was pressed."""
    from tests.e2e.terminal import Terminal

    argv = [sys.executable, "-m", "bench.watched", str(seen_at)]
    env = {**fleet.env, "PYTHONPATH": str(ROOT)}
    with Terminal(argv, env, columns=140, rows=45) as terminal:
        terminal.wait_for("List read", LONGEST_S)  # it is read anew when the screen opens
        terminal.settle(2.0)
        idle_from = time.time()
        terminal.read_for(3.0)
        pressed = time.time()
        terminal.press("a")
        terminal.wait_for("marked")
        terminal.press("r")
        terminal.wait_for("to go on")
        asked = re.search(r"Type (\d+) to go on", terminal.text)
        assert asked is not None, terminal.text
        terminal.settle(1.0)
        terminal.press(*asked[1])
        terminal.wait_for(f"to go on:  {asked[1]} ")
        fleet.ask("reset-log", {})
        terminal.press("enter")
        terminal.wait_until(
            lambda: re.search(r"Job \d+: ", terminal.text) is not None, "the end", LONGEST_S
        )
        terminal.settle(1.0)
        terminal.press("q")
        terminal.wait_end()
    return idle_from, pressed


def _summed(
    case: Case,
    fleet: Fleet,
    seen: dict[str, Any],
    said: dict[str, Any] | None,
    whole_s: float,
    idle_from: float,
    pressed: float,
) -> Measured:
    counts = fleet.ask("counts")
    spans = counts["spans"].values()
    start = min(first for first, _ in spans)
    end = max(last for _, last in spans) + case.latency_s
    sent = counts["total"]
    rejected = counts["statuses"].get("429", 0)
    consents = counts["routes"].get("consent.create", 0)
    bounds = [sent * case.latency_s / case.most_in_flight, consents / PARTNER_CENTER_PER_S]
    if case.limit is not None:
        bounds.append((sent - rejected) / case.limit)
    beats = [(at, cpu) for at, cpu in seen["beats"] if start <= at <= end]
    complete = fleet.ask("complete")
    return Measured(
        case=case,
        seconds=said["seconds"] if said is not None else end - start,
        whole_s=whole_s,
        ideal_s=max(bounds),
        at_once=counts["most_at_once"],
        accepted=sent - rejected,
        rejected=rejected,
        rejected_parts=counts["inner_statuses"].get("429", 0),
        cpu_ms=(beats[-1][1] - beats[0][1]) / sent * 1000,
        peak_mb=seen["peak_mb"],
        commits=sum(start <= at <= end for at in seen["commits"]),
        idle=_gaps([at for at, _ in seen["beats"] if idle_from <= at <= pressed])
        if case.screen
        else None,
        gaps=_gaps([at for at, _ in beats]),
        right=complete["complete"],
        total=complete["tenants"],
    )


def _gaps(moments: Sequence[float]) -> Gaps:
    gaps = sorted((late - early) * 1000 for early, late in pairwise(moments))
    return Gaps(gaps[len(gaps) // 2], gaps[int(len(gaps) * 0.95)], gaps[-1])
