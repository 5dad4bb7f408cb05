"""`cipp-tui simulate`, as somebody types it."""

import asyncio
import json
import signal
import sys
from typing import Final

import aiohttp
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


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
async def test_a_plain_fleet_and_a_limit_can_be_asked_for() -> None:
    process = await started("--tenants", "10", "--up-to-date", "70", "--limit", "3")
    assert process.stdout
    line = json.loads(await process.stdout.readline())

    async with aiohttp.ClientSession() as session:
        async with session.get(f"{line['graph']}/__simulator/complete") as response:
            counted = await response.json()
        answers = []
        for _ in range(4):
            async with session.get(f"{line['graph']}/v1.0/me") as response:
                answers.append((response.status, response.headers.get("Retry-After")))
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 10)

    assert counted == {"tenants": 11, "complete": 8}
    assert answers == [(401, None)] * 3 + [(429, "1")]


@pytest.mark.parametrize(
    "words", [("--limit", "0"), ("--limit", "nan"), ("--up-to-date", "101"), ("--limit", "many")]
)
async def test_a_limit_or_share_that_cannot_be_is_refused(words: tuple[str, str]) -> None:
    process = await started(*words)

    _, complaints = await asyncio.wait_for(process.communicate(), 10)

    assert process.returncode == 2
    assert words[0].encode() in complaints
