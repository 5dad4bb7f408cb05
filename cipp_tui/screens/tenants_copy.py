"""What `y` copies and `e` writes on the Tenants screen."""

from collections.abc import Mapping, Sequence
from typing import Final

from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.problems import Problem
from cipp_tui.screens.export import Table
from cipp_tui.widgets.cells import Head, Line, fit
from cipp_tui.widgets.columns import (
    CHECKED,
    DOMAIN,
    ERROR,
    EXCLUDED,
    FAILS,
    GDAP,
    ID,
    PERMISSIONS,
    STATE,
    TENANT,
    Seen,
    permissions_cell,
    state_cell,
    tenant_name,
)
from cipp_tui.widgets.panel_words import problem_of
from cipp_tui.widgets.status_line import Answer, Question

WORDS: Final = {
    "d": "domain",
    "i": "id",
    "n": "name",
    "r": "row",
    "e": "error",
    "t": "table as shown",
}
"""What the second key copies."""


def copyable(row: TenantRow | None, seen: Seen, answer: Problem | None = None) -> dict[str, str]:
    """The texts of a tenant, by key; those that are not there are left out.

    `answer` is the problem that was found when the services were asked just now.
    """
    if row is None:
        return {}
    texts = {
        "d": row.tenant.default_domain or "",
        "i": row.id,
        "n": row.tenant.name,
        "r": _row_text(row, seen),
        "e": _error_text(answer or problem_of(row)),
    }
    return {key: text for key, text in texts.items() if text}


def _row_text(row: TenantRow, seen: Seen) -> str:
    return "\t".join(
        (
            tenant_name(row),
            row.tenant.default_domain or "",
            row.id,
            state_cell(row, seen).words,
            permissions_cell(row, seen).words,
        )
    )


def _error_text(problem: Problem | None) -> str:
    if problem is None:
        return ""
    facts = (
        ("code", problem.code),
        ("status", str(problem.status or "")),
        ("host", problem.host),
        ("request id", problem.request_id or ""),
        ("at", problem.at),
    )
    lines = [problem.message, *(f"{name}: {value}" for name, value in facts if value)]
    return "\n".join(lines)


def copy_question(texts: Mapping[str, str]) -> Question:
    """The second key, asked in one line."""
    keys = [key for key in WORDS if key in texts or key == "t"]
    return Question("Copy", tuple(Answer(key, WORDS[key]) for key in keys))


def table_text(heads: Sequence[Head], lines: Sequence[Line]) -> str:
    """The table as it is shown, heads included."""
    rows = ["".join(fit(head.label, head.width) for head in heads)]
    rows += [
        "".join(fit(cell.words, head.width) for cell, head in zip(line.cells, heads, strict=False))
        for line in lines
    ]
    return "\n".join(row.rstrip() for row in rows)


_WRITTEN: Final = (TENANT, DOMAIN, ID, STATE, PERMISSIONS, GDAP, FAILS, CHECKED, EXCLUDED, ERROR)


def fleet_table(rows: Sequence[TenantRow], seen: Seen) -> Table:
    """Tenants with all their columns, for a file."""
    return Table(
        tuple(column.label for column in _WRITTEN),
        [tuple(column.cell(row, seen).words for column in _WRITTEN) for row in rows],
    )
