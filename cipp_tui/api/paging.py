"""Collections that come in pages: read to their end, begun again when a link has run out."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from cipp_tui.api.batch import PartAnswer, list_of
from cipp_tui.api.endpoints import Service
from cipp_tui.api.http import Call, HttpClient, Token, first_of
from cipp_tui.api.pace import back_off
from cipp_tui.api.wire import Collection
from cipp_tui.domain.problems import NotUnderstood, RemoteProblem
from cipp_tui.domain.text import clean

EXPIRED_LINK: Final = "Directory_ExpiredPageToken"
"""The link to a next page has run out: its pages can only be read again from the first one.
Source: microsoftgraph/msgraph-sdk-dotnet#2254; cartography-cncf/cartography#2853 (seen live)."""

MOST_RESTARTS: Final = 5
MOST_PAGES: Final = 1000
"""More than any partner's list has: 300,000 relationships at 300 a page."""

MOST_REPEATED: Final = 3
"""So many pages in a row without a single new row: the service is repeating itself."""

Shape = TypeVar("Shape")
AskToken = Callable[[], Awaitable[Token]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page, its rows as they came. `is_first`: also when pages are begun again."""

    rows: list[Any]
    is_first: bool


@dataclass(frozen=True, slots=True)
class OddRow:
    """A row that could not be understood: which one, and why."""

    name: str
    why: str
    row: object = field(repr=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.why})"


class Pager:
    """Reads collections of Graph. Every reading ends: rows, or a problem that says why not."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def pages(
        self, path: str, token: AskToken, first: Collection | None = None
    ) -> AsyncGenerator[Page, None]:
        """The pages of the collection at `path`, version included; `first` was read before.

        A link that has run out begins them again at the first page, a bounded number of times:
        rows can come twice. Raises: NotUnderstood for pages that do not end or a foreign link;
        remote problems.
        Source: Graph, "Paging Microsoft Graph data in your app".
        """
        for restart in range(MOST_RESTARTS + 1):
            if restart:
                await self._http.patience.wait(back_off(restart, first_s=1.0, most_s=15.0))
                first = None
            page = first if first is not None else await self._ask(path, token)
            guard = _EndGuard(self._http.endpoints.graph)
            yield Page(page.value, is_first=True)
            try:
                while (link := page.next_link) is not None:
                    guard.pass_on(page.value, link)
                    page = await self._ask(self.path_of(link), token)
                    yield Page(page.value, is_first=False)
                return
            except RemoteProblem as problem:
                if EXPIRED_LINK not in problem.code or restart == MOST_RESTARTS:
                    raise

    async def rows(
        self, answer: PartAnswer, token: Token, shape: type[Shape]
    ) -> tuple[list[Shape], list[OddRow]]:
        """Every row of a collection whose first page is the answer to a part of a batch.

        Rows of another shape are left out and named. Raises: as `pages`; the part's own refusal.
        Source: as for `pages`.
        """
        if (problem := answer.problem()) is not None:
            raise problem
        first = answer.one(Collection)
        if first.next_link is None:
            return checked_rows(first.value, shape)

        async def same() -> Token:
            return token

        found: list[Shape] = []
        odd: list[OddRow] = []
        path = f"/v1.0{answer.url}"
        async with aclosing(self.pages(path, same, first)) as pages:
            async for page in pages:
                if page.is_first:
                    found, odd = [], []
                good, bad = checked_rows(page.rows, shape)
                found += good
                odd += bad
        return found, odd

    async def _ask(self, path: str, token: AskToken) -> Collection:
        answer = await self._http.send(
            Call(
                service=Service.GRAPH,
                method="GET",
                path=path,
                token=await token(),
                repeatable=True,
            )
        )
        return await asyncio.to_thread(answer.parsed, Collection)

    def path_of(self, link: str) -> str:
        """The path of a link at our own Graph host. Raises: NotUnderstood for any other host.

        Source: Graph, "Paging Microsoft Graph data in your app".
        """
        base = self._http.endpoints.graph
        if not link.startswith(base + "/"):
            raise NotUnderstood(
                "The link to the next page leads to another host; it was not followed",
                code="foreign-link",
                host=base,
            )
        return link.removeprefix(base)


class _EndGuard:
    """Notices pages that never end. Raises: NotUnderstood."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._links: set[str] = set()
        self._ids: set[str] = set()
        self._repeated = 0

    def pass_on(self, rows: list[Any], link: str) -> None:
        """Go on from a page with these rows to the next one."""
        ids = {str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row}
        self._repeated = self._repeated + 1 if ids and ids <= self._ids else 0
        self._ids |= ids
        if link in self._links:
            raise self._endless("a link leads back to a page that was read before")
        self._links.add(link)
        if self._repeated >= MOST_REPEATED:
            raise self._endless(f"{MOST_REPEATED} pages in a row brought only rows read before")
        if len(self._links) >= MOST_PAGES:
            raise self._endless(f"there are more than {MOST_PAGES} of them")

    def _endless(self, why: str) -> NotUnderstood:
        return NotUnderstood(
            f"The pages of the answer do not end: {why}", code="endless-pages", host=self._host
        )


def checked_rows(rows: list[Any], shape: type[Shape]) -> tuple[list[Shape], list[OddRow]]:
    """The rows that have the documented shape, and those that have not."""
    try:
        return list_of(shape).validate_python(rows), []
    except ValidationError:
        pass  # which ones is found out below
    found: list[Shape] = []
    odd: list[OddRow] = []
    for place, row in enumerate(rows, 1):
        try:
            found += list_of(shape).validate_python([row])
        except ValidationError as error:
            ident = row.get("id") if isinstance(row, dict) else None
            name = clean(ident)[:80] if isinstance(ident, str) and ident else f"row {place}"
            why = first_of(error).removeprefix("0.").removeprefix("0: ")
            odd.append(OddRow(name, why, row))
    return found, odd
