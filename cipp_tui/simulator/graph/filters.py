"""A small reader of OData `$filter`: and, or, not, parentheses, eq, ne, in, startswith.

Source: Graph docs, use the $filter query parameter.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from cipp_tui.simulator.graph.call import GraphFailure, bad_request

MAX_CHILD_CLAUSES: Final = 15
# The reader descends for every parenthesis and every `not`.
MAX_TOKENS: Final = 200
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[(),]|[^\s(),']+)")

Getter = Callable[[str], Any]
Test = Callable[[Getter], bool]


@lru_cache(maxsize=1024)
def parse_filter(text: str) -> Test:
    """Return a test for the objects a filter is about.

    The test gets a function from property path (`customer/tenantId`) to value.
    """
    reader = _Reader(_tokens(text))
    test = reader.any_of()
    if reader.rest:
        raise invalid_filter()
    return test


def invalid_filter() -> GraphFailure:
    """Return the answer for a filter that cannot be read."""
    return bad_request("Invalid filter clause")


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise invalid_filter()
        tokens.append(match[1])
        position = match.end()
    if len(tokens) > MAX_TOKENS:
        raise invalid_filter()
    return tokens


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self._accept("or"):
            tests.append(self.all_of())
        _check_clauses(len(tests))
        return tests[0] if len(tests) == 1 else lambda get: any(test(get) for test in tests)

    def all_of(self) -> Test:
        tests = [self.term()]
        while self._accept("and"):
            tests.append(self.term())
        return tests[0] if len(tests) == 1 else lambda get: all(test(get) for test in tests)

    def term(self) -> Test:
        if self._accept("not"):
            inner = self.term()
            return lambda get: not inner(get)
        if self._accept("("):
            inner = self.any_of()
            self._expect(")")
            return inner
        name = self._next()
        if name == "startswith":
            return self._starts_with()
        return self._comparison(name)

    def _comparison(self, path: str) -> Test:
        operator = self._next()
        if operator == "in":
            return self._among(path)
        value = _literal(self._next())
        if operator == "eq":
            return lambda get: _same(get(path), value)
        if operator == "ne":
            return lambda get: not _same(get(path), value)
        raise invalid_filter()

    def _among(self, path: str) -> Test:
        self._expect("(")
        values = [_literal(self._next())]
        while self._accept(","):
            values.append(_literal(self._next()))
        self._expect(")")
        _check_clauses(len(values))
        if not all(isinstance(value, str) for value in values):
            return lambda get: any(_same(get(path), value) for value in values)
        texts = frozenset(value.lower() for value in values)

        def among(get: Getter) -> bool:
            found = get(path)
            return isinstance(found, str) and found.lower() in texts

        return among

    def _starts_with(self) -> Test:
        self._expect("(")
        path = self._next()
        self._expect(",")
        prefix = str(_literal(self._next())).lower()
        self._expect(")")
        return lambda get: str(get(path) or "").lower().startswith(prefix)

    def _next(self) -> str:
        if not self.rest:
            raise invalid_filter()
        return self.rest.pop(0)

    def _accept(self, token: str) -> bool:
        if self.rest and self.rest[0].lower() == token:
            self.rest.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise invalid_filter()


def _check_clauses(count: int) -> None:
    if count > MAX_CHILD_CLAUSES:
        raise GraphFailure(
            400,
            "Request_UnsupportedQuery",
            "Too many child clauses specified in search filter expression containing 'OR' "
            f"operators: {count}. Max allowed: {MAX_CHILD_CLAUSES}.",
        )


def _literal(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    words = {"true": True, "false": False, "null": None}
    return words.get(token.lower(), token)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return bool(left == right)
