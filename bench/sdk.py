"""The same reads through Microsoft's own SDK, on a sample: the peer to compare with."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.measuring import LATENCY_S, ROOT
from bench.report import table
from cipp_tui.simulator.catalogue import customer_resources
from tests.e2e.fleet import simulated_fleet

PYTHON: Final = ROOT / ".venv-sdk" / "bin" / "python"
AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class SdkRun:
    """What the SDK came to."""

    tenants: int
    seconds: float
    cpu_s: float
    requests: int
    objects: int

    @property
    def per_second(self) -> float:
        return self.tenants / self.seconds


def measure_sdk(tenants: int) -> SdkRun | None:
    """Read so many tenants; None when the SDK is not installed (`make sdk`)."""
    if not PYTHON.exists():
        return None
    with (
        tempfile.TemporaryDirectory() as folder,
        simulated_fleet(
            Path(folder),
            tenants=tenants,
            seed=5,
            latency_ms=LATENCY_S * 1000,
            extra=("--up-to-date", "100"),
        ) as fleet,
    ):
        rows = [row for row in fleet.ask("tenants") if not row["partner"]]
        question = {
            **fleet.told,
            "tenants": [row["id"] for row in rows],
            "resources": [resource.app_id for resource in customer_resources()],
            "at_once": AT_ONCE,
        }
        done = subprocess.run(
            [PYTHON, "-m", "bench.sdk_reads"],
            input=json.dumps(question),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the SDK's run ended with {done.returncode}: {done.stderr[-2000:]}")
        said = json.loads(done.stdout)
        sent = fleet.ask("counts")["total"] * tenants // (tenants + 1)  # one tenant was read twice
        return SdkRun(tenants, said["seconds"], said["cpu_s"], sent, said["objects"])


def sdk_table(run: SdkRun | None) -> str:
    """One row, or how to get it."""
    head = "## Microsoft's own SDK, the same reads\n\n"
    if run is None:
        return head + "Not installed here: `make sdk` installs it in an environment of its own.\n"
    row = (
        run.tenants,
        AT_ONCE,
        f"{run.seconds:.1f}",
        f"{run.per_second:.1f}",
        f"{run.requests / run.tenants:.1f}",
        f"{run.cpu_s / run.tenants * 1000:.0f}",
    )
    columns = ("tenants", "at once", "s", "tenants/s", "requests a tenant", "CPU ms a tenant")
    return head + table(columns, [row]) + "\n"
