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
    tenant_id,
)
from cipp_tui.storage.shapes import (
    exactly,
    facts_of_problem,
    list_of,
    moment,
    note,
    number,
    optional_moment,
    optional_text,
    parsed,
    segment,
    text,
    truth,
)

Row = tuple[Any, ...]


def time_to(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()


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
    tenant = tenant_id(ident)
    return Tenant(
        id=tenant,
        name=text(name),
        kind=TenantKind(kind),
        default_domain=optional_text(default_domain),
        domains=list_of(text, parsed(domains)),
        relationships=list_of(
            lambda one: _relationship(tenant, exactly(7, one)), parsed(relationships)
        ),
        gone_since=optional_moment(gone_since),
        seen_at=optional_moment(seen_at),
    )


def _relationship(tenant: TenantId, facts: Sequence[Any]) -> GdapRelationship:
    ident, name, tenant_name, status, roles, ends_at, auto_extends = facts
    return GdapRelationship(
        id=segment(ident),
        name=text(name),
        tenant=tenant,
        tenant_name=text(tenant_name),
        status=RelationshipStatus(status),
        roles=shared(frozenset(RoleId(role) for role in list_of(text, roles))),
        ends_at=optional_moment(ends_at),
        auto_extends=truth(auto_extends),
    )


def exclusion_to(tenant: TenantId, exclusion: Exclusion) -> Row:
    return (tenant, exclusion.by, time_to(exclusion.at), exclusion.reason)


def exclusion_from(row: Sequence[Any]) -> Exclusion:
    return Exclusion(by=text(row[1]), at=moment(row[2]), reason=text(row[3]))


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
    problem = problem_from(facts_of_problem(parsed(problem_facts)))
    found = list_of(lambda one: _cause(exactly(5, one)), parsed(causes))
    whole = Cause(
        kind=kind_of(problem),
        count=number(count),
        first_at=moment(first_at),
        last_at=moment(last_at),
        problem=problem,
    )
    return Failures(
        count=whole.count,
        first_at=whole.first_at,
        last_at=whole.last_at,
        problem=problem,
        causes=found or (whole,),
        app=AppId(text(app)) if app is not None else None,
        fingerprint=optional_text(fingerprint),
    )


def _cause(facts: Sequence[Any]) -> Cause:
    kind, times, first_at, last_at, problem_facts = facts
    return Cause(
        kind=CauseKind(kind) if kind in _CAUSE_KINDS else CauseKind.OTHER,
        count=number(times),
        first_at=moment(first_at),
        last_at=moment(last_at),
        problem=problem_from(facts_of_problem(problem_facts)),
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
        checked_at=moment(row[2]),
        app=AppId(shared(text(row[3]))),
        fingerprint=shared(text(row[4])),
        missing=shared(list_of(text, parsed(row[5]))),
        extra=shared(list_of(text, parsed(row[6]))),
        unlicensed=shared(list_of(text, parsed(row[7]))),
        applied_at=optional_moment(row[8]),
    )


@lru_cache(maxsize=16)
def plan_to(plan: tuple[Step, ...]) -> str:
    return json.dumps([[step.name, step.effect] for step in plan])


@lru_cache(maxsize=16)
def plan_from(cell: str) -> tuple[Step, ...]:
    return list_of(lambda one: _step(*exactly(2, one)), parsed(cell))


def _step(name: object, effect: Any) -> Step:
    return Step(text(name), Effect(effect))


def job_to(job: Job) -> Row:
    return (
        job.id,
        job.action,
        job.actor,
        time_to(job.created_at),
        job.reason,
        job.retry_of,
        job.partner,
        job.app,
    )


def job_from(row: Sequence[Any]) -> Job:
    return Job(
        id=number(row[0]),
        action=Action(row[1]),
        actor=text(row[2]),
        created_at=moment(row[3]),
        reason=text(row[4]),
        retry_of=None if row[5] is None else number(row[5]),
        partner=optional_text(row[6]),
        app=optional_text(row[7]),
    )


def item_from(row: Sequence[Any]) -> JobItem:
    return JobItem(
        id=number(row[0]),
        job=number(row[1]),
        tenant=tenant_id(row[2]),
        tenant_name=text(row[3]),
        plan=plan_from(row[4]),
    )


def mark_to(item: int, mark: Mark) -> Row:
    return (item, mark.step, mark.word, time_to(mark.at), mark.request_id, mark.note)


def mark_from(row: Sequence[Any]) -> Mark:
    return Mark(
        step=text(row[0]),
        word=Word(row[1]),
        at=moment(row[2]),
        request_id=optional_text(row[3]),
        note=note(row[4]),
    )
