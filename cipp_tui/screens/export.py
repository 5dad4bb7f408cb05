"""Writing what is shown to a file: privately, whole or not at all, beside the event loop."""

import asyncio
import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from cipp_tui.domain.text import inert
from cipp_tui.widgets.cells import fit, width_of

FOLDER: Final = "~/cipp-tui-exports"

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows in plain words, and what is said of all of them before the first."""

    heads: tuple[str, ...]
    rows: Rows
    notice: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a table."""

    name: str
    suffix: str
    write: Callable[[TextIO, Table], None]


def _csv(file: TextIO, table: Table) -> None:
    writer = csv.writer(file, lineterminator="\n")
    for name, words in table.notice:
        writer.writerow([name, inert(words)])
    if table.notice:
        writer.writerow([])
    writer.writerow(table.heads)
    writer.writerows([inert(words) for words in row] for row in table.rows)


def _json_lines(file: TextIO, table: Table) -> None:
    if table.notice:
        file.write(json.dumps({"notice": dict(table.notice)}, ensure_ascii=False) + "\n")
    for row in table.rows:
        facts = dict(zip(table.heads, row, strict=True))
        file.write(json.dumps(facts, ensure_ascii=False) + "\n")


def _text(file: TextIO, table: Table) -> None:
    for name, said in table.notice:
        file.write(f"{name}: {said}\n")
    if table.notice:
        file.write("\n")
    everything = [table.heads, *table.rows]
    widths = [max(map(width_of, column)) for column in zip(*everything, strict=True)]
    for row in everything:
        line = "  ".join(fit(words, width) for words, width in zip(row, widths, strict=True))
        file.write(line.rstrip() + "\n")


FORMATS: Final = (
    Format("CSV", ".csv", _csv),
    Format("JSON lines", ".jsonl", _json_lines),
    Format("text", ".txt", _text),
)


def as_text(table: Table) -> str:
    """The table as aligned plain text, for copying."""
    file = io.StringIO()
    _text(file, table)
    return file.getvalue().rstrip("\n")


def default_path(subject: str, form: Format, now: datetime) -> Path:
    """`~/cipp-tui-exports/tenants-2026-08-03-100214.csv`."""
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-") or "export"
    stamp = now.astimezone().strftime("%Y-%m-%d-%H%M%S")
    return Path(FOLDER) / f"{slug}-{stamp}{form.suffix}"


def write(path: Path, form: Format, table: Table) -> Path:
    """Write a table; the file appears when all of it is there, readable by its owner only.

    Raises: FileExistsError, and what the disk raises (OSError). Blocks: see `written`.
    """
    target = path.expanduser()
    if os.path.lexists(target):  # a link that leads nowhere is somebody's, too
        raise FileExistsError(f"{target} is there already")
    if path.parent == Path(FOLDER):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            form.write(file, table)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


async def written(path: Path, form: Format, table: Table) -> Path:
    """`write`, beside the event loop."""
    return await asyncio.to_thread(write, path, form, table)


def cells(rows: Iterable[Iterable[object]]) -> list[tuple[str, ...]]:
    """Rows of anything as rows of words; None is empty."""
    return [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
