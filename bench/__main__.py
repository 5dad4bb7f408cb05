"""Prints every table of docs/performance.md from one run."""

import asyncio
import os
import platform
import sys
from datetime import UTC, datetime

from bench.requests import requests_table
from bench.screen import screen_tables
from bench.throughput import throughput_table


def main() -> int:
    print(f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores,")
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}.\n")
    print(asyncio.run(requests_table()))
    print(asyncio.run(throughput_table()))
    if os.name == "posix":
        print(screen_tables())
    return 0


if __name__ == "__main__":
    sys.exit(main())
