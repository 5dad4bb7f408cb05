"""Which roles a user of ours holds in a tenant, and through which groups."""

import argparse
import uuid
from collections.abc import Sequence
from typing import Any, Final

from cipp_tui.cli.choosing import chosen
from cipp_tui.cli.exits import Exit
from cipp_tui.cli.opening import Hold, Interrupts, run_session
from cipp_tui.cli.output import iso, table
from cipp_tui.cli.streams import PROGRESS, json_line, line, tell
from cipp_tui.domain.gdap_trace import TracedGroup, TracedRelationship
from cipp_tui.domain.gdap_verdicts import RoleVerdict, Trace, UserVerdicts, Verdict, Way
from cipp_tui.domain.roles import EXPECTED, GLOBAL_ADMINISTRATOR
from cipp_tui.domain.tenants import TenantId
from cipp_tui.domain.text import clean
from cipp_tui.services.session import Session
from cipp_tui.services.trace_words import (
    both_fixes,
    brief,
    counts_words,
    detail,
    fix_words,
    notes,
    relationship_words,
    short_names,
    traced_words,
    verdict_words,
    warnings,
    who,
)

_NAMED: Final = 3
"""So many roles are named; of more only the number is told."""


def trace(arguments: argparse.Namespace) -> int:
    """Trace one user, or two side by side."""
    users = [clean(word).strip() for word in (arguments.user, arguments.second) if word]
    if not all(users) or not arguments.user:
        tell("cipp-tui trace: write the user's name, as in kim@example.com")
        return Exit.USAGE

    async def work(session: Session, _interrupts: Interrupts) -> int:
        await session.ready()
        tenant = await _tenant(session, arguments.tenant)
        if tenant is None:
            return Exit.USAGE
        found = await session.inspection.trace(tenant, users, PROGRESS.show)
        PROGRESS.clear()
        if arguments.json:
            _print_facts(session, found)
        else:
            _print_words(session, found)
        return Exit.WELL if _answered(found) else Exit.SOME_FAILED

    return run_session(arguments, work, Hold.TRY)


async def _tenant(session: Session, word: str) -> TenantId | None:
    """The tenant that is meant; a GUID need not be in the list."""
    try:
        return TenantId(str(uuid.UUID(word.strip())))
    except ValueError:
        rows = await chosen(session, [word])
        return rows[0].id if rows else None


def _answered(found: Trace) -> bool:
    """Whether every user was found and nothing stayed unknown."""
    return all(
        user.user is not None and not user.count(Verdict.UNKNOWN) for user in found.users
    ) and not (found.unlisted)


# -- words --------------------------------------------------------------------------------------
def _print_words(session: Session, found: Trace) -> None:
    line(f"Who gets into {_name(session, found)}?")
    for user in found.users:
        if user.roles:
            line(f"{who(user)}: {counts_words(user)}")
    for words in warnings(found):
        line(f"! {words}")
    judged = [user for user in found.users if user.roles]
    if judged:
        line("")
        line(_table(found, judged))
    for one in (*found.relationships, *found.others):
        line(f"Relationship {relationship_words(one, found.at)}")
    for words, names in _told(found, judged).items():
        whole = len(names) > _NAMED
        line(f"{words} [{f'{len(names)} roles' if whole else ', '.join(names)}]")
    line(f"{traced_words(found)}. Nothing was changed.")


def _told(found: Trace, users: Sequence[UserVerdicts]) -> dict[str, list[str]]:
    """What is to be known beside paths and fixes, and of which roles."""
    told: dict[str, list[str]] = {}
    for user in users:
        for one in user.roles:
            unread = detail(found, user, one) if one.verdict is Verdict.UNKNOWN else ()
            for words in unread or (notes(found, user, one) if one.ways else ()):
                names = told.setdefault(words, [])
                if found.role_names[one.role] not in names:
                    names.append(found.role_names[one.role])
    return told


def _name(session: Session, found: Trace) -> str:
    row = session.fleet.row(found.tenant)
    return f"{row.tenant.name} ({row.tenant.label})" if row is not None else found.tenant


def _table(found: Trace, users: Sequence[UserVerdicts]) -> str:
    heads = ["Role", *(short_names(users) if len(users) > 1 else ["Verdict"])]
    rows = []
    for place, role in enumerate(found.roles):
        verdicts = [user.roles[place] for user in users]
        said = [verdict_words(user, one) for user, one in zip(users, verdicts, strict=True)]
        rows.append([found.role_names[role], *said, _what_to_do(found, users, verdicts)])
    return table([*heads, "Path, or what to do"], rows, widest=100)


def _what_to_do(
    found: Trace, users: Sequence[UserVerdicts], verdicts: Sequence[RoleVerdict]
) -> str:
    """For one user the way or the fix; for two what the one without the role needs."""
    pairs = list(zip(users, verdicts, strict=True))
    if len(pairs) == 1:
        return brief(found, *pairs[0])
    return both_fixes(pairs)


# -- facts --------------------------------------------------------------------------------------
def _print_facts(session: Session, found: Trace) -> None:
    row = session.fleet.row(found.tenant)
    for place, role in enumerate(found.roles):
        verdicts = [(user, user.roles[place]) for user in found.users if user.roles]
        json_line(
            {
                "role_id": role,
                "role": found.role_names[role],
                "expected": role in EXPECTED,
                "global_administrator": role == GLOBAL_ADMINISTRATOR,
                "users": [_verdict_facts(found, user, one) for user, one in verdicts],
            }
        )
    summary = {
        "tenant_id": found.tenant,
        "display_name": row.tenant.name if row is not None else None,
        "at": iso(found.at),
        "users": [_user_facts(user) for user in found.users],
        "relationships": [_relationship_facts(one) for one in found.relationships],
        "microsoft_led": [_relationship_facts(one) for one in found.microsoft_led],
        "without_access": [_relationship_facts(one) for one in found.others],
        "not_listed": found.unlisted or None,
        "warnings": list(warnings(found)),
        "http_requests": session.http_requests,
    }
    json_line({"summary": summary})


def _user_facts(user: UserVerdicts) -> dict[str, Any]:
    known = user.user
    return {
        "asked": user.asked,
        "found": None if user.unreadable else known is not None,
        "unreadable": user.unreadable or None,
        "id": known.id if known is not None else None,
        "user_principal_name": known.upn if known is not None else None,
        "display_name": known.name if known is not None else None,
        "enabled": known.enabled if known is not None else None,
        "guest": known.guest if known is not None else None,
        "counts": {verdict: user.count(verdict) for verdict in Verdict},
    }


def _verdict_facts(found: Trace, user: UserVerdicts, one: RoleVerdict) -> dict[str, Any]:
    return {
        "user": who(user),
        "verdict": one.verdict,
        "why": one.why or None,
        "fix": one.fix,
        "fix_words": fix_words(user, one) or None,
        "group": _group_facts(one.group) if one.group is not None else None,
        "paths": [_way_facts(way) for way in one.ways],
        "notes": list(notes(found, user, one)),
    }


def _way_facts(way: Way) -> dict[str, Any]:
    return {
        "groups": [_group_facts(group) for group in way.groups],
        "relationship": _relationship_facts(way.relationship),
    }


def _group_facts(group: TracedGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name or None,
        "role_assignable": group.role_assignable,
    }


def _relationship_facts(one: TracedRelationship) -> dict[str, Any]:
    return {
        "id": one.facts.id,
        "name": one.facts.name,
        "status": one.facts.status,
        "ends_at": iso(one.facts.ends_at),
        "extends_by_itself": one.facts.auto_extends,
        "assignments_unreadable": one.unreadable or None,
    }
