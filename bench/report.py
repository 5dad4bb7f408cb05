"""Markdown tables, and the places in docs/performance.md they belong in."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "performance.md"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def goal(met: bool) -> str:
    """How a goal's line ends."""
    return "met" if met else "**missed**"


def machine() -> str:
    """When and on what was measured."""
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {os.cpu_count()} cores,"
        f" {_memory_gib()}{platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}; load before the run {_load()}."
    )


def write(parts: dict[str, str], document: Path = DOCUMENT) -> None:
    """Put each part between its markers, `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.

    Raises: ValueError when the document has no such markers.
    """
    text = document.read_text(encoding="utf-8")
    for name, content in parts.items():
        start, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise ValueError(f"{document.name} has no place for {name}: {start} ... {end}")
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{content.strip()}\n{end}{after}"
    document.write_text(text, encoding="utf-8")


def _memory_gib() -> str:
    facts = Path("/proc/meminfo")
    if not facts.exists():
        return ""
    found = re.search(r"MemTotal:\s+(\d+)", facts.read_text())
    return f"{int(found[1]) / 1024**2:.0f} GiB, " if found else ""


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
