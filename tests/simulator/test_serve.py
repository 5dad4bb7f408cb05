"""The simulator as a process: one line of JSON, a profile, and a quiet end."""

import asyncio
import io
import json
import os
import signal
import stat
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cipp_tui.simulator.serve import simulate

PROGRAM = """
import sys
from cipp_tui.simulator.serve import simulate
sys.exit(simulate("127.0.0.1", 0, 3, 1, 0.0, "none", {profile!r}, sys.stdout, {more}))
"""


@asynccontextmanager
async def served(
    more: str = "", profile: str | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM.format(profile=profile, more=more),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdin
    try:
        yield process, json.loads(await process.stdout.readline())
    finally:
        process.stdin.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ended(process: asyncio.subprocess.Process) -> int:
    return await asyncio.wait_for(process.wait(), 10)


async def test_the_line_holds_addresses_and_credentials_that_work() -> None:
    async with served() as (_, line), aiohttp.ClientSession() as session:
        form = {
            "client_id": line["client_id"],
            "client_secret": line["client_secret"],
            "grant_type": "refresh_token",
            "refresh_token": line["refresh_token"],
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{line['login']}/{line['partner_tenant']}/oauth2/v2.0/token"
        async with session.post(url, data=form) as response:
            status = response.status

    assert status == 200
    assert set(line["env"].values()) == {line["client_secret"], line["refresh_token"]}


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_zero(number: signal.Signals) -> None:
    async with served() as (process, _):
        process.send_signal(number)

        assert await ended(process) == 0


async def test_it_ends_with_its_standard_input() -> None:
    async with served("until_stdin_closes=True") as (process, _):
        assert process.stdin
        process.stdin.close()

        assert await ended(process) == 0


async def test_it_ends_with_its_parent() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE
    )
    async with served(f"parent_pid={parent.pid}") as (process, _):
        assert parent.stdin
        parent.stdin.close()
        await parent.wait()

        assert await ended(process) == 0


async def test_the_profile_is_private_and_names_the_endpoints(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"

    async with served(profile=str(path)) as (_, line):
        profile = tomllib.loads(path.read_text())["profiles"]["sim"]

    services = ("login", "graph", "partner_center")
    assert profile["backend"] == "direct"
    assert profile["client_secret"] == {"env": "CIPP_TUI_SIM_SECRET"}
    assert profile["refresh_token"] == {"env": "CIPP_TUI_SIM_REFRESH"}
    assert profile["endpoints"] == {name: line[name] for name in services}
    assert line["client_secret"] not in path.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_refuses_to_be_reachable_and_to_guess() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        simulate("192.0.2.1", 0, 1, 1, 0.0, "none", None, io.StringIO())
    with pytest.raises(ValueError, match="calm"):
        simulate("127.0.0.1", 0, 1, 1, 0.0, "calm", None, io.StringIO())
