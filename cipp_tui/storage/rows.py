"""Between nouns and table rows. Times are ISO 8601 in UTC, collections are JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cipp_tui.domain.failures import Cause, CauseKind, Failures, kind_of
from cipp_tui.domain.fleet import Exclusion
from cipp_tui.domain.jobs import Action, Effect, Job, JobItem, Mark, Step, Word
from cipp_tui.domain.permissions import AppId, PermissionRecord, Verdict
from cipp_tui.domain.problems import facts_of, problem_from
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.shared import shared
from cipp_tui.domain.tenants import (
    GdapRelationship,
    RelationshipStatus,
    Tenant,
    TenantId,
    TenantKind,
)

Row = tuple[Any, ...]


def time_to(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()


def time_from(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def tenant_to(tenant: Tenant) -> Row:
    relationships = [
        [r.id, r.name, r.tenant_name, r.status, sorted(r.roles), time_to(r.ends_at), r.auto_extends]
        for r in tenant.relationships
    ]
    return (
        tenant.id,
        tenant.name,
        tenant.kind,
        tenant.default_domain,
        json.dumps(tenant.domains),
        json.dumps(relationships),
        time_to(tenant.gone_since),
        time_to(tenant.seen_at),
    )


def domains_to(tenant: Tenant) -> Row:
    return (
        tenant.default_domain,
        json.dumps(tenant.domains),
        time_to(tenant.seen_at),
        tenant.id,
    )


def tenant_from(row: Sequence[Any]) -> Tenant:
    ident, name, kind, default_domain, domains, relationships, gone_since, seen_at = row
    return Tenant(
        id=TenantId(ident),
        name=name,
        kind=TenantKind(kind),
        default_domain=default_domain,
        domains=tuple(json.loads(domains)),
        relationships=tuple(
            GdapRelationship(
                id=r[0],
                name=r[1],
                tenant=TenantId(ident),
                tenant_name=r[2],
                status=RelationshipStatus(r[3]),
                roles=shared(frozenset(RoleId(role) for role in r[4])),
                ends_at=time_from(r[5]),
                auto_extends=r[6],
            )
            for r in json.loads(relationships)
        ),
        gone_since=time_from(gone_since),
        seen_at=time_from(seen_at),
    )


def exclusion_to(tenant: TenantId, exclusion: Exclusion) -> Row:
    return (tenant, exclusion.by, time_to(exclusion.at), exclusion.reason)


def exclusion_from(row: Sequence[Any]) -> Exclusion:
    return Exclusion(by=row[1], at=_moment(row[2]), reason=row[3])


def failures_to(tenant: TenantId, failures: Failures) -> Row:
    causes = [
        [c.kind, c.count, time_to(c.first_at), time_to(c.last_at), facts_of(c.problem)]
        for c in failures.causes
    ]
    return (
        tenant,
        failures.count,
        time_to(failures.first_at),
        time_to(failures.last_at),
        json.dumps(facts_of(failures.problem)),
        json.dumps(causes),
        failures.app,
        failures.fingerprint,
    )


def failures_from(row: Sequence[Any]) -> Failures:
    """Failures; those that an older program counted without causes are one cause, the newest."""
    _, count, first_at, last_at, problem_facts, causes, app, fingerprint = row
    problem = problem_from(json.loads(problem_facts))
    found = tuple(
        Cause(
            kind=CauseKind(kind) if kind in _CAUSE_KINDS else CauseKind.OTHER,
            count=times,
            first_at=_moment(first),
            last_at=_moment(last),
            problem=problem_from(facts),
        )
        for kind, times, first, last, facts in json.loads(causes)
    )
    whole = Cause(
        kind=kind_of(problem),
        count=count,
        first_at=_moment(first_at),
        last_at=_moment(last_at),
        problem=problem,
    )
    return Failures(
        count=count,
        first_at=whole.first_at,
        last_at=whole.last_at,
        problem=problem,
        causes=found or (whole,),
        app=AppId(app) if app is not None else None,
        fingerprint=fingerprint,
    )


_CAUSE_KINDS = frozenset(CauseKind)


def permissions_to(tenant: TenantId, record: PermissionRecord) -> Row:
    return (
        tenant,
        record.verdict,
        time_to(record.checked_at),
        record.app,
        record.fingerprint,
        json.dumps(record.missing),
        json.dumps(record.extra),
        json.dumps(record.unlicensed),
        time_to(record.applied_at),
    )


def permissions_from(row: Sequence[Any]) -> PermissionRecord:
    return PermissionRecord(
        verdict=Verdict(row[1]),
        checked_at=_moment(row[2]),
        app=AppId(shared(row[3])),
        fingerprint=shared(row[4]),
        missing=shared(tuple(json.loads(row[5]))),
        extra=shared(tuple(json.loads(row[6]))),
        unlicensed=shared(tuple(json.loads(row[7]))),
        applied_at=time_from(row[8]),
    )


@lru_cache(maxsize=16)
def plan_to(plan: tuple[Step, ...]) -> str:
    return json.dumps([[step.name, step.effect] for step in plan])


@lru_cache(maxsize=16)
def plan_from(text: str) -> tuple[Step, ...]:
    return tuple(Step(name, Effect(effect)) for name, effect in json.loads(text))


def job_from(row: Sequence[Any]) -> Job:
    return Job(
        id=row[0],
        action=Action(row[1]),
        actor=row[2],
        created_at=_moment(row[3]),
        reason=row[4],
        retry_of=row[5],
    )


def item_from(row: Sequence[Any]) -> JobItem:
    return JobItem(
        id=row[0],
        job=row[1],
        tenant=TenantId(row[2]),
        tenant_name=row[3],
        plan=plan_from(row[4]),
    )


def mark_to(item: int, mark: Mark) -> Row:
    return (item, mark.step, mark.word, time_to(mark.at), mark.request_id, mark.note)


def mark_from(row: Sequence[Any]) -> Mark:
    return Mark(step=row[0], word=Word(row[1]), at=_moment(row[2]), request_id=row[3], note=row[4])
