"""`cipp-tui simulate`, as somebody types it."""

import asyncio
import json
import signal
import sys
from typing import Final

import pytest

COMMAND: Final = (sys.executable, "-m", "cipp_tui", "simulate")


async def started(*more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND, *more, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
async def test_standard_output_is_exactly_one_line_of_json() -> None:
    process = await started("--tenants", "3", "--port", "0")
    assert process.stdout
    first = await process.stdout.readline()

    process.send_signal(signal.SIGTERM)
    rest, complaints = await asyncio.wait_for(process.communicate(), 10)

    line = json.loads(first)
    assert {"login", "graph", "partner_center", "partner_tenant"} <= set(line)
    assert (rest, complaints, process.returncode) == (b"", b"", 0)


async def test_a_host_that_others_could_reach_is_refused() -> None:
    process = await started("--host", "0.0.0.0")  # noqa: S104 - refused

    said, complaints = await asyncio.wait_for(process.communicate(), 10)

    assert (said, process.returncode) == (b"", 2)
    assert b"loopback only" in complaints
