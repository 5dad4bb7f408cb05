"""Tenants per second: the command line in one process, the simulator in another."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LATENCY_MS = 30.0
CONCURRENCY = 32


FLEETS = (("none", 500), ("mild", 500), ("storm", 200))


async def throughput_table() -> str:
    """First and second run of `refresh --all` over a fleet."""
    lines = [
        "## Throughput",
        "",
        f"{LATENCY_MS:.0f} ms simulated latency, {CONCURRENCY} in flight. The first run reads the"
        " list, too.",
        "",
        "| faults | tenants | run | seconds | tenants/s | requests | changed | unchanged"
        " | failed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for faults, tenants in FLEETS:
        async with simulated_fleet(tenants, faults) as env:
            for run in ("first", "second"):
                told = await refresh_all(env)
                lines.append(
                    f"| {faults} | {tenants} | {run} | {told['seconds']:.1f} |"
                    f" {told['total'] / told['seconds']:.0f} | {told['http_requests']} |"
                    f" {told['changed']} | {told['unchanged']} | {told['failed']} |"
                )
    return "\n".join([*lines, ""])


@asynccontextmanager
async def simulated_fleet(tenants: int, faults: str) -> AsyncIterator[dict[str, str]]:
    """A simulator in its own process; the environment that points the program at it."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "config.toml"
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cipp_tui", "simulate", "--host", "127.0.0.1", "--port", "0"),
            *("--tenants", str(tenants), "--seed", "5", "--latency", str(LATENCY_MS)),
            *("--faults", faults, "--profile-out", str(profile)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        told = json.loads(await child.stdout.readline())
        try:
            yield {
                **os.environ,
                **told["env"],
                "CIPP_TUI_CONFIG": str(profile),
                "CIPP_TUI_DATA": str(Path(folder) / "state"),
            }
        finally:
            child.terminate()
            await child.wait()


async def refresh_all(env: dict[str, str]) -> dict[str, float]:
    """One run of the program; its summary."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cipp_tui", "refresh", "--all", "--json"),
        env=env,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    if child.returncode not in (0, 1):
        raise RuntimeError(f"refresh ended with {child.returncode}")
    summary: dict[str, float] = json.loads(out.splitlines()[-1])["summary"]
    return summary
