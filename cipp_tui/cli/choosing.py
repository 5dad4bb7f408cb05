"""Which tenant somebody means: an id, a domain or an exact name, and never a guess."""

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cipp_tui.cli.streams import PROGRESS, tell
from cipp_tui.domain.clock import is_stale
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action
from cipp_tui.domain.tenants import TenantId
from cipp_tui.domain.text import clean
from cipp_tui.services.nightly import due_now
from cipp_tui.services.session import Session
from cipp_tui.services.suits import LeftOut, Selection, named, select
from cipp_tui.services.views import Reading

STALE: Final = timedelta(hours=1)
LOOK_S: Final = 0.2
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Unclear:
    """A word that means no tenant, or several."""

    word: str
    candidates: tuple[TenantRow, ...]
    several: bool


async def chosen(session: Session, words: Sequence[str]) -> list[TenantRow] | None:
    """The tenants that are meant; None, with every doubt told, when one of them is unclear.

    Where nothing is stored yet, the list is read first.
    """
    await read_if_never(session)
    rows = session.fleet.rows()
    found: dict[str, TenantRow] = {}
    doubts: list[Unclear] = []
    for word in words:
        meant = named(rows, word)
        if len(meant) == 1:
            found[meant[0].id] = meant[0]
        else:
            close = tuple(meant) if meant else _closest(rows, word)
            doubts.append(Unclear(word, close, several=bool(meant)))
    for doubt in doubts:
        _tell(doubt)
    return None if doubts else list(found.values())


async def read_the_list(session: Session, only: TenantId | None = None) -> Reading:
    """Read the list, or one tenant, telling a human how far it is. Raises: Problem."""
    session.listing.start(only)
    ended = asyncio.ensure_future(session.listing.finished())
    while not ended.done():
        await asyncio.wait({ended}, timeout=LOOK_S)
        about = session.listing.reading.about
        of = f" of about {about:,}" if about is not None else ""
        PROGRESS.show(f"Reading tenants: {session.listing.reading.seen:,}{of}")
    PROGRESS.clear()
    reading = await ended
    if reading.problem is not None:
        raise reading.problem
    return reading


async def read_if_never(session: Session) -> None:
    """Read the list when nothing is stored. Raises: Problem."""
    if session.fleet.read_at is None and session.looking_only is None:
        await session.ready()
        await read_the_list(session)


async def read_if_stale(session: Session) -> None:
    """Read the list where the stored one is old, and ours to replace. Raises: Problem."""
    if is_stale(session.fleet.read_at, session.clock.now(), STALE) and session.looking_only is None:
        await read_the_list(session)


def whole_fleet(session: Session, *, due_only: bool) -> Selection:
    """Whom a run over the fleet takes: nobody that is excluded.

    Of those that are due, nobody that is left to a human; the reason is told.
    """
    if due_only:
        return due_now(session.fleet, session.clock.now()).selection
    rows = sorted(session.fleet.rows(), key=lambda row: row.tenant.name.casefold())
    excluded = tuple(LeftOut(row, "excluded") for row in rows if row.exclusion is not None)
    selection = select([row for row in rows if row.exclusion is None], Action.REFRESH)
    return Selection(selection.taken, (*excluded, *selection.left_out))


def _closest(rows: Sequence[TenantRow], word: str) -> tuple[TenantRow, ...]:
    by_word = {
        text.casefold(): row
        for row in rows
        for text in (row.tenant.name, *row.tenant.domains, row.tenant.default_domain or "")
        if text
    }
    matches = difflib.get_close_matches(word.casefold(), by_word, n=_SHOWN, cutoff=0.5)
    holding = [text for text in by_word if word.casefold() in text][:_SHOWN]
    return tuple({by_word[text].id: by_word[text] for text in (*holding, *matches)}.values())


def _tell(doubt: Unclear) -> None:
    word = clean(doubt.word)
    if doubt.several:
        tell(f"cipp-tui: {word!r} means {len(doubt.candidates)} tenants. Use the id of one:")
    elif doubt.candidates:
        tell(f"cipp-tui: no tenant is called {word!r}. Near to it:")
    else:
        tell(f"cipp-tui: no tenant is called {word!r}. cipp-tui tenants lists them.")
    for row in doubt.candidates[:_SHOWN]:
        tell(f"  {row.id}  {row.tenant.default_domain or '(no domain)'}  {row.tenant.name}")
