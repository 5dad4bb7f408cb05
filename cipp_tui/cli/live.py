"""`profiles check --live`: what the services really answer, told and, if wished, written down.

Nothing printed or written here names a tenant, a user or a token: it is made to be sent to others.
"""

import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

from cipp_tui import __version__
from cipp_tui.api.live_record import Observation
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.streams import line, tell
from cipp_tui.config.files import UnfitFile, demand_regular, os_fix, os_words, write_private
from cipp_tui.domain.problems import ConfigProblem
from cipp_tui.domain.tenants import TenantId, tenant_id
from cipp_tui.services.session import Session
from cipp_tui.services.suits import named

FORMAT: Final = 1


def demand_place(record: str | None) -> Path | None:
    """Where the record goes, looked at before anything is asked. Raises: ConfigProblem."""
    if record is None:
        return None
    path = Path(record)
    try:
        if path.exists():
            demand_regular(path.stat().st_mode)
        if not path.absolute().parent.is_dir():
            raise ConfigProblem(
                "the folder is not there", key=f"--record {record}", fix="Make it, or name another."
            )
    except UnfitFile as unfit:
        raise ConfigProblem(unfit.why, key=f"--record {record}", fix=unfit.fix) from None
    except OSError as error:
        raise ConfigProblem(os_words(error), key=f"--record {record}", fix=os_fix(error)) from None
    return path


def tenant_meant(session: Session, word: str) -> TenantId | None:
    """Which customer; None: whichever is usable. Raises: ConfigProblem."""
    if not word:
        return None
    rows = named(session.fleet.rows(), word)
    if len(rows) == 1:
        return rows[0].tenant.id
    try:
        return tenant_id(word)
    except ValueError:
        raise ConfigProblem(
            "means no tenant of the stored list, or several", key="--live", fix="Give its GUID."
        ) from None


async def live_check(session: Session, tenant: TenantId | None, record: Path | None) -> int:
    """Ask, print each answer as it comes, write the record. Raises: Problem."""
    seen: list[Observation] = []
    async with aclosing(session.inspection.live_check(tenant)) as answers:
        async for one in answers:
            seen.append(one)
            _print(one)
    differing = [one for one in seen if one.otherwise]
    tell(
        f"{len(seen)} reads, {len(seen) - len(differing)} answered as the simulator does,"
        f" {len(differing)} otherwise. Nothing was changed."
    )
    if record is not None:
        _write(record, seen)
        tell(f"Record: {record}. It holds no values, names, ids or tokens.")
    return Exit.SOME_FAILED if differing else Exit.WELL


def _print(one: Observation) -> None:
    mark = "~" if one.otherwise else "+"
    status = one.status if one.status is not None else "no answer"
    mfa = f", MFA {one.mfa}" if one.mfa else ""
    took = f" ({one.duration_ms} ms)" if one.duration_ms is not None else ""
    line(f"{mark} {one.what}: {status}{f' {one.error}' if one.error else ''}{mfa}{took}")
    for words in one.otherwise:
        line(f"    {words}")
    if one.scopes:
        line(f"    {len(one.scopes)} permissions in it")


def _write(path: Path, seen: Sequence[Observation]) -> None:
    content = {
        "format": FORMAT,
        "program": f"cipp-tui {__version__}",
        "observations": [one.facts() for one in seen],
    }
    try:
        write_private(path, (json.dumps(content, indent=1) + "\n").encode())
    except OSError as error:
        raise ConfigProblem(os_words(error), key=f"--record {path}", fix=os_fix(error)) from None
