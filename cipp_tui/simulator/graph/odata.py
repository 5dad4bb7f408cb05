"""Collections and single objects: $filter, $select, $orderby, $count, $top, paging, context.

Source: Graph docs, query parameters and paging.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from cipp_tui.simulator.graph.call import GraphCall, GraphFailure, Reply, bad_request
from cipp_tui.simulator.graph.filters import parse_filter

DIRECTORY_PAGE: Final = 100
DIRECTORY_MAX: Final = 999
GDAP_MAX: Final = 300

T = TypeVar("T")
Field = Callable[[T], Any]


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """How objects of one type look on the wire: a function per property.

    Annotations (`@odata.type`, …) are always sent, properties only when selected.
    """

    context: str  # what follows `$metadata#`
    fields: Mapping[str, Field[T]]
    annotations: Mapping[str, Field[T]]
    paths: Mapping[str, Field[T]]  # more paths a filter may use, such as customer/tenantId
    selections: dict[str, list[str]] = field(default_factory=dict)  # kept by `selection`

    def rows(self, items: Iterable[T], selected: Sequence[str] | None) -> list[dict[str, Any]]:
        """Return objects with the selected properties, or with all."""
        if self.annotations:
            return [self.row(item, selected) for item in items]
        names = self.fields if selected is None else selected
        reads = [(name, self.fields[name]) for name in names]
        return [{name: read(item) for name, read in reads} for item in items]

    def row(self, item: T, selected: Sequence[str] | None) -> dict[str, Any]:
        """Return an object with the selected properties, or with all."""
        fields = self.fields
        names = fields if selected is None else selected
        row = {name: fields[name](item) for name in names}
        if not self.annotations:
            return row
        return {name: note(item) for name, note in self.annotations.items()} | row

    def value(self, item: T, path: str) -> Any:
        """Return the value a filter or an order asks for."""
        read = self.fields.get(path) or self.paths.get(path)
        if read is None:
            raise bad_request(f"Could not find a property named '{path}'.")
        return read(item)


def shape(
    context: str,
    fields: Mapping[str, Field[T]],
    annotations: Mapping[str, Field[T]] | None = None,
    paths: Mapping[str, Field[T]] | None = None,
) -> Shape[T]:
    """Return a shape."""
    return Shape(context, fields, annotations or {}, paths or {})


def filtered(call: GraphCall, form: Shape[T], items: Iterable[T]) -> list[T]:
    """Return the items that pass the call's $filter."""
    text = call.query.get("$filter")
    if not text:
        return list(items)
    test = parse_filter(text)

    def passes(item: T) -> bool:
        return test(lambda path: form.value(item, path))

    return [item for item in items if passes(item)]


def ordered(call: GraphCall, form: Shape[T], items: list[T]) -> list[T]:
    """Return the items in the call's $orderby."""
    text = call.query.get("$orderby")
    if not text:
        return items
    path, _, direction = text.strip().partition(" ")
    return sorted(
        items,
        key=lambda item: str(form.value(item, path) or ""),
        reverse=direction.strip().lower() == "desc",
    )


def collection(
    call: GraphCall,
    form: Shape[T],
    items: Sequence[T],
    *,
    default_top: int = DIRECTORY_PAGE,
    max_top: int = DIRECTORY_MAX,
    finish: Callable[[T, dict[str, Any]], None] | None = None,
) -> Reply:
    """Answer one page of already filtered items; `finish` may add to each row."""
    selected = selection(call, form)
    top = min(_top(call, default_top, max_top), call.context.knobs.page_size_cap)
    start = _offset(call)
    page = items[start : start + top]
    rows = form.rows(page, selected)
    if finish is not None:
        for item, row in zip(page, rows, strict=True):
            finish(item, row)
    body: dict[str, Any] = {"@odata.context": _context(call, form.context, selected)}
    if call.query.get("$count", "").lower() == "true" and start == 0:
        body["@odata.count"] = len(items)
    if start + top < len(items):
        body["@odata.nextLink"] = _next_link(call, start + top)
    body["value"] = rows
    return Reply(200, body)


def unpaged(call: GraphCall, form: Shape[T], items: Iterable[T]) -> Reply:
    """Answer a collection that never pages."""
    selected = selection(call, form)
    rows = form.rows(items, selected)
    return Reply(200, {"@odata.context": _context(call, form.context, selected), "value": rows})


def single(call: GraphCall, form: Shape[T], item: T, status: int = 200) -> Reply:
    """Answer one object."""
    selected = selection(call, form) if status == 200 else None
    context = _context(call, form.context, selected) + "/$entity"
    return Reply(status, {"@odata.context": context, **form.row(item, selected)})


def selection(call: GraphCall, form: Shape[T]) -> list[str] | None:
    """Return the selected properties, or None for all."""
    text = call.query.get("$select")
    if not text:
        return None
    kept = form.selections.get(text)
    if kept is None:
        kept = form.selections[text] = _selection(text, form)
    return kept


def _selection(text: str, form: Shape[T]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    spelled = {name.lower(): name for name in form.fields}
    unknown = [name for name in names if name.lower() not in spelled]
    if unknown:
        raise bad_request(f"Could not find a property named '{unknown[0]}'.")
    return [spelled[name.lower()] for name in names]


def _top(call: GraphCall, default: int, maximum: int) -> int:
    text = call.query.get("$top")
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= maximum:
        raise GraphFailure(
            400,
            "Request_UnsupportedQuery" if text.isdecimal() else "Request_BadRequest",
            f"Invalid page size specified: '{text}'. Must be between 1 and {maximum} inclusive.",
        )
    return int(text)


def _offset(call: GraphCall) -> int:
    token = call.query.get("$skiptoken") or call.query.get("$skipToken")
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("page:"))
    except (ValueError, binascii.Error) as error:
        raise bad_request("Invalid $skiptoken.") from error


def _next_link(call: GraphCall, start: int) -> str:
    kept = {k: v for k, v in call.query.items() if k.lower() not in ("$skiptoken", "$count")}
    kept["$skiptoken"] = base64.urlsafe_b64encode(f"page:{start:08}".encode()).decode()
    query = "&".join(f"{name}={quote(value, safe=chr(39) + ',')}" for name, value in kept.items())
    return f"{call.base}/{call.version}/{call.path.strip('/')}?{query}"


def _context(call: GraphCall, what: str, selected: Sequence[str] | None) -> str:
    chosen = f"({','.join(selected)})" if selected else ""
    return f"{call.base}/{call.version}/$metadata#{what}{chosen}"
