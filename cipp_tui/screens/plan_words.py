"""The lines of a refresh's plan: what is given, taken away, kept. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cipp_tui.domain.permissions import MICROSOFT_GRAPH, AppId, PermissionDiff
from cipp_tui.domain.problems import Problem
from cipp_tui.domain.roles import role_name
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.advice import advise
from cipp_tui.widgets.cells import Tone

_NO_NAMES: Final[Mapping[AppId, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Planned:
    """One tenant, compared, or the reason why it could not be."""

    tenant: TenantId
    tenant_name: str
    diff: PermissionDiff | None = None
    unlicensed: tuple[str, ...] = ()
    resource_names: Mapping[AppId, str] = field(default_factory=lambda: _NO_NAMES)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One change, or one thing that stays."""

    sign: str
    tenant: TenantId
    tenant_name: str
    permission: str
    why: str
    tone: Tone = Tone.PLAIN

    @property
    def verb(self) -> str:
        return _VERBS[self.sign]


_VERBS: Final = {"+": "give", "-": "take away", "=": "no change", "?": "not read"}


def lines_of(plan: Planned, *, prune: bool) -> list[PlanLine]:
    """What a refresh would do to one tenant."""
    diff = plan.diff
    if diff is None:
        why = advise(plan.problem).headline if plan.problem is not None else ""
        return [_line(plan, "?", "could not be read", why)]
    lines = [_line(plan, "+", words, why) for words, why in _given(plan, diff)]
    sign, why = ("-", "extra, and prune is on") if prune else ("=", "extra, kept: prune is off")
    extra = sorted(_named(plan, "delegated", s.resource, s.value) for s in diff.scopes_extra)
    lines += [_line(plan, sign, words, why) for words in extra]
    if diff.roles_extra:
        count = len(diff.roles_extra)
        words = f"{count} app role{'' if count == 1 else 's'}"
        lines.append(_line(plan, "=", words, "extra, kept: others added them"))
    if plan.unlicensed:
        lines.append(_line(plan, "=", ", ".join(plan.unlicensed), "not licensed there, left out"))
    return lines or [_line(plan, "=", "in order", "nothing is missing")]


def _given(plan: Planned, diff: PermissionDiff) -> list[tuple[str, str]]:
    given = [("consent", "no consent yet")] if diff.consent_missing else []
    roles = sorted(_named(plan, "app", r.resource, r.value) for r in diff.roles_missing)
    scopes = sorted(_named(plan, "delegated", s.resource, s.value) for s in diff.scopes_missing)
    directory = sorted(f"role {role_name(role)}" for role in diff.directory_roles_missing)
    return given + [(words, "wanted, missing") for words in (*roles, *scopes, *directory)]


def _named(plan: Planned, kind: str, resource: AppId, value: str) -> str:
    """`app Directory.Read.All`; other resources than Graph are named behind it."""
    if resource == MICROSOFT_GRAPH:
        return f"{kind} {value}"
    return f"{kind} {value} ({plan.resource_names.get(resource, resource[:8])})"


def _line(plan: Planned, sign: str, permission: str, why: str) -> PlanLine:
    return PlanLine(sign, plan.tenant, plan.tenant_name, permission, why, _TONES[sign])


_TONES: Final = {"+": Tone.GOOD, "-": Tone.BAD, "=": Tone.PLAIN, "?": Tone.WARN}


def counted(plans: Sequence[Planned], *, prune: bool) -> tuple[int, int, int, int]:
    """Given, taken away, tenants without a change, tenants that could not be read."""
    give = take = unchanged = failed = 0
    for plan in plans:
        if plan.diff is None:
            failed += 1
            continue
        given = len(_given(plan, plan.diff))
        taken = len(plan.diff.scopes_extra) if prune else 0
        give, take = give + given, take + taken
        unchanged += given + taken == 0
    return give, take, unchanged, failed
