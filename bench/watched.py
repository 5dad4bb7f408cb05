"""Runs the program with a pulse in its event loop: `python -m bench.watched FILE WORDS...`.

The program is not changed: its own entry point runs, in a loop that also beats every 10 ms and in
a process whose commits to SQLite are counted. At its end FILE holds what was seen, as JSON.
"""

import asyncio
import atexit
import functools
import json
import resource
import sqlite3
import sys
import time
from pathlib import Path
from typing import Final

BEAT_S: Final = 0.010


class Pulse:
    """When the loop had time for us: moment, and CPU seconds of the process until then."""

    def __init__(self) -> None:
        self.beats: list[tuple[float, float]] = []
        self.commits: list[float] = []

    def beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self.beats.append((time.time(), time.process_time()))
        loop.call_later(BEAT_S, self.beat, loop)

    def write(self, path: Path) -> None:
        seen = {"beats": self.beats, "commits": self.commits, "peak_mb": peak_mb()}
        path.write_text(json.dumps(seen), encoding="utf-8")


def peak_mb() -> float:
    """The most memory this program ever had, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss may be that of the process that started us
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def beating(pulse: Pulse) -> type[asyncio.DefaultEventLoopPolicy]:
    """Loops that beat."""

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            loop = super().new_event_loop()
            loop.call_soon(pulse.beat, loop)
            return loop

    return Policy


def count_commits(pulse: Pulse) -> None:
    """Connections to SQLite that tell when they commit."""

    class Counted(sqlite3.Connection):
        def commit(self) -> None:
            super().commit()
            pulse.commits.append(time.time())

    counted = functools.partial(sqlite3.connect, factory=Counted)
    setattr(sqlite3, "connect", counted)  # noqa: B010 - its type has overloads


def main() -> int:
    path, *words = sys.argv[1:]
    pulse = Pulse()
    atexit.register(pulse.write, Path(path))
    asyncio.set_event_loop_policy(beating(pulse)())
    count_commits(pulse)
    from cipp_tui.cli.main import main as program

    return program(words)


if __name__ == "__main__":
    sys.exit(main())
