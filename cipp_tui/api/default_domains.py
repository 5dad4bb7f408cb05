"""Default domains of many tenants, told by our own: full batches, within the documented quota."""

import asyncio
import heapq
import math
from collections import deque
from collections.abc import (
    AsyncGenerator,
    Callable,
    Collection,
    Container,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeAlias

from cipp_tui.api.batch import MOST, Part, PartAnswer, repeat_after, send_once
from cipp_tui.api.endpoints import Service
from cipp_tui.api.http import HttpClient, Token
from cipp_tui.api.limits import TENANT_UNITS
from cipp_tui.api.pace import Quota
from cipp_tui.api.tokens import Tokens
from cipp_tui.api.wire import TenantInformation
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import NotUnderstood, Problem, Refused, Side, SignInProblem
from cipp_tui.domain.tenants import TenantId

LEFT_TO_OTHERS: Final = 140.0
"""Resource units in 10 s that are left to whatever else is asked of our own tenant meanwhile: pages
of relationships, what a reset looks at first, a GDAP trace. What is asked of a customer's tenant
counts against that tenant's own quota; of what the application has for all tenants together, the
reading takes less than a twentieth."""

_UNITS: Final = (TENANT_UNITS[0] - LEFT_TO_OTHERS, TENANT_UNITS[1])
"""What bounds the reading: one unit for each name. 10,000 names need the quota three times, so
that the last ones cannot come before the 20th second, however many requests are under way.
Source: Graph, "Throttling limits", identity and access."""

_SLOT_S: Final = 0.5
"""What is to be asked again comes together at the next such moment, not in a batch of its own."""

_Flight: TypeAlias = asyncio.Task[Sequence[TenantId] | None]


@dataclass(slots=True, eq=False)
class _Question:
    """One tenant whose domain is wanted."""

    tenant: TenantId
    asked_at: float | None = None  # for the first time
    asked: int = 0
    broke: int = 0

    @property
    def part(self) -> Part:
        path = "/tenantRelationships/findTenantInformationByTenantId"
        return Part(id=self.tenant, method="GET", url=f"{path}(tenantId='{self.tenant}')")

    def again_in(self, answer: PartAnswer, clock: Clock, *, began: float) -> float | None:
        """Seconds until it is to be asked again; None: the answer to what `began` then stands."""
        self.asked_at = began if self.asked_at is None else self.asked_at
        self.asked += 1
        self.broke += answer.status >= 500
        elapsed = clock.monotonic() - self.asked_at
        return repeat_after(
            self.part, answer, clock, elapsed=elapsed, attempt=self.asked, broke=self.broke
        )


class Line:
    """Who is still to be asked: whoever's time has come again, then the others as they came."""

    def __init__(self) -> None:
        self.told: dict[TenantId, TenantInformation] = {}
        self._fresh: deque[_Question] = deque()
        self._last: list[_Question] = []
        self._again: list[tuple[float, int, _Question]] = []  # a heap: not before when
        self._places = count()
        self._closed_until = float("-inf")
        self._complete = False

    def __bool__(self) -> bool:
        return bool(self._fresh or self._last or self._again)

    def ask(self, tenants: Iterable[TenantId], *, last: Container[TenantId] = frozenset()) -> None:
        """Put tenants into the line; those in `last` behind all that are still to come."""
        for tenant in tenants:
            (self._last if tenant in last else self._fresh).append(_Question(tenant))

    def complete(self) -> None:
        """Nobody else will come."""
        self._complete = True
        self._fresh.extend(self._last)
        self._last.clear()

    def ask_again(self, question: _Question, not_before: float) -> None:
        slot = math.ceil(not_before / _SLOT_S) * _SLOT_S
        heapq.heappush(self._again, (slot, next(self._places), question))

    def close_until(self, moment: float) -> None:
        """Let nobody be asked before that."""
        self._closed_until = max(self._closed_until, moment)

    def opens_in(self, now: float) -> float | None:
        """Seconds until somebody may be asked; None: not before somebody comes.

        A batch that is not full waits for others while there may be any.
        """
        if (self._complete and self._fresh) or len(self._fresh) >= MOST:
            return max(0.0, self._closed_until - now)
        if self._again:
            return max(0.0, max(self._again[0][0], self._closed_until) - now)
        return None

    def take(self, now: float) -> list[_Question]:
        """Up to a batch of those who may be asked."""
        taken: list[_Question] = []
        while len(taken) < MOST and self._again and self._again[0][0] <= now:
            taken.append(heapq.heappop(self._again)[-1])
        while len(taken) < MOST and self._fresh:
            taken.append(self._fresh.popleft())
        return taken


class DefaultDomains:
    """Asks our own tenant what others are called."""

    def __init__(
        self,
        http: HttpClient,
        tokens: Tokens,
        *,
        partner: TenantId,
        clock: Clock,
        at_once: Callable[[], int],
    ) -> None:
        """`at_once`: how many batches are under way together."""
        self._http = http
        self._tokens = tokens
        self._clock = clock
        self._at_once = at_once
        self._quota = Quota(*_UNITS)  # one for all readings of a session
        self._partner = partner
        self._refused_as_user: Problem | None = None
        self.refusal: Problem | None = None
        """Why nobody's domain could be read in the last reading: one cause for all."""

    async def read(
        self, line: Line, pages: AsyncGenerator[Sequence[TenantId], None] | None = None
    ) -> AsyncGenerator[Sequence[TenantId], None]:
        """Ask about the tenants in the line, whose `told` fills; who was answered, as it happens.

        Each is named once, also those about whom nothing could be learned. `pages` are passed on
        and turned meanwhile: they put more tenants into the line, and complete it. A throttled part
        goes back into the line, its neighbours do not wait for it. Closing this ends all that is
        under way.
        Raises: what keeps everybody from being asked.
        Source: Graph, "tenantRelationship: findTenantInformationByTenantId"; "Throttling guidance".
        """
        self.refusal = None
        turning = None if pages is None else asyncio.create_task(_next(pages))
        flying: set[_Flight] = set() if turning is None else {turning}
        try:
            while line or flying:
                wait = self._fill(flying, line, room=self._at_once() + (turning is not None))
                for task in await self._landed(flying, wait):
                    flying.discard(task)
                    news = task.result()
                    if pages is not None and task is turning:
                        turning = asyncio.create_task(_next(pages)) if news is not None else None
                        flying |= {turning} if turning is not None else set()
                    if news:
                        yield news
        finally:
            await _put_down(flying)
            if pages is not None:
                await pages.aclose()

    def _fill(self, flying: set[_Flight], line: Line, *, room: int) -> float | None:
        """Send what may be sent; seconds until more may be, None: not before something lands."""
        while len(flying) < room:
            now = self._clock.monotonic()
            opens_in = line.opens_in(now)
            if opens_in is None:
                return None
            if (wait := max(opens_in, self._quota.wait_for(MOST, now))) > 0:
                return wait
            questions = line.take(now)
            self._quota.take(len(questions), now)
            flying.add(asyncio.create_task(self._ask(questions, line)))
        return None

    async def _landed(self, flying: set[_Flight], wait: float | None) -> Sequence[_Flight]:
        """Wait until something lands, but no longer than that; what did."""
        nap = set() if wait is None else {asyncio.create_task(self._clock.sleep(wait))}
        try:
            await asyncio.wait({*flying, *nap}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _put_down(nap)
        return [task for task in flying if task.done()]

    async def _ask(self, questions: Sequence[_Question], line: Line) -> Sequence[TenantId]:
        """Ask once. Who is answered for good; the others are back in the line."""
        began = self._clock.monotonic()
        if self.refusal is not None:
            return [question.tenant for question in questions]
        as_user = self._refused_as_user is None
        try:
            token = await self._token()
        except (SignInProblem, Refused):
            if self._refused_as_user is None:
                raise
            self.refusal = self._refused_as_user  # there is no other way to ask
            return [question.tenant for question in questions]
        parts = [question.part for question in questions]
        answers = await send_once(self._http, token, parts, clock=self._clock)
        refusal = None if line.told else self._refusal_of_all(answers)
        if refusal is not None:
            if as_user:  # others may have found out meanwhile that it is refused
                self._refused_as_user = self._refused_as_user or refusal
                for question in questions:
                    line.ask_again(question, self._clock.monotonic())
                return []
            self.refusal = refusal
            return [question.tenant for question in questions]
        now = self._clock.monotonic()
        answered: list[TenantId] = []
        throttled: list[float] = []
        for question in questions:
            answer = answers[question.tenant]
            wait = question.again_in(answer, self._clock, began=began)
            if wait is None:
                answered.append(question.tenant)
                if (told := _told_by(answer)) is not None:
                    line.told[question.tenant] = told
                continue
            line.ask_again(question, now + wait)
            if answer.status == 429:
                throttled.append(wait)
        if len(throttled) > MOST // 2:  # the quota is used up, perhaps by others, not one part's
            line.close_until(now + max(throttled))
            self._http.hold_tenant(Service.GRAPH, token, max(throttled))
        return answered

    async def _token(self) -> Token:
        """Our user's token; the application's own once the user's was refused.

        The user's needs CrossTenantInformation.ReadBasic.All; CIPP's registration has it for the
        application alone, and reports differ on whether rights on the directory will do.
        Source: Graph, "tenantRelationship: findTenantInformationByTenantId"; CIPP-API.
        """
        if self._refused_as_user is not None:
            return await self._tokens.application(self._partner)
        return await self._tokens.partner_graph()

    @staticmethod
    def _refusal_of_all(answers: Mapping[str, PartAnswer]) -> Problem | None:
        """The refusal that every question of a batch met: it is about us, not about a tenant."""
        if any(answer.status != 403 for answer in answers.values()):
            return None
        problem = next(iter(answers.values())).problem() if answers else None
        if problem is not None:
            problem.about, problem.side = "tenant information", Side.OWN
        return problem


def _told_by(answer: PartAnswer) -> TenantInformation | None:
    try:
        return answer.one(TenantInformation) if answer.good else None
    except NotUnderstood:
        return None


async def _next(pages: AsyncGenerator[Sequence[TenantId], None]) -> Sequence[TenantId] | None:
    """The next page; None after the last."""
    return await anext(pages, None)


async def _put_down(tasks: Collection[asyncio.Task[Any]]) -> None:
    """End tasks whose answers nobody wants any more, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
