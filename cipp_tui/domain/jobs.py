"""Jobs, their steps, and the rule the program's safety hangs on: what was taken away is owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from cipp_tui.domain.tenants import TenantId


class Action(StrEnum):
    """What a job does. Stored in journals: never rename."""

    REFRESH = "refresh"
    RESET = "reset"
    EXCLUDE = "exclude"
    INCLUDE = "include"
    REMOVE = "remove"
    WRITE_OFF = "write-off"  # access that cannot be given back is owed no more
    SYNC = "sync"


class Effect(StrEnum):
    """What a step does to the world."""

    READ = "read"  # nothing; may be repeated
    ENSURE = "ensure"  # makes it so; twice equals once
    DESTROY = "destroy"  # takes something away; from its intent on, all later steps are owed


class Word(StrEnum):
    """What the journal says of a step."""

    INTENT = "intent"
    DONE = "done"
    REFUSED = "refused"  # certain: nothing changed
    UNSURE = "unsure"  # it may have happened
    STOPPED = "stopped"  # given up by the admin, or replaced by a newer job
    SKIPPED = "skipped"  # of something that takes away: there was nothing to take


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan. Names are in users' journals: never rename."""

    name: str
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One line of the journal."""

    step: str
    word: Word
    at: datetime
    request_id: str | None = None
    note: str = ""  # JSON: counts of a step that is done, facts of a problem


@dataclass(frozen=True, slots=True, kw_only=True)
class JobItem:
    """One tenant's part of a job."""

    id: int
    job: int
    tenant: TenantId
    tenant_name: str
    plan: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something an admin, or the schedule, asked for."""

    id: int
    action: Action
    actor: str  # user@host
    created_at: datetime
    reason: str = ""
    retry_of: int | None = None
    partner: str | None = None  # whose tenant, and which application, it was begun for; None:
    app: str | None = None  # by a version that did not say


class ItemState(StrEnum):
    """Where an item stands; derived from its marks, never stored."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    RESTORED = "restored"  # access is back; whether the reset happened is not known
    FAILED = "failed"
    STRANDED = "stranded"  # stopped while access is owed
    STOPPED = "stopped"


class Outcome(StrEnum):
    """How a tenant came out of a job."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"
    RESTORED = "restored"
    STRANDED = "stranded"


@lru_cache(maxsize=16)
def destroys(plan: tuple[Step, ...]) -> bool:
    """Whether a plan takes something away."""
    return any(step.effect is Effect.DESTROY for step in plan)


def owed(plan: Sequence[Step], marks: Sequence[Mark]) -> tuple[Step, ...]:
    """The steps still to run: on the first run, on a retry, and after a crash.

    A destroying step is never repeated, unless the remote side refused it for certain.
    Once something was taken away, what only prepared for it (before it in the plan) is over.
    """
    last = {mark.step: mark.word for mark in marks}

    def settled(step: Step) -> bool:
        word = last.get(step.name)
        if step.effect is Effect.DESTROY:
            return word not in (None, Word.REFUSED)
        return word is Word.DONE

    taken = [i for i, step in enumerate(plan) if step.effect is Effect.DESTROY and settled(step)]
    rest = plan[taken[-1] + 1 :] if taken else plan
    return tuple(step for step in rest if not settled(step))


def in_debt(plan: Sequence[Step], marks: Sequence[Mark]) -> bool:
    """Whether access was, or may have been, taken away and is not yet given back."""
    last = {mark.step: mark.word for mark in marks}
    taken = any(
        step.effect is Effect.DESTROY
        and last.get(step.name) not in (None, Word.REFUSED, Word.SKIPPED)
        for step in plan
    )
    return taken and bool(owed(plan, marks))


def give_back_from(plan: Sequence[Step], marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks with which a give-back starts over: what was noted after the taking is left out.

    A step that was done may be undone by now, or may never have been what it seemed (a proxy that
    answers 200 for a service). Nothing later in the plan can make up for it, so all of it is owed.
    """
    destroying = {step.name for step in plan if step.effect is Effect.DESTROY}
    taken = [place for place, mark in enumerate(marks) if mark.step in destroying]
    return tuple(marks[: taken[-1] + 1]) if taken else tuple(marks)


def state_of(plan: Sequence[Step], marks: Sequence[Mark]) -> ItemState:
    """Where an item stands by its marks alone (RUNNING is known only to the engine)."""
    if not owed(plan, marks):
        last = {mark.step: mark.word for mark in marks}
        doubtful = any(
            step.effect is Effect.DESTROY and last.get(step.name) not in (Word.DONE, Word.SKIPPED)
            for step in plan
        )
        return ItemState.RESTORED if doubtful else ItemState.DONE
    if in_debt(plan, marks):
        return ItemState.STRANDED
    if not marks:
        return ItemState.WAITING
    final = marks[-1].word
    if final is Word.STOPPED:
        return ItemState.STOPPED
    return ItemState.FAILED if final in (Word.REFUSED, Word.UNSURE) else ItemState.WAITING
