"""The built-in demo: the simulator in a process of its own, ended with the program."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cipp_tui.domain.problems import StorageProblem

START_PATIENCE_S = 30.0
_CHILD = (
    "import sys; from cipp_tui.simulator.serve import simulate;"
    " sys.exit(simulate('127.0.0.1', 0, int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]),"
    " sys.argv[4], None, sys.stdout, until_stdin_closes=True))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWorld:
    """Where the simulator listens, and who may sign in there."""

    login: str
    graph: str
    partner_center: str
    partner_tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@asynccontextmanager
async def demo_world(
    *, tenants: int, seed: int, latency_ms: float, faults: str
) -> AsyncIterator[DemoWorld]:
    """Start the simulator on loopback; it ends when this program does, however it ends.

    Raises: StorageProblem when it does not come up.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _CHILD,
        str(tenants),
        str(seed),
        str(latency_ms),
        faults,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # a ctrl+c in the terminal is ours alone
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        async with asyncio.timeout(START_PATIENCE_S):
            line = await child.stdout.readline()
        if not line:
            raise StorageProblem("The demo's simulator did not start", code="demo")
        told = json.loads(line)
        yield DemoWorld(**{name: str(told[name]) for name in DemoWorld.__slots__ if name in told})
    except TimeoutError:
        raise StorageProblem("The demo's simulator did not start in time", code="demo") from None
    finally:
        child.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()
