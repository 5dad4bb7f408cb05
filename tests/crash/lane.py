"""A transport straight into the simulator: each side of every call is an event, any call can fail.

Nothing but sockets is left out: the real client builds the requests and reads the answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import httpx

from cipp_tui.simulator import Simulator
from cipp_tui.simulator.fault_replies import strike
from cipp_tui.simulator.faults import Rule
from cipp_tui.simulator.messages import Request, Response, Service
from tests.crash.still_clock import StillClock

HOSTS: Final[dict[str, Service]] = {
    "login.microsoftonline.com": "login",
    "graph.microsoft.com": "graph",
    "api.partnercenter.microsoft.com": "partner_center",
}
TIMEOUT_S: Final = 30.0
_TURNS: Final = 12  # a network gives the writer of the journal time enough to commit
_CHUNK: Final = b" " * 1_048_576


@dataclass(frozen=True, slots=True)
class Silence:
    """Calls to paths with these words are never answered, and nothing ends the wait."""

    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One call of a run goes wrong: the n-th that is sent (from 1), once or whenever repeated.

    Silence strikes by path, whatever the number.
    """

    nth: int
    rule: Rule | Silence
    again: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, and what the program was told. Status 0: no answer; -1: never arrived."""

    method: str
    path: str
    status: int
    applied: bool


class Lane(httpx.AsyncBaseTransport):
    """Carries requests to the simulator."""

    def __init__(
        self,
        simulator: Simulator,
        clock: StillClock,
        told: Callable[[str], None],
        hits: tuple[Hit, ...] = (),
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._told = told
        self._hits = [(hit, hit.rule) for hit in hits if isinstance(hit.rule, Rule)]
        self._silences = [hit.rule for hit in hits if isinstance(hit.rule, Silence)]
        self._struck: dict[tuple[str, str, bytes], Rule] = {}
        self._changes: Callable[[str, bytes], bytes] | None = None
        self._then: dict[int, Callable[[], None]] = {}
        self.sent: list[Sent] = []

    def change_answers(self, change: Callable[[str, bytes], bytes]) -> None:
        """From now on answers are changed on their way, by path and body."""
        self._changes = change

    def at(self, nth: int, then: Callable[[], None]) -> None:
        """Do something just before the n-th call of the run is sent."""
        self._then[nth] = then

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = _request(request)
        what = f"{asked.method} {asked.path}"
        self._then.pop(len(self.sent) + 1, _nothing)()
        rule = self._rule(asked)
        self._told(f"wire: before {what}")
        if any(silence.words in asked.path for silence in self._silences):
            await asyncio.get_running_loop().create_future()
        before = len(self._simulator.log)
        response = self._answer(asked, rule)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        applied = len(self._simulator.log) > before
        if applied:
            self._told(f"wire: after {what}")
        self.sent.append(
            Sent(asked.method, asked.path, 0 if response.dropped else response.status, applied)
        )
        if self._changes is not None and not response.dropped:
            response.body = self._changes(asked.path, response.body)
        if response.delay_s:
            await self._clock.sleep(min(response.delay_s, TIMEOUT_S))
        if response.dropped or response.delay_s >= TIMEOUT_S:
            raise httpx.ReadError("the connection broke", request=request)
        return httpx.Response(
            response.status,
            headers=response.headers,
            content=response.body if not response.padding else _padded(response),
            request=request,
        )

    def _rule(self, asked: Request) -> Rule | None:
        nth = len(self.sent) + 1
        same = (asked.method, asked.path, asked.body)
        for hit, rule in self._hits:
            if hit.nth == nth:
                if hit.again:
                    self._struck[same] = rule
                return rule
        return self._struck.get(same)

    def _answer(self, asked: Request, rule: Rule | None) -> Response:
        if rule is None:
            return self._simulator.handle(asked)
        return strike(
            rule, asked.service, self._simulator.now, lambda: self._simulator.handle(asked)
        )


def _nothing() -> None:
    """Nothing is to be done before this call."""


async def _padded(response: Response) -> AsyncIterator[bytes]:
    yield response.body[:-1]
    for _ in range(response.padding // len(_CHUNK)):
        yield _CHUNK
    yield response.body[-1:]


def _request(request: httpx.Request) -> Request:
    path, _, query = request.extensions["target"].decode().partition("?")
    return Request(
        request.method,
        HOSTS[request.url.host],
        path,
        query,
        {name.lower(): value for name, value in request.headers.items()},
        request.read(),
    )
