"""How much the simulator bears, so that it is the program that is measured and not the simulator.

A load generator that parses next to nothing sends what the program sends for a tenant that is up
to date: a token request, then the read batch.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from bench.report import table
from cipp_tui.simulator.catalogue import customer_resources
from tests.e2e.fleet import Fleet, simulated_fleet

TENANTS: Final = 2_000
CASES: Final = ((0, 32), (0, 64), (30, 32), (30, 64))  # latency in ms, connections


@dataclass(frozen=True, slots=True)
class Mix:
    """What is sent, as bytes: everything but tenant and token is the same each time."""

    login: tuple[str, int]
    graph: tuple[str, int]
    token_tail: bytes
    batch_tail: bytes

    @classmethod
    def of(cls, fleet: Fleet) -> "Mix":
        told = fleet.told
        form = urlencode(
            {
                "client_id": told["client_id"],
                "client_secret": told["client_secret"],
                "grant_type": "refresh_token",
                "refresh_token": told["refresh_token"],
                "scope": "https://graph.microsoft.com/.default",
            }
        ).encode()
        batch = json.dumps({"requests": list(_reads(told["client_id"]))}).encode()
        return cls(
            _address(told["login"]),
            _address(told["graph"]),
            b"Content-Type: application/x-www-form-urlencoded\r\n" + _sized(form),
            b"Content-Type: application/json\r\n" + _sized(batch),
        )

    def token(self, tenant: str) -> bytes:
        path = f"/{tenant}/oauth2/v2.0/token"
        return _start(path, self.login) + self.token_tail

    def batch(self, token: bytes) -> bytes:
        bearer = b"Authorization: Bearer %b\r\n" % token
        return _start("/v1.0/$batch", self.graph) + bearer + self.batch_tail


class Line(asyncio.Protocol):
    """One connection; asks one thing at a time."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.waiting: asyncio.Future[bytes] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        _, _, rest = bytes(self.received[:end]).lower().partition(b"content-length:")
        if len(self.received) < end + 4 + int(rest.partition(b"\r\n")[0]):
            return
        answer = bytes(self.received)
        self.received.clear()
        if self.waiting is not None:
            self.waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(exc or ConnectionResetError("the simulator hung up"))

    async def ask(self, request: bytes) -> bytes:
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        answer = await self.waiting
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the simulator answered {answer[:60]!r}")
        return answer


def load_table() -> str:
    """Requests a second, by latency and connections."""
    rows = []
    for latency_ms, connections in CASES:
        with (
            tempfile.TemporaryDirectory() as folder,
            simulated_fleet(
                Path(folder),
                tenants=TENANTS,
                latency_ms=latency_ms,
                extra=("--up-to-date", "100"),
            ) as fleet,
        ):
            tenants = [row["id"] for row in fleet.ask("tenants") if not row["partner"]]
            cpu, began = _cpu_s(fleet.process.pid), time.perf_counter()
            asyncio.run(_run(Mix.of(fleet), tenants, connections))
            seconds = time.perf_counter() - began
            sent = 2 * len(tenants)
            used = (_cpu_s(fleet.process.pid) - cpu) / sent * 1000
            ideal = sent * latency_ms / 1000 / connections
            rows.append(
                (
                    *(f"{latency_ms} ms", connections, f"{sent / seconds:,.0f}", f"{used:.2f}"),
                    f"{ideal / seconds:.2f}" if latency_ms else "",
                )
            )
    head = (
        *("latency", "connections", "requests/s", "the simulator's CPU ms a request"),
        "efficiency, the most a client can reach",
    )
    return "\n".join(
        [
            "## What the simulator bears",
            "",
            "Token and read batch of tenants that are up to date, from a load generator.",
            "",
            table(head, rows),
            "",
        ]
    )


async def _run(mix: Mix, tenants: Sequence[str], connections: int) -> None:
    todo = iter(tenants)
    await asyncio.gather(*(_work(mix, todo) for _ in range(connections)))


async def _work(mix: Mix, todo: Iterator[str]) -> None:
    loop = asyncio.get_running_loop()
    _, login = await loop.create_connection(Line, *mix.login)
    _, graph = await loop.create_connection(Line, *mix.graph)
    for tenant in todo:
        answer = await login.ask(mix.token(tenant))
        _, _, rest = answer.partition(b'"access_token":"')
        await graph.ask(mix.batch(rest.partition(b'"')[0]))
    for line in (login, graph):
        if line.transport is not None:
            line.transport.close()


def _reads(app: str) -> Iterator[dict[str, Any]]:
    own = f"/servicePrincipals(appId='{app}')"
    resources = ",".join(f"'{resource.app_id}'" for resource in customer_resources())
    urls = {
        "own": f"{own}?$select=id,appId,displayName,accountEnabled",
        "resources": f"/servicePrincipals?$filter=appId in ({resources})"
        "&$select=id,appId,displayName",
        "roles": f"{own}/appRoleAssignments?$top=999&$select=appRoleId,resourceId",
        "grants": f"{own}/oauth2PermissionGrants",
        "held": f"{own}/memberOf/microsoft.graph.directoryRole?$select=id,roleTemplateId",
        "active": "/directoryRoles?$select=id,roleTemplateId",
        "domains": "/domains?$select=id,isDefault,isVerified",
    }
    for name, url in urls.items():
        yield {"id": name, "method": "GET", "url": url}


def _start(path: str, address: tuple[str, int]) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n".encode()


def _sized(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _address(base: str) -> tuple[str, int]:
    parts = urlsplit(base)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _cpu_s(pid: int) -> float:
    """CPU seconds of another process; nothing where the system does not tell."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return float("nan")
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
