"""The filter language of the tenants table: words, -not, OR, fields. Knows no screen."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.text import folded
from cipp_tui.services.facets import FIELDS, NUMBERS, WORDS, number_of, standing_words

Test = Callable[[TenantRow, str], bool]
"""Whether a row (and its prepared text) passes."""

KNOWN_FIELDS: Final = "state: perm: by: job: gdap< fails> checked>"


@dataclass(frozen=True, slots=True)
class FilterError:
    """Why a text is no filter, and which part of it is to be underlined."""

    words: str
    start: int
    end: int

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter. With an `error` it passes every row: the list stays as it was."""

    text: str
    matches: Test
    """Whether the row is shown; an owed tenant is, unless its name is excluded."""
    fits: Test
    """Whether the row itself fits, debt or not; for counting ("5 of 412 + 1 owed")."""
    error: FilterError | None = None

    @property
    def empty(self) -> bool:
        """Whether it lets everything through by itself."""
        return self.fits is _everything


@dataclass(frozen=True, slots=True)
class _Term:
    """One word, phrase or field of the text."""

    test: Test
    by_name: bool  # looks at nothing but name, domains and id
    negated: bool

    def passes(self, row: TenantRow, hay: str) -> bool:
        return self.test(row, hay) is not self.negated


class _Wrong(Exception):
    """A term that means nothing."""


def haystack(row: TenantRow) -> str:
    """The text in which words are looked for: name, every domain, id; prepare it once per row."""
    tenant = row.tenant
    return folded("\n".join((tenant.name, tenant.default_domain or "", *tenant.domains, tenant.id)))


def compile_filter(text: str, now: datetime) -> Filter:
    """Read a filter. Terms stand side by side (and); `OR` joins the two terms beside it.

    Never raises: what cannot be read is in `error`. Half-written fields ("gdap<") do not count
    yet, so that the list does not flicker while somebody types.
    """
    clauses: list[list[_Term]] = []
    joined = False
    for token in _TOKEN.finditer(text):
        if token.group() == "OR":
            joined = bool(clauses)
            continue
        try:
            term = _term(token, now)
        except _Wrong as wrong:
            start, end = token.span("field") if token["field"] else token.span()
            return Filter(text, _everything, _everything, FilterError(str(wrong), start, end))
        if term is None:
            continue
        if joined:
            clauses[-1].append(term)
        else:
            clauses.append([term])
        joined = False
    return _filter(text, clauses)


_TOKEN: Final = re.compile(
    r"""
    (?P<minus>-)?
    (?: "(?P<phrase>[^"]*)"?
      | (?P<field>[^\W\d]+)(?P<sign><=|>=|[<>:=])(?: "(?P<quoted>[^"]*)"? | (?P<value>\S*) )
      | (?P<word>\S+)
    )
    """,
    re.VERBOSE,
)


def _term(token: re.Match[str], now: datetime) -> _Term | None:
    """The meaning of a token; None when it has none yet."""
    negated = token["minus"] is not None
    if token["field"] is not None and (token["sign"] != "=" or token["field"] in FIELDS):
        value = token["quoted"] if token["quoted"] is not None else token["value"]
        test = _field(token["field"], token["sign"], value, now)
        return None if test is None else _Term(test, by_name=False, negated=negated)
    if token["phrase"] is not None:
        needle = folded(token["phrase"])
    else:
        needle = folded(token.group().removeprefix("-") if negated else token.group())
    if not needle.strip("-"):  # a dash between two words of a pasted name
        return None
    if negated and token["phrase"] is None and needle in _STANDING_WORDS:
        return _Term(_word_or_standing(needle), by_name=False, negated=True)
    return _Term(_word(needle), by_name=True, negated=negated)


def _field(name: str, sign: str, value: str, now: datetime) -> Test | None:
    name = folded(name)
    if name not in FIELDS:
        raise _Wrong(f"No field is called {name}. Fields: {KNOWN_FIELDS}")
    if not value:
        return None
    wanted = folded(value)
    if sign in (":", "=") and name in WORDS and not (name in NUMBERS and wanted[:1].isdigit()):
        words_of = WORDS[name]
        squeezed = _squeezed(wanted)
        return lambda row, _: any(squeezed in _squeezed(word) for word in words_of(row, now))
    if name not in NUMBERS:
        raise _Wrong(f"{name} holds words: write {name}:{value}")
    limit = _limit(name, wanted)
    read = NUMBERS[name]
    compare = _COMPARE[sign]

    def holds(row: TenantRow, _: str) -> bool:
        found = read(row, now)
        return found is not None and compare(found, limit)

    return holds


def _limit(name: str, value: str) -> float:
    limit = number_of(name, value)
    if limit is None:
        example = {"checked": "checked>7d", "job": "job:118"}.get(name, f"{name}<30")
        raise _Wrong(f"{name} needs a number, for example {example}")
    return limit


_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda found, limit: found < limit,
    ">": lambda found, limit: found > limit,
    "<=": lambda found, limit: found <= limit,
    ">=": lambda found, limit: found >= limit,
    "=": lambda found, limit: found == limit,
    ":": lambda found, limit: found == limit,
}

_STANDING_WORDS: Final = frozenset({"excluded", "failing", "stuck", "suspended", "gone", "managed"})
"""After a minus these words mean the state as well: `-excluded` is what everybody tries."""


def _word(needle: str) -> Test:
    return lambda _, hay: needle in hay


def _word_or_standing(needle: str) -> Test:
    return lambda row, hay: needle in hay or needle in standing_words(row)


def _squeezed(text: str) -> str:
    return text.replace(" ", "").replace("-", "").replace("_", "")


def _everything(_row: TenantRow, _hay: str) -> bool:
    return True


def _filter(text: str, clauses: list[list[_Term]]) -> Filter:
    if not clauses:
        return Filter(text, _everything, _everything)
    fits = _all_of([_any_of(clause) for clause in clauses])
    nameless = [
        _any_of(clause)
        for clause in clauses
        if all(term.negated and term.by_name for term in clause)
    ]
    if not nameless:
        return Filter(text, lambda row, hay: fits(row, hay) or row.stranded, fits)
    not_named_out = _all_of(nameless)

    def matches(row: TenantRow, hay: str) -> bool:
        return fits(row, hay) or (row.stranded and not_named_out(row, hay))

    return Filter(text, matches, fits)


def _any_of(terms: list[_Term]) -> Test:
    if len(terms) == 1:
        return terms[0].test if not terms[0].negated else terms[0].passes
    passes = [term.passes for term in terms]
    return lambda row, hay: any(passed(row, hay) for passed in passes)


def _all_of(tests: list[Test]) -> Test:
    match tests:
        case []:
            return _everything
        case [only]:
            return only
        case [first, second]:
            return lambda row, hay: first(row, hay) and second(row, hay)
        case _:
            return lambda row, hay: all(test(row, hay) for test in tests)
