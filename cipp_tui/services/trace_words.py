"""A GDAP trace in words: verdicts, paths, and the one step that would fix it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cipp_tui.domain.gdap_trace import TracedRelationship
from cipp_tui.domain.gdap_verdicts import Fix, RoleVerdict, Trace, UserVerdicts, Verdict, Way
from cipp_tui.domain.roles import EXPECTED, GLOBAL_ADMINISTRATOR
from cipp_tui.domain.tenants import RelationshipStatus

SIGNS: Final = {
    Verdict.ACCESS: "+",
    Verdict.NOT_MEMBER: "!",
    Verdict.NOT_ASSIGNED: "!",
    Verdict.NOT_THERE: "x",
    Verdict.UNKNOWN: "?",
}


def verdict_words(user: UserVerdicts, found: RoleVerdict) -> str:
    """`+ access`, `! not member`, … A disabled account has the role and cannot use it."""
    if found.verdict is Verdict.ACCESS and blocked(user):
        return "! disabled"
    return f"{SIGNS[found.verdict]} {found.verdict}"


def blocked(user: UserVerdicts) -> bool:
    """Whether the account is known to be disabled: then nothing it holds can be used."""
    return user.user is not None and user.user.enabled is False


def who(user: UserVerdicts) -> str:
    """The user in a sentence."""
    return user.user.upn if user.user is not None else user.asked


def short_names(users: Sequence[UserVerdicts]) -> list[str]:
    """The users as heads of columns: what stands before the @, where that tells them apart."""
    short = [who(user).partition("@")[0] for user in users]
    return short if len(set(short)) == len(short) else [who(user) for user in users]


def state_words(user: UserVerdicts) -> str:
    """What is to be known of the account itself; empty when nothing is."""
    if user.user is None:
        if user.unreadable:
            return f"{user.asked} could not be read ({user.unreadable})"
        return f"there is no user {user.asked} in your tenant"
    found = user.user
    words = []
    if found.enabled is False:
        words.append("is disabled: none of its roles can be used")
    if found.enabled is None:
        words.append("may be disabled: that could not be read")
    if found.guest:
        words.append("is a guest in your tenant")
    return f"the account {found.upn} {'; it '.join(words)}" if words else ""


def counts_words(user: UserVerdicts) -> str:
    """`9 access, 3 not member, 1 unknown`: verdicts that nobody has are left out."""
    counted = ((verdict, user.count(verdict)) for verdict in Verdict)
    return ", ".join(f"{count} {verdict}" for verdict, count in counted if count)


def counts_brief(user: UserVerdicts) -> str:
    """`9 access  3 not  2 not there  1 ?`, for a line that has little room."""
    lacking = user.count(Verdict.NOT_MEMBER) + user.count(Verdict.NOT_ASSIGNED)
    counted = (
        (user.count(Verdict.ACCESS), "access"),
        (lacking, "not"),
        (user.count(Verdict.NOT_THERE), "not there"),
        (user.count(Verdict.UNKNOWN), "?"),
    )
    return "  ".join(f"{count} {words}" for count, words in counted if count)


def path_words(user: UserVerdicts, way: Way) -> str:
    """`kim@acme.com > Tier 2 > M365 GDAP Exchange Administrator`."""
    return " > ".join([who(user), *(group.label for group in way.groups)])


def brief(trace: Trace, user: UserVerdicts, found: RoleVerdict) -> str:
    """One line: the way to the role, or what to do."""
    if not found.ways:
        return fix_words(user, found)
    way = found.ways[0]
    groups = " > ".join(group.label for group in way.groups)
    soon = found.ends_soon(trace.at)
    ends = f", {_ends(soon, trace.at)}" if soon is not None else ""
    return f"{groups}{', nested' if len(way.groups) > 1 else ''}{ends}"


def both_fixes(pairs: Sequence[tuple[UserVerdicts, RoleVerdict]]) -> str:
    """One line for two users side by side: what those without the role need."""
    lacking = [(user, one) for user, one in pairs if one.fix is not Fix.READ_AGAIN]
    fixes = dict.fromkeys(fix_words(user, one) for user, one in lacking)
    return "; ".join(words for words in fixes if words)


def fix_words(user: UserVerdicts, found: RoleVerdict) -> str:
    """The one step that would give the role; empty where none is needed."""
    group = found.group.label if found.group is not None else ""
    relation = found.relationship.facts.name if found.relationship is not None else ""
    match found.fix:
        case Fix.NONE:
            return ""
        case Fix.ADD_TO_GROUP:
            return f"add {who(user)} to {group}"
        case Fix.ASSIGN_TO_GROUP if found.why:
            return f"{found.why}: assign it anew in {relation}"
        case Fix.ASSIGN_TO_GROUP:
            return f"assign it to {f'the group {group}' if group else 'a group'} in {relation}"
        case Fix.WAIT:
            return f"{found.why}: wait, then trace again"
        case Fix.NEW_RELATIONSHIP:
            return "make a new relationship: roles cannot be added to an existing one"
        case Fix.READ_AGAIN:
            return f"could not be read: {found.why}"


def detail(trace: Trace, user: UserVerdicts, found: RoleVerdict) -> list[str]:
    """Everything that is known of one role of one user, line by line."""
    name = trace.role_names[found.role]
    lines = []
    for place, way in enumerate(found.ways):
        lines.append(f"{'also ' if place else ''}{path_words(user, way)}")
        lines.append(f"  > {relationship_words(way.relationship, trace.at)} > {name}")
    if not found.ways:
        lines.append(_sentence(fix_words(user, found)))
    return [*lines, *notes(trace, user, found)]


def notes(trace: Trace, user: UserVerdicts, found: RoleVerdict) -> Iterator[str]:
    """What else is to be known of a role, in sentences."""
    if found.ways and blocked(user):
        yield "The account is disabled: the role cannot be used."
    if (soon := found.ends_soon(trace.at)) is not None:
        yield f"The access {_ends(soon, trace.at)}, and nothing extends it by itself."
    if found.ways and (loose := found.ways[0].loose):
        names = ", ".join(group.label for group in loose)
        is_ = "is" if len(loose) == 1 else "are"
        yield f"{names} {is_} not role-assignable: more people may change who is in it."
    if found.verdict is Verdict.NOT_THERE:
        for one in (*trace.microsoft_led, *trace.others):
            if found.role in one.facts.roles:
                yield f"It is in {relationship_words(one, trace.at)}, which gives no access."
    if found.role == GLOBAL_ADMINISTRATOR and found.verdict is not Verdict.NOT_THERE:
        yield "A relationship with Global Administrator never extends by itself."
    if found.fix is Fix.READ_AGAIN:
        yield "Unknown is not a no. Trace again, or look at what our app may read."


def relationship_words(one: TracedRelationship, at: datetime) -> str:
    """`Acme-Coho 2025 (active, ends in 12 d)`."""
    facts = one.facts
    ended = facts.ends_at is not None and facts.ends_at <= at
    if facts.microsoft_led:
        how = "made by Microsoft, read-only"
    elif facts.status is RelationshipStatus.EXPIRING:
        how = "ended, being cleaned up"
    elif ended and facts.status is RelationshipStatus.ACTIVE:
        how = "ended"
    else:
        how = str(facts.status)
    if facts.ends_at is None or ended or not one.gives_access(at):
        return f"{facts.name} ({how})"
    lasts = "extends by itself" if facts.auto_extends else _ends(facts.ends_at, at)
    return f"{facts.name} ({how}, {lasts})"


def _ends(moment: datetime, at: datetime) -> str:
    days = (moment - at).days
    return f"ends in {days} d" if days else "ends within a day"


def warnings(trace: Trace) -> Iterator[str]:
    """What is to be known of the whole, in sentences."""
    for user in trace.users:
        if words := state_words(user):
            yield _sentence(words)
    if not trace.relationships:
        yield "No relationship with this customer gives access now."
    if trace.unlisted:
        yield f"Not every relationship could be listed: {trace.unlisted}."
    for one in trace.relationships:
        if one.unreadable:
            yield f"Who has the roles of {one.facts.name} could not be read: {one.unreadable}."
    for one in trace.relationships:
        if one.facts.holds_global_administrator:
            yield f"{one.facts.name} holds Global Administrator: it never extends by itself."
    for one in trace.microsoft_led:
        yield f"{one.facts.name} was made by Microsoft: read-only, it is not counted."


def traced_words(trace: Trace) -> str:
    """`Traced 2 relationships, 15 roles and 1 other`."""
    count, others = len(trace.relationships), len(trace.roles) - len(EXPECTED)
    relations = f"{count} relationship{'' if count == 1 else 's'}"
    more = f" and {others} other{'' if others == 1 else 's'}" if others else ""
    return f"Traced {relations}, {len(EXPECTED)} roles{more}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
