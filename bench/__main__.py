"""Prints every table of docs/performance.md from one run: `make bench`."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench import distance
from bench.load import load_table
from bench.measuring import Case, Measured, measure
from bench.report import machine, write
from bench.requests import requests_table
from bench.sdk import measure_sdk, sdk_table
from bench.throughput import CASES, QUICK_CASES, gaps_table, goals_table, throughput_table

PARTS: Final = ("requests", "simulator", "throughput", "distance", "screen")
SDK_SAMPLE: Final = 40
QUICK_SDK_SAMPLE: Final = 8


def main() -> int:
    options = _parser().parse_args()
    head = machine()
    print(head + "\n", flush=True)
    written: dict[str, str] = {"machine": head}
    took: list[str] = []
    for name in options.only or PARTS:
        began = time.monotonic()
        written[name] = _PARTS[name](options)
        print(written[name], flush=True)
        took.append(f"{name} {time.monotonic() - began:.0f} s")
    written["machine"] += f"\nThis run took: {', '.join(took)}."
    print(f"This run took: {', '.join(took)}.")
    if options.write:
        write(written)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="one part; may be said again"
    )
    parser.add_argument("--quick", action="store_true", help="1,000 tenants, no storm, small lists")
    parser.add_argument(
        "--match",
        default="",
        metavar="WORDS",
        help="throughput and distance: cases with all of these words, such as 'none 1000 32 bare'",
    )
    parser.add_argument(
        "--no-sdk", action="store_true", help="throughput: leave Microsoft's SDK out"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/performance.md"
    )
    return parser


def _requests(_options: argparse.Namespace) -> str:
    return asyncio.run(requests_table())


def _simulator(_options: argparse.Namespace) -> str:
    return load_table()


def _throughput(options: argparse.Namespace) -> str:
    sample = QUICK_SDK_SAMPLE if options.quick else SDK_SAMPLE
    sdk = None if options.no_sdk else measure_sdk(sample)
    with tempfile.TemporaryDirectory() as lists:
        runs = [_measured(case, Path(lists)) for case in _cases(options)]
    tables = [throughput_table(runs, sdk), gaps_table(runs), goals_table(runs, sdk)]
    return "\n".join(tables if options.no_sdk else [sdk_table(sdk), *tables])


def _distance(options: argparse.Namespace) -> str:
    words = set(options.match.split())
    cases = [
        case
        for case in (distance.QUICK_CASES if options.quick else distance.CASES)
        if words <= set(case.label.split())
    ]
    with tempfile.TemporaryDirectory() as lists:
        return distance.distance_tables([_measured(case, Path(lists)) for case in cases])


def _cases(options: argparse.Namespace) -> Sequence[Case]:
    words = set(options.match.split())
    cases = QUICK_CASES if options.quick else CASES
    found = [case for case in cases if words <= set(case.label.split())]
    return [case for case in found if not case.screen or os.name == "posix"]


def _measured(case: Case, lists: Path) -> Measured:
    run = measure(case, lists)
    print(
        f"{case.label}: {run.seconds:.2f} s, efficiency {run.efficiency:.2f},"
        f" CPU {run.cpu_ms:.2f} ms a request, {run.wasted:.1f} rejected per 1,000",
        file=sys.stderr,
        flush=True,
    )
    return run


def _screen(options: argparse.Namespace) -> str:
    if os.name != "posix":
        return "The screen is measured on a pseudo-terminal, which this system lacks.\n"
    from bench.screen import FLEETS, screen_tables

    return screen_tables(FLEETS[:1] if options.quick else FLEETS)


_PARTS: Final[dict[str, Callable[[argparse.Namespace], str]]] = {
    "requests": _requests,
    "simulator": _simulator,
    "throughput": _throughput,
    "distance": _distance,
    "screen": _screen,
}


if __name__ == "__main__":
    sys.exit(main())
