"""What the info panel says of a tenant, part by part. Pure functions."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cipp_tui.domain.audit import AuditEntry
from cipp_tui.domain.fleet import TenantRow
from cipp_tui.domain.jobs import Action, Outcome
from cipp_tui.domain.permissions import PermissionRecord
from cipp_tui.domain.tenants import GdapRelationship
from cipp_tui.services.advice import advise
from cipp_tui.services.diagnosis import Diagnosis
from cipp_tui.widgets.cells import Cell, Tone, fit, width_of
from cipp_tui.widgets.columns import Seen, permissions_cell, state_cell
from cipp_tui.widgets.panel_lines import LABEL, Part, Text, labelled, plain, wrap, wrapped
from cipp_tui.widgets.panel_why import problem_of, what_is_wrong
from cipp_tui.widgets.words import day_and_time, moment

__all__ = ["Part", "entry_words", "parts", "plain", "problem_of", "wrap"]


def parts(
    row: TenantRow,
    seen: Seen,
    diagnosis: Diagnosis,
    width: int,
    *,
    history: Sequence[AuditEntry] | None,
    wanted: int | None = None,
    prune: bool = False,
    asking: bool = False,
) -> list[Part]:
    """Everything the panel says. `history` None: it is being read.

    `asking`: the services are being asked why.
    """
    found = [who(row, seen, width)]
    if (wrong := what_is_wrong(row, diagnosis, width, asking=asking)) is not None:
        found.append(wrong)
    found.append(access(row, seen.now, width))
    found.append(permissions(row, seen, width, wanted=wanted, prune=prune))
    if row.exclusion is not None:
        found.append(exclusion(row, seen.now, width))
    found.append(past(history, seen.now, width))
    return found


# -- the parts ----------------------------------------------------------------------------------
def who(row: TenantRow, seen: Seen, width: int) -> Part:
    tenant = row.tenant
    domains = [tenant.default_domain] if tenant.default_domain else []
    domains += [domain for domain in tenant.domains if domain != tenant.default_domain]
    state = state_cell(row, seen)
    since = ""
    if row.failures is not None:
        since = f", since {day_and_time(row.failures.first_at, seen.now)}"
    return Part(
        "Who",
        [
            *labelled("Name", tenant.name, width),
            *labelled("Domains", ", ".join(domains) or "none could be read", width),
            *(
                labelled("Tenant id", tenant.id, width)
                if width >= LABEL + 37
                else wrapped(tenant.id, width, first=" Id ", indent=4)
            ),
            [Cell(fit(" State", LABEL)), Cell(state.words, state.tone), Cell(since)],
        ],
    )


def access(row: TenantRow, now: datetime, width: int) -> Part:
    """The relationships, and why they do not extend by themselves."""
    lines: list[Text] = []
    for relationship in row.tenant.relationships:
        lines += _relationship(relationship, now, width)
    if not lines:
        lines = wrapped(f"No relationship: {_access_words(row, now)}", width)
    return Part("Access", lines)


def _access_words(row: TenantRow, now: datetime) -> str:
    return {"own": "your own tenant", "direct": "a direct tenant"}.get(
        row.tenant.access(now).level, "nothing gives access"
    )


def _relationship(relationship: GdapRelationship, now: datetime, width: int) -> list[Text]:
    ends, tone = _ends(relationship, now)
    note = _note(relationship)
    name = max(12, min(30, width - 24 if width < 60 else width - 50))
    head = [
        Cell(f" {fit(relationship.name, name)} {fit(relationship.status, 10)} "),
        Cell(fit(ends, 8), tone),
    ]
    if not note:
        return [head]
    if name + 21 + width_of(note) <= width:
        return [[*head, Cell(f" {note}")]]
    return [head, *wrapped(note, width, first="   ", indent=3)]


def _ends(relationship: GdapRelationship, now: datetime) -> tuple[str, Tone]:
    if relationship.ends_at is None:
        return "", Tone.PLAIN
    days = (relationship.ends_at - now).days
    if relationship.ends_at <= now:
        return "ended", Tone.MUTED
    if days <= 30 and not relationship.auto_extends:
        return f"! {days} d", Tone.WARN
    return f"{days} d", Tone.PLAIN


def _note(relationship: GdapRelationship) -> str:
    if relationship.microsoft_led:
        return "Microsoft-led: read-only, cannot be used"
    if relationship.auto_extends:
        return "extends by itself"
    if relationship.holds_global_administrator:
        return "no auto-extend: holds Global Administrator"
    return "no auto-extend"


def permissions(row: TenantRow, seen: Seen, width: int, *, wanted: int | None, prune: bool) -> Part:
    """What is missing, what is extra, what this tenant cannot have."""
    record = row.permissions
    title = "Permissions"
    if wanted is not None:
        title += f", {wanted} wanted"
    if record is None:
        return Part(title, wrapped("never compared here; r gives what is missing", width))
    title += f", read {day_and_time(record.checked_at, seen.now)}"
    state = permissions_cell(row, seen)
    lines: list[Text] = [[Cell(fit(" State", LABEL)), Cell(state.words, state.tone)]]
    lines += _missing(record, width)
    if record.extra:
        kept = "taken away by a refresh: prune is on" if prune else "kept: prune is off"
        lines += labelled(f"extra {len(record.extra)}", f"{kept}. {_grouped(record.extra)}", width)
    if record.unlicensed:
        lines += labelled("no licence", ", ".join(record.unlicensed), width)
    return Part(title, lines)


def _missing(record: PermissionRecord, width: int) -> list[Text]:
    if not record.missing:
        return []
    words = _grouped(record.missing)
    return labelled(f"missing {len(record.missing)}", words, width, tone=Tone.WARN)


def _grouped(names: Iterable[str]) -> str:
    """`app: A, B; delegated: C` out of `app: A`, `app: B`, `delegated: C`."""
    groups: dict[str, list[str]] = {}
    for name in names:
        kind, colon, value = name.partition(": ")
        groups.setdefault(kind if colon else "", []).append(value if colon else name)
    return "; ".join(
        f"{kind}: {', '.join(values)}" if kind else ", ".join(values)
        for kind, values in groups.items()
    )


def exclusion(row: TenantRow, now: datetime, width: int) -> Part:
    """Who left it out, when and why."""
    assert row.exclusion is not None, "only asked for excluded tenants"
    found = row.exclusion
    return Part(
        "Exclusion",
        [
            *labelled("By", f"{found.by}, {day_and_time(found.at, now)}", width),
            *labelled("Reason", found.reason or "none given", width),
        ],
    )


def past(history: Sequence[AuditEntry] | None, now: datetime, width: int) -> Part:
    """Our journal of this tenant."""
    if history is None:
        return Part("History", [[Cell(" reading…", Tone.MUTED)]])
    if not history:
        return Part("History", [[Cell(" nothing was done here yet", Tone.MUTED)]])
    return Part("History", [_entry(entry, now, width) for entry in history])


def _entry(entry: AuditEntry, now: datetime, width: int) -> Text:
    words = entry_words(entry)
    tone = Tone.BAD if entry.outcome in (Outcome.FAILED, Outcome.STRANDED) else Tone.PLAIN
    by = f"  job {entry.job}, {entry.actor}"
    if width < 60:
        by = f"  job {entry.job}"
    room = width - 19 - width_of(by)
    return [
        Cell(f" {fit(moment(entry.at, now), 8)} {fit(entry.action, 8)} "),
        Cell(fit(words, max(8, room)), tone),
        Cell(by, Tone.MUTED),
    ]


def entry_words(entry: AuditEntry) -> str:
    """How one piece of work ended."""
    match entry.outcome:
        case Outcome.CHANGED if entry.action in (Action.REFRESH, Action.RESET):
            return f"{entry.counts.given} given, verified"
        case Outcome.CHANGED:
            return entry.reason or "done"
        case Outcome.UNCHANGED:
            return "already in order"
        case Outcome.FAILED:
            short = advise(entry.problem).short if entry.problem is not None else ""
            at = f" at {entry.stopped_at}" if entry.stopped_at else ""
            return f"failed{': ' if short else ''}{short}{at}"
        case Outcome.SKIPPED:
            return "left out"
        case Outcome.RESTORED:
            return "access is back"
        case Outcome.STRANDED:
            return "access is owed"
        case None:
            return "not finished"
